#pragma once
#include <cmath>
#include <string>
#include <vector>

namespace crossent::cli {

/// An axis with round marks: linear, or logarithmic where the values span more than a factor of 20.
class PlotAxis {
 public:
  /// Of values (what is not finite is left out); `whole`: marks at integers; never logarithmic.
  static PlotAxis linear(double low, double high, bool whole = false);
  static PlotAxis of(const std::vector<double>& values);

  /// 0 at the low end, 1 at the high one.
  double share(double value) const {
    const double v = log_ ? std::log10(value) : value;
    return (v - low_) / (high_ - low_);
  }
  bool holds(double value) const { return std::isfinite(value) && (!log_ || value > 0); }
  const std::vector<double>& marks() const { return marks_; }
  bool logarithmic() const { return log_; }
  std::string text(double mark) const;

 private:
  bool log_ = false, whole_ = false;
  double low_ = 0, high_ = 1;  // of log10 when logarithmic
  std::vector<double> marks_;
};

}  // namespace crossent::cli
