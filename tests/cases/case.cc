#include "case.h"

#include <cmath>
#include <limits>

namespace cases {
namespace {

void append(const Json& json, std::size_t depth, Array& out) {
  if (!json.is_array()) {
    if (depth != out.shape.size()) throw std::runtime_error("a ragged list");
    out.data.push_back(number(json));
    return;
  }
  if (depth == out.shape.size() || json.size() != out.shape[depth])
    throw std::runtime_error("a ragged list");
  for (const Json& element : json) append(element, depth + 1, out);
}

Array filled(const Json& fill) {
  const auto n = fill.at("n").get<std::size_t>();
  Array out;
  if (fill.contains("rows")) out.shape.push_back(fill.at("rows").get<std::size_t>());
  out.shape.push_back(n);
  out.data.assign(count(out.shape), number(fill.at("value")));
  if (fill.contains("set"))
    for (const auto& [index, value] : fill.at("set").items())
      out.data.at(std::stoull(index)) = number(value);
  return out;
}

}  // namespace

std::size_t count(const std::vector<std::size_t>& shape) {
  std::size_t n = 1;
  for (const std::size_t d : shape) n *= d;
  return n;
}

Array scalar(double value) { return {{value}, {}}; }

Outcome unnamed(Array array) { return {{"", std::move(array)}}; }

double number(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (json.is_boolean()) return json.get<bool>() ? 1 : 0;
  const std::string text = json.is_string() ? json.get<std::string>() : json.dump();
  if (text == "inf" || text == "+inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  throw std::runtime_error("not a number: " + text);
}

Array array_of(const Json& json) {
  Array out;
  for (const Json* level = &json; level->is_array(); level = &level->front()) {
    out.shape.push_back(level->size());
    if (level->empty()) break;
  }
  append(json, 0, out);
  return out;
}

bool Case::has_input(const char* name) const {
  return inputs.contains(name) || inputs.contains(std::string(name) + "_fill");
}

Array Case::input(const std::string& name) const {
  if (inputs.contains(name + "_fill")) return filled(inputs.at(name + "_fill"));
  Array out = array_of(inputs.at(name));
  if (out.data.empty() && inputs.contains("shape") && name != "y")
    out.shape = inputs.at("shape").get<std::vector<std::size_t>>();
  return out;
}

bool Case::has(const char* param) const {
  return params.contains(param) && !params.at(param).is_null();
}

double Case::real(const char* param, double absent) const {
  return has(param) ? number(params.at(param)) : absent;
}

std::string Case::text(const char* param, const char* absent) const {
  return has(param) ? params.at(param).get<std::string>() : absent;
}

bool Case::flag(const char* param, bool absent) const {
  return has(param) ? number(params.at(param)) != 0 : absent;
}

std::vector<double> Case::reals(const char* param) const {
  return has(param) ? array_of(params.at(param)).data : std::vector<double>{};
}

void Case::allow(const std::set<std::string>& known) const {
  static const std::set<std::string> documented{"mean_divisor",
                                                "class_weight",
                                                "sample_weight",
                                                "weight",
                                                "pos_weight",
                                                "ignore_index",
                                                "row_mask",
                                                "axis",
                                                "temperature",
                                                "label_smoothing",
                                                "base",
                                                "smoothing_weights",
                                                "normalize",
                                                "eps",
                                                "label_dtype",
                                                "alpha",
                                                "gamma",
                                                "soft",
                                                "bins",
                                                "epsilon",
                                                "q",
                                                "full",
                                                "class_mask",
                                                "softcap",
                                                "z_loss"};
  for (const auto& [name, value] : params.items())
    if (documented.count(name) && !known.count(name) && !value.is_null())
      throw Skip("parameter " + name);
}

}  // namespace cases
