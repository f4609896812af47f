#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace crossent::cli {

/// Keys stay in the order in which they were put.
using Json = nlohmann::ordered_json;

/// {"crossent": 1, "verb": verb}: how every object that the program prints begins.
Json json_head(std::string_view verb);

/// Adds a number; one that is not finite becomes null beside "<key>_state": "inf", "-inf" or "nan".
void put(Json& object, const std::string& key, double value);

/// Adds an array of numbers; if one is not finite, "<key>_state" holds an array of null and names.
void put(Json& object, const std::string& key, std::span<const double> values);

/// The object as one line; bytes that are not UTF-8 are replaced.
std::string json_line(const Json& object);

}  // namespace crossent::cli
