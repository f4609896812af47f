#pragma once
#include <cmath>

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
  /// Adds a finite sum of later terms.
  void add_pair(double high, double low) {
    add(high);
    low_ += low;
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
