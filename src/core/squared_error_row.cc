#include "core/squared_error_row.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/compensated.h"
#include "core/logistic.h"
#include "kernels/math.h"

namespace crossent::core {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool in_unit(double x) { return x >= 0 && x <= 1; }

}  // namespace

void SquaredRow::resize(std::size_t outputs) {
  for (std::vector<double>* v : {&x, &t, &gradient, &hessian, &p_}) v->resize(outputs);
}

void SquaredRow::report(std::string_view argument, std::string_view what, double value,
                        std::int64_t column) {
  if (!fault.empty()) return;
  fault_argument = argument;
  fault = what;
  fault_value = value;
  fault_column = column;
}

// What a softmax asks of the row as a whole.
void SquaredRow::check_softmax() {
  if (logits) {
    if (std::count(x.begin(), x.end(), kInf) > 1)
      report("x", "is not the row's only +inf: its softmax has no limit", kInf,
             std::find(x.begin(), x.end(), kInf) - x.begin());
    if (std::count(x.begin(), x.end(), -kInf) == static_cast<std::ptrdiff_t>(x.size()))
      report("x", "in every column: the row has no class left", -kInf, -1);
    return;
  }
  CompensatedSum sum;
  for (const double p : x) sum.add(p);
  if (!(std::fabs(sum.value() - 1) <= tolerance))
    report("x", "is the row's sum, not 1: no probabilities of a softmax", sum.value(), -1);
}

void SquaredRow::find_fault() {
  fault = {};
  if (tolerance == 0) return;
  const bool identity = activation == Activation::identity;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const auto column = static_cast<std::int64_t>(j);
    if (std::isnan(x[j])) report("x", "is not a number", x[j], column);
    if (identity && !std::isfinite(x[j])) report("x", "is not finite", x[j], column);
    if (!identity && !logits && !in_unit(x[j]))
      report("x", "is outside [0, 1] (looks like logits: kind = logits)", x[j], column);
    if (label < 0 && identity && !std::isfinite(t[j]))
      report("target", "is not finite", t[j], column);
    if (label < 0 && !identity && !in_unit(t[j]))
      report("target", "is outside [0, 1]", t[j], column);
  }
  if (fault.empty() && activation == Activation::softmax) check_softmax();
}

// A one-hot target is its label: the same bits, and 1 - p_y from the other classes.
void SquaredRow::find_label() {
  const auto one = std::find(t.begin(), t.end(), 1.0);
  if (one == t.end()) return;
  const auto zeros = std::count(t.begin(), t.end(), 0.0);
  if (zeros + 1 == static_cast<std::ptrdiff_t>(t.size())) label = one - t.begin();
}

// p = softmax(x); returns 1 - p[label], summed over the other classes.
double SquaredRow::apply_softmax() {
  const double m = *std::max_element(x.begin(), x.end());
  const std::size_t n = x.size();
  if (m == kInf) {
    const bool alone = std::count(x.begin(), x.end(), kInf) == 1;
    for (std::size_t j = 0; j < n; ++j) p_[j] = x[j] < kInf ? 0 : alone ? 1 : kNaN;
    return label < 0 ? 0 : 1 - p_[static_cast<std::size_t>(label)];
  }
  for (std::size_t j = 0; j < n; ++j) p_[j] = x[j] - m;
  kernels::exp(p_.data(), p_.data(), n);
  CompensatedSum all, others;
  for (std::size_t j = 0; j < n; ++j) {
    // The rounding error of x - m, some ulps of the exponential when the two are far apart.
    const double difference = x[j] - m, back = difference - x[j];
    const double lost = (x[j] - (difference - back)) - (m + back);
    if (std::isfinite(lost)) p_[j] += p_[j] * lost;
    all.add(p_[j]);
    if (static_cast<std::ptrdiff_t>(j) != label) others.add(p_[j]);
  }
  for (double& p : p_) p /= all.value();
  return others.value() / all.value();
}

// gradient = 2 p_j (d_j - m), m = sum_k p_k d_k. With a label y, u = 1 - p_y and Q = the others'
// sum of p_k^2: loss = u^2 + Q, m = Q - p_y u, and the label's gradient -2 p_y (u^2 + Q).
void SquaredRow::solve_softmax() {
  if (label < 0) find_label();
  double u = 0;
  if (logits) {
    u = apply_softmax();
  } else {
    p_ = x;
    if (label >= 0) u = 1 - p_[static_cast<std::size_t>(label)];
  }
  CompensatedSum squares, mean;
  for (std::size_t j = 0; j < p_.size(); ++j) {
    if (static_cast<std::ptrdiff_t>(j) == label) continue;
    const double d = label < 0 ? p_[j] - t[j] : p_[j];
    squares.add(d * d);
    mean.add(p_[j] * d);
  }
  if (label >= 0) {
    squares.add(u * u);
    mean.add(-p_[static_cast<std::size_t>(label)] * u);
  }
  loss = squares.value();
  if (!gradient_wanted) return;
  for (std::size_t j = 0; j < p_.size(); ++j) {
    const double d = label < 0 ? p_[j] - t[j] : p_[j];
    gradient[j] = 2 * p_[j] * (d - mean.value());
  }
  if (label >= 0) {
    const auto y = static_cast<std::size_t>(label);
    gradient[y] = 0.0 - 2 * p_[y] * loss;
  }
}

void SquaredRow::solve_elements() {
  const bool sigmoid_here = activation == Activation::sigmoid;
  CompensatedSum squares;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double target = label < 0 ? t[j] : static_cast<std::ptrdiff_t>(j) == label ? 1 : 0;
    double d = x[j] - target, slope = 1, bend = 0;  // of p by the logit
    if (sigmoid_here) {
      const double p = logits ? sigmoid(x[j]) : x[j], q = logits ? sigmoid(-x[j]) : 1 - x[j];
      d = target > 0.5 ? (1 - target) - q : p - target;
      slope = p * q;
      bend = slope * (q - p);
    }
    squares.add(d * d);
    gradient[j] = 2 * d * slope;
    hessian[j] = 2 * (slope * slope + d * bend);
  }
  loss = squares.value();
}

void SquaredRow::solve() {
  find_fault();
  if (fault.empty()) return activation == Activation::softmax ? solve_softmax() : solve_elements();
  loss = kNaN;
  std::fill(gradient.begin(), gradient.end(), kNaN);
  std::fill(hessian.begin(), hessian.end(), kNaN);
}

}  // namespace crossent::core
