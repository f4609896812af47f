#include "crossent/explain.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "core/refuse.h"
#include "crossent/entropy.h"
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr const char* kOp = "explain";
constexpr double kLn2 = std::numbers::ln2;
constexpr double kSlack = 1e-12;  // rounding of the inputs' last digits is no contradiction
constexpr double kNear = 0.02, kClear = 0.10, kFar = 0.20;

double log_of(std::int64_t n) { return kernels::log(static_cast<double>(n)); }

double fano(double e, std::int64_t classes) {
  if (e <= 0) return 0;
  const double wrong = e * (log_of(classes - 1) - kernels::log(e));
  return wrong - (1 - e) * kernels::log1p(-e);
}

// Fills what follows from the counts alone; checks that they agree with classes and rows.
double total_of(const ExplainInput& input) {
  double total = 0;
  for (const double n : input.counts) total += n;
  if (input.classes && *input.classes != static_cast<std::int64_t>(input.counts.size()))
    refuse(kOp, "counts",
           "counts has " + std::to_string(input.counts.size()) + " classes, not " +
               std::to_string(*input.classes));
  if (input.rows && *input.rows != total)
    refuse(kOp, "counts",
           "counts sums to " + number_text(total) + " rows, not " + number_text(*input.rows));
  return total;
}

void check_loss(const char* op, const char* argument, double nats) {
  if (!(nats >= 0)) refuse_value(op, argument, nats, "is no cross-entropy: it is never negative");
}

void check_classes(const char* op, std::int64_t classes) {
  if (classes < 1 || classes > INT64_C(1) << 53)
    refuse_value(op, "classes", static_cast<double>(classes), "is outside [1, 2^53]");
}

void check(const ExplainInput& input) {
  check_loss(kOp, "loss", input.loss);
  if (input.accuracy && !(*input.accuracy >= 0 && *input.accuracy <= 1))
    refuse_value(kOp, "accuracy", *input.accuracy, "is outside [0, 1]");
  if (input.classes) check_classes(kOp, *input.classes);
  if (input.rows && !(*input.rows > 0 && std::isfinite(*input.rows)))
    refuse_value(kOp, "rows", *input.rows, "is not a finite number > 0");
}

void against_baselines(const ExplainInput& input, Explanation& x) {
  if (x.classes) x.uniform = log_of(*x.classes);
  if (x.uniform && *x.uniform > 0) x.skill_uniform = 1 - input.loss / *x.uniform;
  if (input.counts.empty()) return;
  x.baseline = entropy_from_counts(input.counts);
  x.information_lower_bound = *x.baseline - input.loss;
  if (*x.baseline > 0) x.skill_baseline = 1 - input.loss / *x.baseline;
}

void from_accuracy(const ExplainInput& input, Explanation& x) {
  if (!input.accuracy) return;
  const double right = *input.accuracy, wrong = 1 - right;
  if (wrong * kLn2 > input.loss * (1 + kSlack))
    refuse(kOp, "contradiction",
           "loss " + number_text(input.loss) + " and accuracy " + number_text(right) +
               " contradict each other: every wrong row costs at least ln 2, so the loss is at "
               "least " +
               number_text(wrong * kLn2));
  if (wrong == 0 && x.uniform && input.loss > *x.uniform * (1 + kSlack))
    refuse(kOp, "contradiction",
           "loss " + number_text(input.loss) +
               " and accuracy 1 contradict each other: a right row "
               "costs at most ln C, so the loss is at most " +
               number_text(*x.uniform));
  if (x.rows) x.accuracy_interval = wilson_interval(right, *x.rows);
  x.no_wrong_rows = wrong == 0;
  if (wrong == 0) return;
  const double rest = x.uniform ? (input.loss - right * *x.uniform) / wrong : kLn2;
  x.wrong_loss_range = Interval{std::max(kLn2, rest), std::max(kLn2, input.loss / wrong)};
}

void calibration(const ExplainInput& input, Explanation& x) {
  if (!x.classes) return;
  const double bound = x.baseline ? *x.baseline : *x.uniform;
  x.cannot_be_calibrated = input.loss > bound * (1 + kSlack);
  if (x.cannot_be_calibrated) return;
  const double nats = std::min(input.loss, *x.uniform);
  x.calibrated_accuracy_range = Interval{1 - largest_calibrated_error(nats, *x.classes),
                                         1 - least_calibrated_error(nats, *x.classes)};
}

Diagnosis diagnose(double loss, const Explanation& x) {
  if (std::isinf(loss)) return Diagnosis::infinite;
  if (!x.uniform || *x.uniform == 0) return Diagnosis::unknown;
  if (loss > *x.uniform * (1 + kFar)) return Diagnosis::far_above_uniform;
  if (x.baseline) {
    if (std::fabs(loss - *x.baseline) <= kNear * *x.baseline) return Diagnosis::near_frequencies;
    if (loss > *x.uniform) return Diagnosis::above_uniform;
    if (loss > *x.baseline) return Diagnosis::above_frequencies;
    return loss < (1 - kClear) * *x.baseline ? Diagnosis::clearly_below_frequencies
                                             : Diagnosis::below_frequencies;
  }
  if (std::fabs(loss - *x.uniform) <= kNear * *x.uniform) return Diagnosis::near_uniform;
  return loss > *x.uniform ? Diagnosis::above_uniform : Diagnosis::below_uniform;
}

}  // namespace

Explanation explain(const ExplainInput& input) {
  check(input);
  Explanation x{};
  x.bits = input.loss / kLn2;
  x.perplexity = kernels::exp(input.loss);
  x.typical_probability = kernels::exp(-input.loss);
  x.error_at_most = std::min(1.0, input.loss / kLn2);
  x.classes = input.classes;
  x.rows = input.rows;
  if (!input.counts.empty()) {
    x.rows = total_of(input);
    x.classes = static_cast<std::int64_t>(input.counts.size());
  }
  if (x.rows) x.code_length_bits = *x.rows * x.bits;
  against_baselines(input, x);
  from_accuracy(input, x);
  calibration(input, x);
  x.diagnosis = diagnose(input.loss, x);
  return x;
}

Interval wilson_interval(double share, double n, double z) {
  constexpr const char* op = "wilson_interval";
  if (!(share >= 0 && share <= 1)) refuse_value(op, "share", share, "is outside [0, 1]");
  if (!(n > 0 && std::isfinite(n))) refuse_value(op, "n", n, "is not a finite number > 0");
  if (!(z >= 0 && std::isfinite(z))) refuse_value(op, "z", z, "is not a finite number >= 0");
  const double zz = z * z / n;
  const double middle = (share + zz / 2) / (1 + zz);
  const double half = z * std::sqrt(share * (1 - share) / n + zz / (4 * n)) / (1 + zz);
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

double least_calibrated_error(double nats, std::int64_t classes) {
  check_loss("least_calibrated_error", "nats", nats);
  check_classes("least_calibrated_error", classes);
  if (classes == 1 || nats == 0) return 0;
  const double most = 1 - 1 / static_cast<double>(classes);
  if (nats >= log_of(classes)) return most;
  // Bisection over the bit patterns of [0, most], which are ordered as the numbers are.
  auto low = std::bit_cast<std::uint64_t>(0.0), high = std::bit_cast<std::uint64_t>(most);
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (fano(std::bit_cast<double>(middle), classes) < nats ? low : high) = middle;
  }
  return std::bit_cast<double>(high);
}

double largest_calibrated_error(double nats, std::int64_t classes) {
  check_loss("largest_calibrated_error", "nats", nats);
  check_classes("largest_calibrated_error", classes);
  if (classes == 1 || nats == 0) return 0;
  if (nats >= log_of(classes)) return 1 - 1 / static_cast<double>(classes);
  auto i = std::clamp<std::int64_t>(static_cast<std::int64_t>(kernels::exp(nats)), 1, classes - 1);
  while (i > 1 && log_of(i) > nats) --i;
  while (i < classes - 1 && log_of(i + 1) <= nats) ++i;
  const auto k = static_cast<double>(i);
  const double along = (nats - log_of(i)) / kernels::log1p(1 / k);
  return (k - 1) / k + along / (k * (k + 1));
}

double share_below_at_most(double nats, double t) {
  check_loss("share_below_at_most", "nats", nats);
  if (!(t > 0 && t < 1)) refuse_value("share_below_at_most", "t", t, "is outside (0, 1)");
  return std::min(1.0, nats / -kernels::log(t));
}

}  // namespace crossent
