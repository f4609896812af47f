#pragma once
#include <cmath>
#include <cstddef>

namespace crossent {

/// A sum of doubles as if in twice the precision, rounded once at the end (TwoSum: Knuth, TAOCP 2,
/// 4.2.2; Ogita, Rump & Oishi, SIAM J. Sci. Comput. 26, 2005). Infinite terms (all of one sign, as
/// losses are) make it infinite, NaN makes it NaN.
class CompensatedSum {
 public:
  void add(double x) {
    if (std::isinf(x)) {
      infinity_ = x;
      return;
    }
    const double s = high_ + x;
    const double b = s - high_;
    low_ += (high_ - (s - b)) + (x - b);
    high_ = s;
  }
  /// Adds n terms, eight sums side by side: nothing waits for the sum before it.
  void add(const double* x, std::size_t n) {
    constexpr std::size_t kSums = 8;
    double high[kSums] = {}, low[kSums] = {};
    std::size_t i = 0;
    for (; i + kSums <= n; i += kSums)
      for (std::size_t k = 0; k < kSums; ++k) {
        const double s = high[k] + x[i + k], b = s - high[k];
        low[k] += (high[k] - (s - b)) + (x[i + k] - b);
        high[k] = s;
      }
    double all = 0;
    for (std::size_t k = 0; k < kSums; ++k) all += high[k];
    if (!std::isfinite(all)) {  // told apart one by one
      for (std::size_t k = 0; k < i; ++k) add(x[k]);
    } else {
      for (std::size_t k = 0; k < kSums; ++k) {
        add(high[k]);
        low_ += low[k];
      }
    }
    for (; i < n; ++i) add(x[i]);
  }
  /// Adds a sum of later terms: merged in order, the bits do not depend on who summed them.
  void add(const CompensatedSum& later) {
    add(later.high_);
    low_ += later.low_;
    if (later.infinity_ != 0) infinity_ = later.infinity_;
  }
  double value() const {
    const double finite = std::isfinite(high_) ? high_ + low_ : high_;
    return infinity_ != 0 && finite == finite ? infinity_ : finite;
  }

 private:
  double high_ = 0, low_ = 0;
  double infinity_ = 0;  // the last infinite term
};

}  // namespace crossent
