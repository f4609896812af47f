#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "core/compensated.h"
#include "core/distribution.h"
#include "core/reduce.h"
#include "core/refuse.h"
#include "crossent/relatives.h"
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// Of a row and its label: -log p_y and log(1 - p_y), neither through 1 - p.
struct TrueClass {
  double nll, log_others;
};

/// Scans z[i,:] for NaN, no class left, and two +inf, where no probability exists.
void check_row(std::string_view op, MatrixView<const double> z, std::size_t i) {
  std::size_t left = 0, infinite = 0;
  for (std::size_t k = 0; k < z.cols; ++k) {
    if (std::isnan(z(i, k)))
      refuse_value(op, "x", z(i, k), "is not a number", static_cast<std::int64_t>(i),
                   static_cast<std::int64_t>(k));
    left += z(i, k) != -kInf;
    infinite += z(i, k) == kInf;
  }
  const std::string row = "x[" + std::to_string(i) + "]";
  if (left == 0) refuse(op, "x", row + " has no class left", static_cast<std::int64_t>(i));
  if (infinite > 1)
    refuse(op, "x", row + " is +inf in several classes", static_cast<std::int64_t>(i));
}

TrueClass true_class(MatrixView<const double> z, std::size_t i, std::size_t y) {
  std::size_t top = 0, top_other = y == 0 ? 1 : 0;
  for (std::size_t k = 0; k < z.cols; ++k) {
    if (z(i, k) > z(i, top)) top = k;
    if (k != y && z(i, k) > z(i, top_other)) top_other = k;
  }
  const double m = z(i, top);
  if (z.cols == 1) return {0, -kInf};
  if (m == kInf) return top == y ? TrueClass{0, -kInf} : TrueClass{kInf, 0};
  const double m_other = z(i, top_other);
  if (m_other == -kInf) return {0, -kInf};
  CompensatedSum rest, others;
  for (std::size_t k = 0; k < z.cols; ++k) {
    if (k != top) rest.add(kernels::exp(z(i, k) - m));
    if (k != y && k != top_other) others.add(kernels::exp(z(i, k) - m_other));
  }
  const double log_sum = kernels::log1p(rest.value());
  return {(m - z(i, y)) + log_sum, (m_other - m) + kernels::log1p(others.value()) - log_sum};
}

void check_rows(std::string_view op, MatrixView<const double> x, const Labels& label,
                const RelativeOutputs& outputs) {
  if (x.cols == 0) refuse(op, "x", "x has no classes");
  core::check_labels(op, label, x.rows, x.cols);
  core::check_loss_output(op, x.rows, "rows", outputs,
                          {{"x", core::memory_of(x)}, {"label", core::memory_of(label)}});
}

/// Reduces term(TrueClass) over the rows of logits.
template <class Term>
double reduce_true_class(std::string_view op, MatrixView<const double> x, const Labels& label,
                         Reduction reduction, const RelativeOutputs& outputs, Term term) {
  check_rows(op, x, label, outputs);
  for (std::size_t i = 0; i < x.rows; ++i) check_row(op, x, i);
  return core::reduce(x.rows, reduction, outputs, [&](std::size_t i) {
    return term(true_class(x, i, static_cast<std::size_t>(label[i])));
  });
}

}  // namespace

double focal_softmax(MatrixView<const double> x, Labels label, const FocalOptions& options,
                     Reduction reduction, const RelativeOutputs& outputs) {
  const std::string_view op = "focal_softmax";
  const double gamma = options.gamma, alpha = options.alpha.value_or(1);
  if (!(gamma >= 0 && std::isfinite(gamma)))
    refuse_value(op, "gamma", gamma, "is not a finite number >= 0");
  if (!(alpha >= 0 && std::isfinite(alpha)))
    refuse_value(op, "alpha", alpha, "is not a finite number >= 0");
  return reduce_true_class(op, x, label, reduction, outputs, [&](const TrueClass& c) {
    if (c.nll == 0 || alpha == 0) return 0.0;
    return alpha * (gamma == 0 ? 1 : kernels::exp(gamma * c.log_others)) * c.nll;
  });
}

double poly1(MatrixView<const double> x, Labels label, double epsilon, Reduction reduction,
             const RelativeOutputs& outputs) {
  if (!std::isfinite(epsilon)) refuse_value("poly1", "epsilon", epsilon, "is not finite");
  return reduce_true_class("poly1", x, label, reduction, outputs, [&](const TrueClass& c) {
    return c.nll + epsilon * kernels::exp(c.log_others);
  });
}

double generalized_cross_entropy(MatrixView<const double> p, Labels label, double q,
                                 Reduction reduction, const RelativeOutputs& outputs,
                                 Checks checks) {
  const std::string_view op = "generalized_cross_entropy";
  if (!(q >= 0 && q <= 1)) refuse_value(op, "q", q, "is outside [0, 1]");
  check_rows(op, p, label, outputs);
  if (checks == Checks::full) {
    thread_local std::vector<double> row;
    row.resize(p.cols);
    for (std::size_t i = 0; i < p.rows; ++i) {
      for (std::size_t k = 0; k < p.cols; ++k) row[k] = p(i, k);
      in_row(i, [&] { return check_distribution(op, "p", row, {}); });
    }
  }
  return core::reduce(p.rows, reduction, outputs, [&](std::size_t i) {
    const double log_p = kernels::log(p(i, static_cast<std::size_t>(label[i])));
    return 0.0 - (q == 0 ? log_p : kernels::expm1(q * log_p) / q);
  });
}

}  // namespace crossent
