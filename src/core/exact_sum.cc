#include "core/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// m * 2^exponent rounded to nearest even; m has its top bit set, `sticky` says that more follows.
double rounded(std::uint64_t m, int exponent, bool sticky) {
  if (exponent + 63 > 1023) return kInf;
  const int drop = std::max(11, -1074 - exponent);
  if (drop > 64) return 0;
  const std::uint64_t kept = drop == 64 ? 0 : m >> drop;
  const std::uint64_t half = std::uint64_t{1} << (drop - 1);
  const std::uint64_t rest = drop == 64 ? m : m & ((half << 1) - 1);
  const bool up = rest > half || (rest == half && (sticky || (kept & 1)));
  return std::ldexp(static_cast<double>(kept + up), exponent + drop);
}

}  // namespace

std::int64_t* ExactSum::grow(int first, int count) {
  if (chunk_.empty()) first_ = first;
  const int low = std::min(first, first_);
  const int end = std::max(first + count, first_ + static_cast<int>(chunk_.size()));
  chunk_.insert(chunk_.begin(), static_cast<std::size_t>(first_ - low), 0);
  chunk_.resize(static_cast<std::size_t>(end - low), 0);
  first_ = low;
  return chunk_.data() + (first - low);
}

void ExactSum::add_special(double x) {
  if (x == kInf)
    ++positive_infinities_;
  else if (x == -kInf)
    ++negative_infinities_;
  else
    ++nans_;
}

// Brings every chunk but the top one into [0, 2^32); the top one keeps the sign.
void ExactSum::carry() {
  constexpr auto kMask = static_cast<std::int64_t>(kDigitMask);
  adds_left_ = kAddsPerCarry - 1;
  if (chunk_.empty()) return;
  for (std::size_t i = 0; i + 1 < chunk_.size(); ++i) {
    chunk_[i + 1] += chunk_[i] >> kDigitBits;
    chunk_[i] &= kMask;
  }
  while (chunk_.back() > kMask || chunk_.back() < -kMask - 1) {
    const std::int64_t top = chunk_.back();
    chunk_.back() = top & kMask;
    chunk_.push_back(top >> kDigitBits);
  }
}

void ExactSum::merge(const ExactSum& other) {
  positive_infinities_ += other.positive_infinities_;
  negative_infinities_ += other.negative_infinities_;
  nans_ += other.nans_;
  if (other.chunk_.empty()) return;
  ExactSum carried = other;  // also right when other is *this
  carried.carry();
  carry();
  std::int64_t* c = chunks_for(carried.first_, carried.chunk_.size());
  for (std::size_t i = 0; i < carried.chunk_.size(); ++i) c[i] += carried.chunk_[i];
}

double ExactSum::value() const {
  if (nans_ > 0 || (positive_infinities_ > 0 && negative_infinities_ > 0))
    return std::numeric_limits<double>::quiet_NaN();
  if (positive_infinities_ > 0) return kInf;
  if (negative_infinities_ > 0) return -kInf;
  ExactSum sum = *this;
  sum.carry();
  const bool negative = !sum.chunk_.empty() && sum.chunk_.back() < 0;
  if (negative) {
    for (std::int64_t& c : sum.chunk_) c = -c;
    sum.carry();
  }
  std::vector<std::int64_t>& c = sum.chunk_;
  while (!c.empty() && c.back() == 0) c.pop_back();
  if (c.empty()) return 0;
  const auto digit = [&](std::size_t from_top) {
    return from_top < c.size() ? static_cast<std::uint64_t>(c[c.size() - 1 - from_top]) : 0;
  };
  const int lead = std::countl_zero(digit(0)) - kDigitBits;
  const UInt128 top = (UInt128{digit(0)} << 96 | UInt128{digit(1)} << 64 | digit(2) << 32) << lead;
  bool sticky = static_cast<std::uint64_t>(top) != 0;
  for (std::size_t i = 3; i < c.size(); ++i) sticky |= digit(i) != 0;
  const int exponent = kDigitBits * (sum.first_ + static_cast<int>(c.size()) - 2) - lead;
  const double magnitude = rounded(static_cast<std::uint64_t>(top >> 64), exponent, sticky);
  return negative ? -magnitude : magnitude;
}

std::vector<double> ExactSum::expansion() const {
  ExactSum rest = *this;
  rest.positive_infinities_ = rest.negative_infinities_ = rest.nans_ = 0;
  std::vector<double> terms;
  for (double v = rest.value(); v != 0 && std::isfinite(v); v = rest.value()) {
    terms.push_back(v);
    rest.add(-v);
  }
  return terms;
}

ExactSum ExactSum::shifted(int n) const {
  ExactSum result = *this;
  result.first_ += n;
  return result;
}

int ExactSum::leading_digit() const {
  ExactSum sum = *this;
  sum.carry();
  if (!sum.chunk_.empty() && sum.chunk_.back() < 0) {
    for (std::int64_t& c : sum.chunk_) c = -c;
    sum.carry();
  }
  for (std::size_t i = sum.chunk_.size(); i-- > 0;)
    if (sum.chunk_[i] != 0) return sum.first_ + static_cast<int>(i);
  return std::numeric_limits<std::int32_t>::min();
}

bool ExactSum::operator==(const ExactSum& other) const {
  if (positive_infinities_ != other.positive_infinities_ ||
      negative_infinities_ != other.negative_infinities_ || nans_ != other.nans_)
    return false;
  ExactSum difference = other;
  difference.carry();
  for (std::int64_t& c : difference.chunk_) c = -c;
  difference.merge(*this);
  return difference.leading_digit() == std::numeric_limits<std::int32_t>::min();
}

}  // namespace crossent
