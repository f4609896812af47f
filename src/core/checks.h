#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "crossent/view.h"

// Checks that several plain f64 functions share.
namespace crossent {

/// Refuses lengths that differ: "x has 3 values, t has 2".
void check_same_length(std::string_view op, std::string_view first, std::size_t first_size,
                       std::string_view second, std::size_t second_size);

/// Refuses an output that is neither empty nor of the right length.
void check_output(std::string_view op, std::string_view argument, std::size_t size,
                  std::size_t wanted);

/// Refuses the first value outside [low, high] or NaN: "t[3] = 2 is outside [0, 1]".
void check_values(std::string_view op, std::string_view argument, std::span<const double> values,
                  double low, double high, std::string_view range);

/// Refuses a weight that is negative, infinite or NaN, and a wrong number of them (0: none given).
void check_weights(std::string_view op, std::string_view argument, const RealSpan& weights,
                   std::size_t wanted);

/// Refuses the first label outside [0, classes).
void check_labels(std::string_view op, const Labels& labels, std::size_t rows, std::size_t classes);

}  // namespace crossent
