#include "core/distribution.h"

#include <cmath>
#include <limits>
#include <string>

#include "core/compensated.h"
#include "core/matrix_checks.h"
#include "core/refuse.h"
#include "kernels/math.h"

namespace crossent {
namespace {

void check_range(std::string_view op, std::string_view argument, std::span<const double> values,
                 double largest) {
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (values[k] >= 0 && values[k] <= largest) continue;
    refuse_value(op, argument, values[k],
                 std::isnan(values[k]) ? "is not a number"
                 : largest == 1        ? "is outside [0, 1]"
                                       : "is not a finite number >= 0",
                 static_cast<std::int64_t>(k));
  }
}

[[noreturn]] void refuse_sum(std::string_view op, std::string_view argument, double sum,
                             std::string_view what) {
  refuse(op, argument, std::string(argument) + " sums to " + number_text(sum) + std::string(what));
}

}  // namespace

double unit_of(std::string_view op, double base) {
  if (base == 0) return 1;
  if (!(base > 1 && base <= std::numeric_limits<double>::max()))
    refuse_value(op, "base", base, "is no base of logarithms: it must be > 1 (0 for e)");
  return kernels::log(base);
}

double check_distribution(std::string_view op, std::string_view argument,
                          std::span<const double> values, const DistributionOptions& options) {
  if (values.empty()) refuse(op, argument, std::string(argument) + " is empty");
  const bool full = options.checks == Checks::full;
  if (full)
    check_range(op, argument, values, options.normalize ? std::numeric_limits<double>::max() : 1.0);
  if (!full && !options.normalize) return 1;
  CompensatedSum total;
  for (const double v : values) total.add(v);
  const double sum = total.value();
  if (full && sum == 0) refuse_sum(op, argument, sum, ": a distribution needs mass");
  if (options.normalize) {
    if (full && !std::isfinite(sum)) refuse_sum(op, argument, sum, ": give smaller weights");
    return sum;
  }
  if (!(std::fabs(sum - 1) <= core::sum_tolerance<double>(values.size())))
    refuse_sum(op, argument, sum, ", not 1 (weights or counts: normalize)");
  return 1;
}

}  // namespace crossent
