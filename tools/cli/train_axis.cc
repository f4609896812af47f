#include "cli/train_axis.h"

#include <fmt/format.h>

#include <algorithm>

namespace crossent::cli {
namespace {

constexpr double kLogFrom = 20;  // a span that a linear axis cannot show

// 1, 2 or 5 times a power of ten, at least `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double digit : {1.0, 2.0, 5.0})
    if (digit * power >= least * (1 - 1e-9)) return digit * power;
  return 10 * power;
}

}  // namespace

PlotAxis PlotAxis::linear(double low, double high, bool whole) {
  PlotAxis axis;
  axis.whole_ = whole;
  if (!(high > low)) high = low + (low == 0 ? 1 : std::fabs(low) * 0.1);
  double step = round_step((high - low) / 5);
  if (whole) step = std::max(1.0, step);
  axis.low_ = whole ? low : std::floor(low / step + 1e-9) * step;
  axis.high_ = whole ? high : std::ceil(high / step - 1e-9) * step;
  for (double k = std::ceil(axis.low_ / step - 1e-9); k * step <= axis.high_ + 1e-9 * step; ++k)
    axis.marks_.push_back(k * step);
  return axis;
}

PlotAxis PlotAxis::of(const std::vector<double>& values) {
  double low = INFINITY, high = -INFINITY;
  for (const double v : values)
    if (std::isfinite(v)) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
  if (low > high) return linear(0, 1);
  if (!(low > 0) || high < kLogFrom * low) return linear(std::min(low, 0.0), high);
  // From a mark of 1, 2, 5 times a power of ten to another; every one of them, or the powers.
  PlotAxis axis;
  axis.log_ = true;
  std::vector<double> all, powers;
  for (double power = std::floor(std::log10(low)); power <= std::ceil(std::log10(high)); ++power)
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double mark = digit * std::pow(10.0, power);
      while (mark <= low * (1 + 1e-9) && !all.empty()) all.pop_back();
      if (all.empty() || all.back() < high * (1 - 1e-9)) all.push_back(mark);
    }
  for (const double mark : all)
    if (std::fabs(std::log10(mark) - std::round(std::log10(mark))) < 1e-9) powers.push_back(mark);
  axis.low_ = std::log10(all.front());
  axis.high_ = std::log10(all.back());
  axis.marks_ = all.size() > 7 ? powers : all;
  return axis;
}

std::string PlotAxis::text(double mark) const {
  if (whole_) return fmt::format("{:.0f}", mark);  // epoch 1000000, not 1e+06
  return fmt::format("{:g}", std::fabs(mark) < 1e-12 && !log_ ? 0.0 : mark);
}

}  // namespace crossent::cli
