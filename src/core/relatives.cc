#include "crossent/relatives.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "core/compensated.h"
#include "core/constants.h"
#include "core/logistic.h"
#include "core/reduce.h"
#include "core/refuse.h"
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMax = std::numeric_limits<double>::max();

/// sigmoid(-x)^gamma in log space; 1 for gamma = 0, also at infinity.
double damping(double x, double gamma) {
  return gamma == 0 ? 1 : kernels::exp(-gamma * softplus(x));
}

/// Focal loss of logit x for the target 1, without alpha; of -x for the target 0.
double focal_hard(double x, double gamma) {
  const double loss = softplus(-x);
  return loss == 0 ? 0 : damping(x, gamma) * loss;
}

/// Its derivative: -q^gamma (gamma p softplus(-x) + q), p = sigmoid(x), q = 1 - p.
double focal_hard_slope(double x, double gamma) {
  const double p = sigmoid(x);
  const double pull = p == 0 ? 0 : gamma * p * softplus(-x);
  return -(damping(x, gamma) * (pull + sigmoid(-x)));
}

/// The mixed p_t form for 0 < t < 1: alpha_t u^gamma CE, u = 1 - p_t = t q + (1 - t) p.
struct MixedFocal {
  double loss, slope;
};

MixedFocal focal_mixed(double x, double t, double alpha_t, double gamma) {
  const double p = sigmoid(x), q = sigmoid(-x);
  const double ce = t * softplus(-x) + (1 - t) * softplus(x);
  const double u_gamma = kernels::exp(gamma * kernels::log(t * q + (1 - t) * p));
  const double pq_over_u = 1 / (t / p + (1 - t) / q);
  const double bend = pq_over_u == 0 ? 0 : gamma * (1 - 2 * t) * pq_over_u * ce;
  const double pull = t > 0.5 ? (1 - t) - q : p - t;
  return {alpha_t * u_gamma * ce, alpha_t * u_gamma * (bend + pull)};
}

/// weight * value with 0 * inf = 0: a target of weight 0 asks nothing.
double weighted(double weight, double value) { return weight == 0 ? 0 : weight * value; }

}  // namespace

double focal_sigmoid(std::span<const double> x, std::span<const double> t,
                     const FocalOptions& options, Reduction reduction,
                     const RelativeOutputs& outputs) {
  const std::string_view op = "focal_sigmoid";
  const double gamma = options.gamma;
  if (!(gamma >= 0 && gamma <= kMax))
    refuse_value(op, "gamma", gamma, "is not a finite number >= 0");
  if (options.alpha && !(*options.alpha >= 0 && *options.alpha <= 1))
    refuse_value(op, "alpha", *options.alpha, "is outside [0, 1]");
  core::check_same_length(op, "x", x.size(), "t", t.size());
  core::check_outputs(op, x.size(), "elements", outputs,
                      {{"x", core::memory_of(x)}, {"t", core::memory_of(t)}});
  core::check_values(op, "x", x, -kInf, kInf, "is not a number");
  core::check_values(op, "t", t, 0, 1, "is outside [0, 1]");
  const double one = options.alpha.value_or(1), zero = options.alpha ? 1 - one : 1;
  const auto mixed = [&](std::size_t i) {
    return options.soft == SoftFocal::mixed_pt && t[i] > 0 && t[i] < 1;
  };
  const auto form = [&](std::size_t i) {
    return focal_mixed(x[i], t[i], t[i] * one + (1 - t[i]) * zero, gamma);
  };
  const auto loss = [&](std::size_t i) {
    if (mixed(i)) return form(i).loss;
    return weighted(t[i] * one, focal_hard(x[i], gamma)) +
           weighted((1 - t[i]) * zero, focal_hard(-x[i], gamma));
  };
  const auto slope = [&](std::size_t i) {
    if (mixed(i)) return form(i).slope;
    return 0.0 + weighted(t[i] * one, focal_hard_slope(x[i], gamma)) -
           weighted((1 - t[i]) * zero, focal_hard_slope(-x[i], gamma));
  };
  return core::reduce(x.size(), reduction, outputs, loss, slope);
}

double soft_margin(std::span<const double> x, std::span<const double> y, Reduction reduction,
                   const RelativeOutputs& outputs) {
  const std::string_view op = "soft_margin";
  core::check_same_length(op, "x", x.size(), "y", y.size());
  core::check_outputs(op, x.size(), "elements", outputs,
                      {{"x", core::memory_of(x)}, {"y", core::memory_of(y)}});
  core::check_values(op, "x", x, -kInf, kInf, "is not a number");
  for (std::size_t i = 0; i < y.size(); ++i)
    if (std::fabs(y[i]) != 1)
      refuse_value(op, "y", y[i], "is neither -1 nor 1", static_cast<std::int64_t>(i));
  return core::reduce(
      x.size(), reduction, outputs, [&](std::size_t i) { return softplus(-y[i] * x[i]); },
      [&](std::size_t i) { return 0.0 - y[i] * sigmoid(-y[i] * x[i]); });
}

double multilabel_soft_margin(MatrixView<const double> x, MatrixView<const double> t,
                              Reduction reduction, const RelativeOutputs& outputs,
                              RealSpan class_weight) {
  const std::string_view op = "multilabel_soft_margin";
  core::check_same_length(op, "x's rows", x.rows, "t", t.rows);
  core::check_same_length(op, "x's columns", x.cols, "t", t.cols);
  core::check_optional(op, "class_weight", class_weight.size(), x.cols, "columns");
  core::check_loss_output(op, x.rows, "rows", outputs,
                          {{"x", core::memory_of(x)},
                           {"t", core::memory_of(t)},
                           {"class_weight", core::memory_of(class_weight)}});
  core::check_weights(op, "class_weight", class_weight);
  for (std::size_t i = 0; i < x.rows; ++i)
    for (std::size_t k = 0; k < x.cols; ++k) {
      const auto row = static_cast<std::int64_t>(i), column = static_cast<std::int64_t>(k);
      if (std::isnan(x(i, k))) refuse_value(op, "x", x(i, k), "is not a number", row, column);
      if (!(t(i, k) >= 0 && t(i, k) <= 1))
        refuse_value(op, "t", t(i, k), "is outside [0, 1]", row, column);
    }
  const auto row_loss = [&](std::size_t i) {
    CompensatedSum sum;
    for (std::size_t k = 0; k < x.cols; ++k) {
      const double weight = class_weight.empty() ? 1 : class_weight[k];
      sum.add(weighted(weight * t(i, k), softplus(-x(i, k))) +
              weighted(weight * (1 - t(i, k)), softplus(x(i, k))));
    }
    return sum.value() / static_cast<double>(x.cols);
  };
  return core::reduce(x.rows, reduction, outputs, row_loss);
}

double gaussian_nll(std::span<const double> mean, std::span<const double> y,
                    std::span<const double> variance, bool full, Reduction reduction,
                    const RelativeOutputs& outputs) {
  const std::string_view op = "gaussian_nll";
  core::check_same_length(op, "mean", mean.size(), "y", y.size());
  core::check_same_length(op, "mean", mean.size(), "variance", variance.size());
  core::check_loss_output(op, mean.size(), "elements", outputs,
                          {{"mean", core::memory_of(mean)},
                           {"y", core::memory_of(y)},
                           {"variance", core::memory_of(variance)}});
  core::check_values(op, "mean", mean, -kMax, kMax, "is not finite");
  core::check_values(op, "y", y, -kMax, kMax, "is not finite");
  core::check_values(op, "variance", variance, std::numeric_limits<double>::denorm_min(), kMax,
                     "is not a finite number > 0");
  const auto loss = [&](std::size_t i) {
    const double d = y[i] - mean[i];
    return 0.5 * (kernels::log(variance[i]) + d / variance[i] * d) + (full ? kHalfLog2Pi : 0);
  };
  return core::reduce(mean.size(), reduction, outputs, loss);
}

}  // namespace crossent
