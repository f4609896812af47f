#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// JSON of model files and checkpoints.
namespace crossent {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// Errors  DataError for what is no JSON or holds a key twice; `name` is the file in messages,
///         `part` the place in it.
Json parse_json(std::string_view text, const std::string& name, const std::string& part);

/// object[key] as sizes; empty when it is no array of integers in [0, 2^64).
std::optional<std::vector<std::size_t>> json_sizes(const Json& object, const char* key);

/// Whether JSON can hold the text.
bool is_utf8(std::string_view text);

}  // namespace crossent
