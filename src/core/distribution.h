#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "crossent/entropy.h"
#include "crossent/error.h"

// What the functions of distributions check at the door.
namespace crossent {

/// ln base, 1 for base 0; refuses a base <= 1, infinite or NaN.
double unit_of(std::string_view op, double base);

/// Checks that `values` is a distribution (see entropy.h) and returns what each is to be divided
/// by: 1, or their sum with options.normalize.
double check_distribution(std::string_view op, std::string_view argument,
                          std::span<const double> values, const DistributionOptions& options);

/// Runs f, the computation of row i; a refusal of value [k] becomes one of value [i][k].
template <class F>
double in_row(std::size_t i, F f) {
  try {
    return f();
  } catch (const ValueError& e) {
    throw ValueError(std::string(e.what()) + " (row " + std::to_string(i) + ")", e.argument,
                     static_cast<std::int64_t>(i), e.row);
  }
}

}  // namespace crossent
