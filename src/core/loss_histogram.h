#pragma once
#include <cstdint>
#include <vector>

#include "core/exact_sum.h"

namespace crossent {

/// Histogram of non-negative numbers in steps of 1/16 octave from 2^-64 to 2^64, with the exact sum
/// of each step (its members share an exponent, so their mantissas add as integers).
class LossHistogram {
 public:
  void add(double x);
  void merge(const LossHistogram& other);
  /// Share of the total that the largest ceil(fraction * rows) numbers make; the step that is cut
  /// is taken at its mean. NaN when the total is 0.
  double share_of_largest(double fraction) const;

 private:
  struct Bucket {
    std::int64_t rows = 0;
    UInt128 mantissas = 0;
  };
  double sum_of(std::size_t bucket) const;
  std::vector<Bucket> buckets_;  // empty until the first number
  std::int64_t rows_ = 0;
  ExactSum above_;  // of numbers beyond 2^64, in the last bucket; those below 2^-64 have no sum
};

}  // namespace crossent
