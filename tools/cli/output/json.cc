#include "cli/output/json.h"

#include <algorithm>
#include <cmath>

namespace crossent::cli {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value + 0.0) : Json(); }

Json state(double value) {
  if (std::isnan(value)) return "nan";
  return std::isfinite(value) ? Json() : Json(value > 0 ? "inf" : "-inf");
}

}  // namespace

Json json_head(std::string_view verb) { return {{"crossent", 1}, {"verb", verb}}; }

void put(Json& object, const std::string& key, double value) {
  object[key] = number(value);
  if (!std::isfinite(value)) object[key + "_state"] = state(value);
}

void put(Json& object, const std::string& key, std::span<const double> values) {
  Json list = Json::array(), states = Json::array();
  for (const double v : values) {
    list.push_back(number(v));
    states.push_back(state(v));
  }
  object[key] = std::move(list);
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }))
    object[key + "_state"] = std::move(states);
}

std::string json_line(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace crossent::cli
