#pragma once
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

// A case of a .jsonl file (README.md) and what computing it gives.
namespace cases {

using Json = nlohmann::json;

/// An operation or parameter that the runner has no way to hand to the library.
struct Skip : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A row-major array of any depth; a scalar has no dimensions.
struct Array {
  std::vector<double> data;
  std::vector<std::size_t> shape;
};

/// What an operation gives: one unnamed array, or several named ones ({"grad":..,"hess":..}).
using Outcome = std::map<std::string, Array>;

Array scalar(double value);
Outcome unnamed(Array array);

/// A number, or one of the strings "inf", "-inf", "nan".
double number(const Json& json);

/// A nested list of numbers; lists of unequal lengths are an error of the file.
Array array_of(const Json& json);

/// One case. The accessors parse on demand; absent inputs and parameters have defaults.
struct Case {
  std::string op;
  Json inputs, params;

  bool has_input(const char* name) const;
  /// Input `name`, or the constant array that `name`_fill describes; `shape` gives an empty one's.
  Array input(const std::string& name) const;
  bool has(const char* param) const;
  double real(const char* param, double absent) const;
  std::string text(const char* param, const char* absent) const;
  bool flag(const char* param, bool absent) const;
  std::vector<double> reals(const char* param) const;  ///< a number is a list of one
  /// Throws Skip for a documented parameter that is neither common to all nor in `known`.
  void allow(const std::set<std::string>& known) const;
};

/// Product of the dimensions.
std::size_t count(const std::vector<std::size_t>& shape);

}  // namespace cases
