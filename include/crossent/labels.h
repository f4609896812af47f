#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace crossent {

/// Integer labels from numbers that arrived as f64 (a column of a table, an array of floats).
/// Exact: a value that is not an integer, is NaN, or is 2^53 or more in size (where neighbours
/// merge) is refused, never rounded: "[labels] label[3] = 1.5 is not an integer".
std::vector<std::int64_t> labels_from_reals(std::span<const double> values);

}  // namespace crossent
