#include "train/json_text.h"

#include <set>
#include <vector>

#include "crossent/error.h"
#include "io/excerpt.h"

namespace crossent {

Json parse_json(std::string_view text, const std::string& name, const std::string& part) {
  // The parser would keep the last of two equal keys, other readers another.
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw DataError(part + " holds " + io::quoted_text(parsed.get<std::string>()) + " twice",
                      name);
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    throw DataError(part + " is no JSON (byte " + std::to_string(error.byte) + " of it)", name);
  } catch (const Json::out_of_range&) {
    throw DataError(part + " holds a number beyond the range of f64", name);
  }
}

std::optional<std::vector<std::size_t>> json_sizes(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_array()) return std::nullopt;
  std::vector<std::size_t> values;
  for (const Json& value : object[key]) {
    if (!value.is_number_unsigned()) return std::nullopt;
    values.push_back(value.get<std::size_t>());
  }
  return values;
}

bool is_utf8(std::string_view text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

}  // namespace crossent
