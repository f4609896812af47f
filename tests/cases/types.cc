#include "types.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "crossent/labels.h"

namespace cases {
namespace {

/// Nearest value with `digits` bits of significand and exponents [low, high], ties to even.
double nearest(double value, int digits, int low, int high) {
  if (value == 0 || !std::isfinite(value)) return value;
  const int exponent = std::max(std::ilogb(value), low);
  const double unit = std::ldexp(1.0, exponent - digits + 1);
  const double result = std::nearbyint(value / unit) * unit;
  if (std::fabs(result) < std::ldexp(2.0, high)) return result;
  return std::copysign(std::numeric_limits<double>::infinity(), value);
}

bool has_fractions(const Json& json) {
  if (!json.is_array()) return !json.is_number_integer();
  for (const Json& element : json)
    if (has_fractions(element)) return true;
  return false;
}

void append_integers(const Json& json, std::vector<std::int64_t>& out) {
  if (json.is_array())
    for (const Json& element : json) append_integers(element, out);
  else
    out.push_back(json.get<std::int64_t>());
}

/// A value that I cannot hold leaves all of them 64 bits wide, for the library to judge.
template <class I>
LabelArray narrowed(const std::vector<std::int64_t>& values, std::vector<std::size_t> shape) {
  LabelArray out;
  out.shape = std::move(shape);
  out.bytes.resize(std::max<std::size_t>(1, values.size() * sizeof(I)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto narrow = static_cast<I>(values[i]);
    if (static_cast<std::int64_t>(narrow) != values[i])
      return narrowed<std::int64_t>(values, std::move(out.shape));
    std::memcpy(out.bytes.data() + i * sizeof(I), &narrow, sizeof(I));
  }
  out.view = crossent::Labels(reinterpret_cast<const I*>(out.bytes.data()), values.size());
  return out;
}

}  // namespace

template <>
double rounded<double>(double value) {
  return value;
}

template <>
float rounded<float>(double value) {
  return static_cast<float>(value);
}

template <>
crossent::f16 rounded<crossent::f16>(double value) {
  const double v = nearest(value, 11, -14, 15);
  const auto sign = static_cast<std::uint16_t>(std::signbit(v) << 15);
  const double size = std::fabs(v);
  if (std::isnan(v)) return {0x7e00};
  if (std::isinf(v)) return {static_cast<std::uint16_t>(sign | 0x7c00)};
  if (size < 0x1p-14) return {static_cast<std::uint16_t>(sign | static_cast<int>(size * 0x1p24))};
  const int exponent = std::ilogb(size);
  const int fraction = static_cast<int>(std::ldexp(size, 10 - exponent)) - 1024;
  return {static_cast<std::uint16_t>(sign | (exponent + 15) << 10 | fraction)};
}

template <>
crossent::bf16 rounded<crossent::bf16>(double value) {
  const auto exact = static_cast<float>(nearest(value, 8, -126, 127));
  const auto bits = std::bit_cast<std::uint32_t>(exact);
  return {static_cast<std::uint16_t>(std::isnan(exact) ? 0x7fc0 : bits >> 16)};
}

double widened(double value) { return value; }

double widened(float value) { return double{value}; }

double widened(crossent::f16 value) {
  const int exponent = value.bits >> 10 & 31, fraction = value.bits & 1023;
  double size = exponent == 0 ? fraction * 0x1p-24 : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31)
    size = fraction ? std::numeric_limits<double>::quiet_NaN()
                    : std::numeric_limits<double>::infinity();
  return value.bits & 0x8000 ? -size : size;
}

double widened(crossent::bf16 value) {
  return double{std::bit_cast<float>(std::uint32_t{value.bits} << 16)};
}

std::vector<double> rounded_to(const std::string& dtype, std::vector<double> values) {
  with_type(dtype, [&]<class T>() {
    for (double& v : values) v = widened(rounded<T>(v));
  });
  return values;
}

std::string output_type(const Case& c) {
  const std::string in = c.text("dtype", "float64"), out = c.text("out_dtype", in.c_str());
  const auto width = [](const std::string& name) {
    return with_type(name, []<class T>() { return sizeof(T); });
  };
  return width(out) > width(in) ? out : in;
}

std::vector<std::int64_t> integers_of(const Json& json) {
  if (has_fractions(json)) return crossent::labels_from_reals(array_of(json).data);
  std::vector<std::int64_t> out;
  append_integers(json, out);
  return out;
}

LabelArray labels_of(const Case& c) {
  const Array y = c.input("y");
  const bool fill = c.inputs.contains("y_fill");
  const std::vector<std::int64_t> values =
      fill ? crossent::labels_from_reals(y.data) : integers_of(c.inputs.at("y"));
  const std::string dtype = c.text("label_dtype", "int64");
  if (dtype == "int8") return narrowed<std::int8_t>(values, y.shape);
  if (dtype == "int16") return narrowed<std::int16_t>(values, y.shape);
  if (dtype == "int32") return narrowed<std::int32_t>(values, y.shape);
  if (dtype == "int64") return narrowed<std::int64_t>(values, y.shape);
  if (dtype == "uint8") return narrowed<std::uint8_t>(values, y.shape);
  if (dtype == "uint16") return narrowed<std::uint16_t>(values, y.shape);
  if (dtype == "uint32") return narrowed<std::uint32_t>(values, y.shape);
  if (dtype == "uint64") return narrowed<std::uint64_t>(values, y.shape);
  throw Skip("label_dtype " + dtype);
}

}  // namespace cases
