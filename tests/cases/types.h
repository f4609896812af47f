#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "case.h"
#include "crossent/view.h"

// Numbers of a case in the types that the library takes.
namespace cases {

/// `value` rounded to T, to nearest-even, once; and back, exactly.
template <class T>
T rounded(double value);
double widened(double value);
double widened(float value);
double widened(crossent::f16 value);
double widened(crossent::bf16 value);

/// The values rounded to the type named ("float64" for "").
std::vector<double> rounded_to(const std::string& dtype, std::vector<double> values);

template <class T>
std::vector<T> typed(const std::vector<double>& values) {
  std::vector<T> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = rounded<T>(values[i]);
  return out;
}

template <class T>
std::vector<double> widened_all(const std::vector<T>& values) {
  std::vector<double> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = widened(values[i]);
  return out;
}

/// The type that arrays are computed in and written as: out_dtype where it holds every value of
/// dtype, else dtype.
std::string output_type(const Case& c);

/// Calls f.template operator()<T>() with the type named; Skip for an unknown name.
template <class F>
auto with_type(const std::string& dtype, F f) {
  if (dtype == "float64" || dtype == "f64") return f.template operator()<double>();
  if (dtype == "float32" || dtype == "f32") return f.template operator()<float>();
  if (dtype == "float16" || dtype == "f16") return f.template operator()<crossent::f16>();
  if (dtype == "bfloat16" || dtype == "bf16") return f.template operator()<crossent::bf16>();
  throw Skip("dtype " + dtype);
}

/// Integer labels in their own width; the view is of `bytes`.
struct LabelArray {
  std::vector<unsigned char> bytes;
  std::vector<std::size_t> shape;
  crossent::Labels view;
};

/// Input y in the width that label_dtype names (default int64). Values that are not integers go
/// through the library's conversion, which refuses fractions.
LabelArray labels_of(const Case& c);

/// The labels as 64-bit integers.
std::vector<std::int64_t> integers_of(const Json& json);

}  // namespace cases
