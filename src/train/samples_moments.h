#pragma once
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "crossent/samples.h"

namespace crossent::training {

/// Of the values of a column that are present.
struct Moments {
  std::size_t present = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  double mean = 0, deviation = 0;  ///< of the population; a constant's is 0
};

/// Of every column of numbers, over the rows given (0 for `mean` and `deviation` unless wanted):
/// within some ulps, at every size of the values.
/// Threads  OpenMP over fixed blocks of rows; the same bits for every number of threads
std::vector<Moments> moments_of(const Samples& samples, std::span<const std::size_t> rows,
                                bool with_deviation);

}  // namespace crossent::training
