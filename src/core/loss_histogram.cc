#include "core/loss_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crossent {

void LossHistogram::merge(const LossHistogram& other) {
  if (other.buckets_.empty()) return;
  if (buckets_.empty()) buckets_.resize(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i) {
    buckets_[i].rows += other.buckets_[i].rows;
    buckets_[i].mantissas += other.buckets_[i].mantissas;
  }
  rows_ += other.rows_;
  above_.merge(other.above_);
}

double LossHistogram::sum_of(std::size_t bucket) const {
  if (bucket == 0) return 0;
  if (bucket == kBuckets - 1) return above_.value();
  const int exponent = kLowExponent + static_cast<int>((bucket - 1) >> kStepBits);
  return std::ldexp(static_cast<double>(buckets_[bucket].mantissas), exponent - 52);
}

double LossHistogram::share_of_largest(double fraction) const {
  auto wanted = static_cast<std::int64_t>(std::ceil(fraction * static_cast<double>(rows_)));
  double total = 0, taken = 0;
  for (std::size_t i = buckets_.size(); i-- > 0;) {
    const Bucket& b = buckets_[i];
    if (b.rows == 0) continue;
    const double sum = sum_of(i);
    const std::int64_t rows = std::min(wanted, b.rows);
    total += sum;
    taken += sum * (static_cast<double>(rows) / static_cast<double>(b.rows));
    wanted -= rows;
  }
  return total > 0 ? taken / total : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace crossent
