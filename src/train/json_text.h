#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

// JSON of model files and checkpoints.
namespace crossent {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// Errors  DataError for what is no JSON or holds a key twice; `name` is the file in messages,
///         `part` the place in it.
Json parse_json(std::string_view text, const std::string& name, const std::string& part);

/// Whether JSON can hold the text.
bool is_utf8(std::string_view text);

}  // namespace crossent
