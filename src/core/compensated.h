#pragma once
#include <cmath>

namespace crossent {

/// A sum of doubles as if in twice the precision, rounded once at the end (TwoSum: Knuth, TAOCP 2,
/// 4.2.2; Ogita, Rump & Oishi, SIAM J. Sci. Comput. 26, 2005). An infinite sum stays infinite.
class CompensatedSum {
 public:
  void add(double x) {
    const double s = high_ + x;
    const double b = s - high_;
    low_ += (high_ - (s - b)) + (x - b);
    high_ = s;
  }
  double value() const { return std::isfinite(high_) ? high_ + low_ : high_; }

 private:
  double high_ = 0, low_ = 0;
};

}  // namespace crossent
