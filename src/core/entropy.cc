#include "crossent/entropy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/compensated.h"
#include "core/distribution.h"
#include "core/divergence.h"
#include "core/matrix_checks.h"
#include "core/refuse.h"
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMax = std::numeric_limits<double>::max();

/// Sum over the classes of term(p_k, q_k), in the unit of options.base.
template <class Term>
double sum_of_pairs(std::string_view op, std::span<const double> p, std::span<const double> q,
                    const DistributionOptions& options, Term term) {
  const double unit = unit_of(op, options.base);
  core::check_same_length(op, "p", p.size(), "q", q.size());
  const double scale_p = check_distribution(op, "p", p, options);
  const double scale_q = check_distribution(op, "q", q, options);
  CompensatedSum sum;
  for (std::size_t k = 0; k < p.size(); ++k) sum.add(term(p[k] / scale_p, q[k] / scale_q));
  return sum.value() / unit;
}

/// -p log p of the k-th of values that sum to `total`, with `rest` the sum of the others.
double surprise(double value, double total, double rest) {
  if (value == 0) return 0;
  const double p = value / total;
  return p > 0.5 ? -p * kernels::log1p(-rest / total) : -p * kernels::log(p);
}

/// Entropy of value / sum in nats. A value above half of the sum takes log1p of the others' share,
/// which keeps the digits that 1 - tiny has lost.
double entropy_of_weights(std::span<const double> values, double total) {
  const auto largest =
      static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  CompensatedSum rest;
  for (std::size_t k = 0; k < values.size(); ++k)
    if (k != largest) rest.add(values[k]);
  CompensatedSum sum;
  for (std::size_t k = 0; k < values.size(); ++k)
    sum.add(surprise(values[k], total, k == largest ? rest.value() : total));
  return sum.value();
}

double entropy_nats(std::string_view op, std::string_view argument, std::span<const double> p,
                    const DistributionOptions& options) {
  const double total = check_distribution(op, argument, p, options);
  if (options.normalize) return entropy_of_weights(p, total);
  CompensatedSum sum;
  for (const double v : p)
    if (v != 0) sum.add(-v * kernels::log(v));
  return sum.value();
}

template <class Term>
void elementwise(std::string_view op, std::span<const double> p, std::span<const double> q,
                 std::span<double> out, Checks checks, Term term) {
  core::check_same_length(op, "p", p.size(), "q", q.size());
  core::check_same_length(op, "p", p.size(), "out", out.size());
  const core::Memory output = core::memory_of(out);
  core::check_overlap(op, "out", output, "p", core::memory_of(p), true);
  core::check_overlap(op, "out", output, "q", core::memory_of(q), true);
  if (checks == Checks::full) {
    core::check_values(op, "p", p, 0, kMax, "is not a finite number >= 0");
    core::check_values(op, "q", q, 0, kMax, "is not a finite number >= 0");
  }
  for (std::size_t i = 0; i < p.size(); ++i) {
    const bool valid = p[i] >= 0 && q[i] >= 0;
    out[i] = valid ? term(p[i], q[i]) : std::numeric_limits<double>::quiet_NaN();
  }
}

/// What a row of log-probabilities is reduced by: 0, or with `normalize` its log-sum-exp.
double check_log_distribution(std::string_view op, std::string_view argument,
                              std::span<const double> values, const DistributionOptions& options) {
  if (values.empty()) refuse(op, argument, std::string(argument) + " is empty");
  if (options.checks == Checks::full)
    for (std::size_t k = 0; k < values.size(); ++k)
      if (!(values[k] <= (options.normalize ? kMax : 0)))
        refuse_value(op, argument, values[k],
                     options.normalize ? "is not a finite number or -inf"
                                       : "is no log-probability: it must be <= 0 (logits?)",
                     static_cast<std::int64_t>(k));
  if (!options.normalize) return 0;
  const double largest = *std::max_element(values.begin(), values.end());
  if (largest == -kInf)
    refuse(op, argument, std::string(argument) + " holds -inf only: a distribution needs mass");
  CompensatedSum sum;
  for (const double v : values) sum.add(kernels::exp(v - largest));
  return largest + kernels::log(sum.value());
}

}  // namespace

double nats_per_unit(double base) { return unit_of("nats_per_unit", base); }

double entropy(std::span<const double> p, const DistributionOptions& options) {
  const double unit = unit_of("entropy", options.base);
  return entropy_nats("entropy", "p", p, options) / unit;
}

double entropy_from_counts(std::span<const double> counts, double base) {
  const double unit = unit_of("entropy_from_counts", base);
  return entropy_nats("entropy_from_counts", "counts", counts, {.normalize = true}) / unit;
}

double cross_entropy(std::span<const double> p, std::span<const double> q,
                     const DistributionOptions& options) {
  return sum_of_pairs("cross_entropy", p, q, options,
                      [](double a, double b) { return a == 0 ? 0.0 : -a * kernels::log(b); });
}

double kl_divergence(std::span<const double> p, std::span<const double> q,
                     const DistributionOptions& options) {
  return sum_of_pairs("kl_divergence", p, q, options, generalized_kl_term);
}

double kl_divergence(MatrixView<const double> p, MatrixView<const double> q, Reduction reduction,
                     const DistributionOptions& options, std::span<double> rows) {
  const std::string_view op = "kl_divergence";
  unit_of(op, options.base);
  if (p.rows != q.rows || p.cols != q.cols)
    refuse(op, "q",
           "p is [" + std::to_string(p.rows) + ", " + std::to_string(p.cols) + "], q is [" +
               std::to_string(q.rows) + ", " + std::to_string(q.cols) + "]");
  if (!rows.empty()) core::check_same_length(op, "p's rows", p.rows, "rows", rows.size());
  core::check_present(
      op, {{"p", core::memory_of(p)}, {"q", core::memory_of(q)}, {"rows", core::memory_of(rows)}});
  thread_local std::vector<double> row_p, row_q;
  thread_local std::vector<double> divergences;  // no row is written before the last is checked
  row_p.resize(p.cols);
  row_q.resize(p.cols);
  divergences.resize(rows.size());
  CompensatedSum sum;
  for (std::size_t i = 0; i < p.rows; ++i) {
    for (std::size_t k = 0; k < p.cols; ++k) {
      row_p[k] = p(i, k);
      row_q[k] = q(i, k);
    }
    const double row = in_row(i, [&] { return kl_divergence(row_p, row_q, options); });
    sum.add(row);
    if (!rows.empty()) divergences[i] = row;
  }
  std::copy(divergences.begin(), divergences.end(), rows.begin());
  return reduction == Reduction::mean ? sum.value() / static_cast<double>(p.rows) : sum.value();
}

double kl_divergence_log(std::span<const double> log_p, std::span<const double> log_q,
                         const DistributionOptions& options) {
  const std::string_view op = "kl_divergence_log";
  const double unit = unit_of(op, options.base);
  core::check_same_length(op, "log_p", log_p.size(), "log_q", log_q.size());
  const double lse_p = check_log_distribution(op, "log_p", log_p, options);
  const double lse_q = check_log_distribution(op, "log_q", log_q, options);
  CompensatedSum sum;
  double magnitude = 0;
  for (std::size_t k = 0; k < log_p.size(); ++k) {
    const double a = log_p[k] - lse_p;
    if (a == -kInf) continue;
    const double b = log_q[k] - lse_q, p = kernels::exp(a);
    sum.add(p * (a - b));
    magnitude += p * (std::fabs(a) + std::fabs(b));
  }
  const double kl = sum.value();
  const double rounding = 4 * std::numeric_limits<double>::epsilon() * magnitude;
  return kl < 0 && -kl <= rounding ? 0 : kl / unit;
}

void relative_entropy(std::span<const double> p, std::span<const double> q, std::span<double> out,
                      Checks checks) {
  elementwise("relative_entropy", p, q, out, checks, relative_entropy_term);
}

void generalized_kl(std::span<const double> p, std::span<const double> q, std::span<double> out,
                    Checks checks) {
  elementwise("generalized_kl", p, q, out, checks, generalized_kl_term);
}

double jensen_shannon(std::span<const double> p, std::span<const double> q,
                      const DistributionOptions& options) {
  return sum_of_pairs("jensen_shannon", p, q, options, [](double a, double b) {
    const double m = 0.5 * a + 0.5 * b;
    return 0.5 * (generalized_kl_term(a, m) + generalized_kl_term(b, m));
  });
}

double perplexity(std::span<const double> p, const DistributionOptions& options) {
  return kernels::exp(entropy_nats("perplexity", "p", p, options));
}

double perplexity(double nats) { return kernels::exp(nats); }

Likelihood joint_likelihood(std::span<const double> p) {
  if (p.empty()) refuse("joint_likelihood", "p", "p is empty: no event was given");
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!(p[i] >= 0 && p[i] <= 1))
      refuse_value("joint_likelihood", "p", p[i], "is outside [0, 1]",
                   static_cast<std::int64_t>(i));
  double product = 1;
  CompensatedSum sum;
  for (const double v : p) {
    product *= v;
    sum.add(-kernels::log(v));
  }
  const double nll = sum.value();
  const double mean = nll / static_cast<double>(p.size());
  return {product, nll, mean, kernels::exp(-mean)};
}

}  // namespace crossent
