#pragma once
#include <bit>
#include <cstddef>
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
  static constexpr int kStepBits = 4, kLowExponent = -64, kHighExponent = 64;
  static constexpr std::uint64_t kFirst = static_cast<std::uint64_t>(kLowExponent + 1023)
                                          << kStepBits;
  static constexpr std::size_t kSteps = static_cast<std::size_t>(kHighExponent - kLowExponent)
                                        << kStepBits;
  // Bucket 0: below the range; 1 .. kSteps: the steps; kSteps + 1: above.
  static constexpr std::size_t kBuckets = kSteps + 2;

  double sum_of(std::size_t bucket) const;
  std::vector<Bucket> buckets_;  // empty until the first number
  std::int64_t rows_ = 0;
  ExactSum above_;  // of numbers beyond 2^64, in the last bucket; those below 2^-64 have no sum
};

inline void LossHistogram::add(double x) {
  if (buckets_.empty()) buckets_.resize(kBuckets);
  ++rows_;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t step = bits >> (52 - kStepBits);
  if (step < kFirst) {
    ++buckets_.front().rows;
  } else if (step >= kFirst + kSteps) {
    ++buckets_.back().rows;
    above_.add(x);
  } else {
    Bucket& b = buckets_[step - kFirst + 1];
    ++b.rows;
    b.mantissas += (bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52;
  }
}

}  // namespace crossent
