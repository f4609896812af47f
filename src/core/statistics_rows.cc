#include "core/statistics_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "core/logistic.h"
#include "core/matrix_checks.h"
#include "core/refuse.h"
#include "crossent/cross_entropy.h"
#include "kernels/half.h"
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// Weights between these never overflow or lose digits in a total, whatever the rows.
constexpr double kLeastWeight = 1e-280, kMostWeight = 1e280;
constexpr double kMostProduct = 1e289;  // of a weight and a finite loss

std::int64_t as_index(std::size_t i) { return static_cast<std::int64_t>(i); }

std::int64_t classes_ahead(const double* v, std::size_t n, std::size_t y) {
  std::int64_t ahead = 0;
  for (std::size_t j = 0; j < n; ++j) ahead += v[j] > v[y] || (v[j] == v[y] && j < y);
  return ahead;
}

// sum over classes of (p - [label])^2 where p = v / sum and miss = 1 - p[y]; two classes: that of
// one of them.
double brier_of(const double* v, std::size_t n, std::size_t y, double sum, double miss) {
  double others = 0;
  for (std::size_t j = 0; j < y; ++j) others += v[j] * v[j];
  for (std::size_t j = y + 1; j < n; ++j) others += v[j] * v[j];
  const double brier = others / (sum * sum) + miss * miss;
  return n == 2 ? brier / 2 : brier;
}

double as_f64(double x) { return x; }
template <class T>
double as_f64(T x) {
  return kernels::to_f64(kernels::to_f32(x));
}

}  // namespace

void RowScorer::check_shapes(std::size_t rows, std::size_t cols, Labels labels,
                             const RowInfo& info) const {
  const auto classes = static_cast<std::size_t>(options_.classes);
  const auto mismatch = [](const char* argument, std::size_t got, std::size_t want) {
    refuse("statistics", argument,
           std::string(argument) + " has size " + std::to_string(got) + ", not " +
               std::to_string(want));
  };
  if (cols != classes && !(classes == 2 && cols == 1))
    refuse("statistics", "x",
           "x has " + std::to_string(cols) + " columns, not " + std::to_string(classes));
  if (labels.size() != rows) mismatch("label", labels.size(), rows);
  if (options_.weighted && info.weight.size() != rows && info.weight.stride() != 0)
    mismatch("weight", info.weight.size(), rows);
  if (options_.weighted && info.weight.empty() && rows > 0) mismatch("weight", 0, rows);
  if (options_.identified && info.id.size() != rows) mismatch("id", info.id.size(), rows);
  if (options_.grouped && info.group.size() != rows) mismatch("group", info.group.size(), rows);
}

// Label and weight of row i; the row stays dead when it does not count.
void RowScorer::open_row(std::size_t i, Labels labels, const RowInfo& info, RowScore& s) const {
  s = RowScore{};
  s.label = labels[i];
  if (options_.ignore_label && s.label == *options_.ignore_label) return;
  if (s.label < 0 || s.label >= options_.classes)
    refuse("statistics", "label",
           "label[" + std::to_string(i) + "] = " + labels.text(i) + " is outside [0, " +
               std::to_string(options_.classes) + ")",
           as_index(i));
  if (options_.weighted) {
    s.weight = info.weight[i];
    if (!(s.weight >= 0 && s.weight < kInf))
      refuse_value("statistics", "weight", s.weight, "is outside [0, inf)", as_index(i));
    if (s.weight != 0 && !(s.weight >= kLeastWeight && s.weight <= kMostWeight))
      refuse_value("statistics", "weight", s.weight, "is outside [1e-280, 1e280]", as_index(i));
  }
  s.live = true;
}

void RowScorer::probability_row(const double* p, std::size_t i, double tolerance, bool single,
                                RowScore& s) {
  const auto n = static_cast<std::size_t>(options_.classes);
  const double top = options_.normalize ? std::numeric_limits<double>::max() : 1;
  double sum = 0, best = -1;
  std::size_t argmax = 0;
  bool hard = true;
  for (std::size_t j = 0; j < n; ++j) {
    const double v = p[j];
    if (!(v >= 0 && v <= top))
      refuse_value("statistics", "x", v,
                   options_.normalize ? "is outside [0, inf)" : "is outside [0, 1]", as_index(i),
                   as_index(j));
    sum += v;
    hard &= v == 0 || v == 1;
    if (v > best) best = v, argmax = j;
  }
  s.sum_error = std::fabs(sum - 1);
  s.unnormalized = s.sum_error > tolerance;
  if (options_.normalize ? !(sum > 0 && sum < kInf) : s.unnormalized)
    refuse("statistics", "x",
           "x[" + std::to_string(i) + "] sums to " + number_text(sum) +
               (options_.normalize ? ", not to a positive number" : ", not to 1"),
           as_index(i));
  const double divisor = options_.normalize ? sum : 1;
  const auto y = static_cast<std::size_t>(s.label);
  s.hard = hard;
  s.distribution = !s.unnormalized;
  s.predicted = as_index(argmax);
  s.p_true = p[y] / divisor;
  s.confidence = std::min(best / divisor, 1.0);
  s.brier = brier_of(p, n, y, divisor, 1 - s.p_true);
  // The tool is given the row as it stands; one with a value above 1, which none takes, divided.
  const bool as_given = best <= 1;
  s.like = like_loss(options_.like, single, false, as_given ? p[y] : s.p_true, as_given ? sum : 1,
                     s.label);
  if (options_.top_k > 0) s.place = classes_ahead(p, n, y);
  by_log_ = true;
  double* argument = &log_argument_[3 * i];
  argument[0] = s.p_true;
  if (want_down && y > 0) argument[1] = p[y - 1] / divisor;
  if (want_up && y + 1 < n) argument[2] = p[y + 1] / divisor;
}

void RowScorer::logit_row(const double* z, std::size_t i, bool single, RowScore& s) {
  const auto n = static_cast<std::size_t>(options_.classes);
  double max = -kInf, sum = 0;
  std::size_t argmax = 0;
  int infinities = 0;
  bool in_unit = true;
  for (std::size_t j = 0; j < n; ++j) {
    const double v = z[j];
    if (std::isnan(v) || (v == kInf && ++infinities > 1))
      refuse_value("statistics", "x", v,
                   infinities > 1 ? "is the row's second +inf" : "is not a number", as_index(i),
                   as_index(j));
    in_unit &= v >= 0 && v <= 1;
    sum += v;
    if (v > max) max = v, argmax = j;
  }
  if (max == -kInf)
    refuse("statistics", "x", "x[" + std::to_string(i) + "] has no class left: all are -inf",
           as_index(i));
  // exp(z - max) beside the maximum itself, which counts 1 exactly.
  for (std::size_t j = 0; j < n; ++j) terms_[j] = z[j] - max;
  terms_[argmax] = -kInf;
  kernels::exp(terms_.data(), terms_.data(), n);
  double rest = 0;
  for (std::size_t j = 0; j < n; ++j) rest += terms_[j];
  terms_[argmax] = 1;
  const auto y = static_cast<std::size_t>(s.label);
  const bool down = want_down && y > 0, up = want_up && y + 1 < n;
  const double log_sum = down || up ? kernels::log1p(rest) : 0, total = 1 + rest;
  const auto loss_of = [&](std::size_t j) {
    return j == argmax ? log_sum : (max - z[j]) + log_sum;
  };
  s.distribution = in_unit && std::fabs(sum - 1) <= 1e-6;
  s.predicted = as_index(argmax);
  s.p_true = terms_[y] / total;
  s.confidence = 1 / total;
  const double miss = y == argmax ? rest / total : 1 - s.p_true;  // without cancellation
  s.brier = brier_of(terms_.data(), n, y, total, miss);
  s.like = like_loss(options_.like, single, false, s.p_true, 1, s.label);
  if (options_.top_k > 0) s.place = classes_ahead(z, n, y);
  if (down) s.loss_down = loss_of(y - 1);
  if (up) s.loss_up = loss_of(y + 1);
}

void RowScorer::log_probability_row(const double* x, std::size_t i, double tolerance, bool single,
                                    RowScore& s) {
  const auto n = static_cast<std::size_t>(options_.classes);
  if (options_.normalize) return logit_row(x, i, single, s);
  for (std::size_t j = 0; j < n; ++j)
    if (!(x[j] <= tolerance))
      refuse_value("statistics", "x", x[j], "is no log-probability: it is above 0", as_index(i),
                   as_index(j));
  row_.assign(x, x + n);  // exp and probability_row read and write separate buffers
  kernels::exp(row_.data(), row_.data(), n);
  for (double& p : row_) p = std::min(p, 1.0);
  probability_row(row_.data(), i, tolerance, single, s);
  const auto y = static_cast<std::size_t>(s.label);
  s.loss = std::max(0.0, -x[y]);  // not through p, which underflows
  if (want_down && y > 0) s.loss_down = std::max(0.0, -x[y - 1]);
  if (want_up && y + 1 < n) s.loss_up = std::max(0.0, -x[y + 1]);
}

// One column: the second class's value x.
void RowScorer::binary_row(double x, Kind kind, std::size_t i, double tolerance, bool single,
                           RowScore& s) const {
  const bool positive = s.label == 1;
  double p = x, loss_0, loss_1, miss;
  if (kind == Kind::logits) {
    if (std::isnan(x)) refuse_value("statistics", "x", x, "is not a number", as_index(i), 0);
    p = sigmoid(x);
    loss_0 = softplus(x), loss_1 = softplus(-x);
    miss = sigmoid(positive ? -x : x);
    s.predicted = x > 0;
    s.confidence = sigmoid(std::fabs(x));
    s.p_true = sigmoid(positive ? x : -x);
    s.distribution = x >= 0 && x <= 1;
  } else {
    const bool logs = kind == Kind::log_probabilities;
    if (logs ? !(x <= tolerance) : !(x >= 0 && x <= 1))
      refuse_value("statistics", "x", x,
                   logs ? "is no log-probability: it is above 0" : "is outside [0, 1]", as_index(i),
                   0);
    if (logs) x = std::min(x, 0.0), p = kernels::exp(x);
    loss_1 = logs ? -x : -kernels::log(p);
    loss_0 = logs && x > -0.5 ? -kernels::log(-kernels::expm1(x)) : -kernels::log1p(-p);
    miss = positive ? 1 - p : p;
    s.predicted = p > 0.5;
    s.confidence = std::max(p, 1 - p);
    s.p_true = positive ? p : 1 - p;
    s.hard = p == 0 || p == 1;
    s.distribution = true;
  }
  s.loss = 0.0 + (positive ? loss_1 : loss_0);  // 0.0 + -0.0 is 0.0
  s.brier = miss * miss;
  s.place = s.predicted != s.label;
  s.loss_down = 0.0 + loss_0;  // of label 1 read as 0; meaningless for label 0
  s.loss_up = 0.0 + loss_1;
  s.like = like_loss(options_.like, single, true, p, 1, s.label);
}

// The losses of logit rows by the library's own kernel: its accuracy, its bits.
template <class T>
void RowScorer::finish_logits(MatrixView<const T> x, Labels labels) {
  live_.resize(x.rows);
  losses_.resize(x.rows);
  for (std::size_t i = 0; i < x.rows; ++i) live_[i] = scores_[i].live;
  Options options;
  options.reduction = Reduction::none;
  options.row_mask = live_;
  options.precision = Precision::f64;
  options.checks = Checks::off;  // every value was checked above
  options.threads = 1;
  Outputs<T> outputs;
  outputs.loss = losses_;
  cross_entropy(x, labels, options, outputs);
  for (std::size_t i = 0; i < x.rows; ++i)
    if (scores_[i].live) scores_[i].loss = losses_[i];
}

// The losses of probability rows, all logarithms at once.
void RowScorer::finish_logs() {
  kernels::log(log_argument_.data(), log_argument_.data(), log_argument_.size());
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    RowScore& s = scores_[i];
    if (!s.live) continue;
    s.loss = std::max(0.0, 0.0 - log_argument_[3 * i]);
    s.loss_down = std::max(0.0, 0.0 - log_argument_[3 * i + 1]);
    s.loss_up = std::max(0.0, 0.0 - log_argument_[3 * i + 2]);
  }
}

void RowScorer::check_products() const {
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    const RowScore& s = scores_[i];
    if (s.live && std::isfinite(s.loss) && s.weight * s.loss > kMostProduct)
      refuse_value("statistics", "weight", s.weight, "times the row's loss is above 1e289",
                   as_index(i));
  }
}

template <class T>
const std::vector<RowScore>& RowScorer::score(MatrixView<const T> x, Kind kind, Labels labels,
                                              const RowInfo& info) {
  check_shapes(x.rows, x.cols, labels, info);
  const bool single = sizeof(T) < 8;
  const double tolerance = core::sum_tolerance<T>(static_cast<std::size_t>(options_.classes));
  scores_.resize(x.rows);
  std::vector<double> converted(x.cols);
  terms_.resize(x.cols);
  by_log_ = false;
  log_argument_.assign(3 * x.rows, 1);
  for (std::size_t i = 0; i < x.rows; ++i) {
    RowScore& s = scores_[i];
    open_row(i, labels, info, s);
    if (!s.live) continue;
    const double* row = converted.data();
    if constexpr (std::is_same_v<T, double>) {
      if (x.col_stride == 1) row = &x(i, 0);
    }
    if (row == converted.data())
      for (std::size_t j = 0; j < x.cols; ++j) converted[j] = as_f64(x(i, j));
    if (x.cols == 1 && options_.classes == 2)
      binary_row(*row, kind, i, tolerance, single, s);
    else if (kind == Kind::logits)
      logit_row(row, i, single, s);
    else if (kind == Kind::probabilities)
      probability_row(row, i, tolerance, single, s);
    else
      log_probability_row(row, i, tolerance, single, s);
  }
  const bool logits =
      kind == Kind::logits || (kind == Kind::log_probabilities && options_.normalize);
  if (logits && x.cols == static_cast<std::size_t>(options_.classes)) finish_logits(x, labels);
  if (by_log_ && kind == Kind::probabilities) finish_logs();
  if (options_.weighted) check_products();
  return scores_;
}

template const std::vector<RowScore>& RowScorer::score(MatrixView<const float>, Kind, Labels,
                                                       const RowInfo&);
template const std::vector<RowScore>& RowScorer::score(MatrixView<const double>, Kind, Labels,
                                                       const RowInfo&);
template const std::vector<RowScore>& RowScorer::score(MatrixView<const f16>, Kind, Labels,
                                                       const RowInfo&);
template const std::vector<RowScore>& RowScorer::score(MatrixView<const bf16>, Kind, Labels,
                                                       const RowInfo&);

}  // namespace crossent
