#include "cli/loss_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "cli/output/text.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cross_entropy.h"
#include "crossent/entropy.h"
#include "crossent/error.h"
#include "crossent/softmax.h"
#include "crossent/squared_error.h"

namespace crossent::cli {
namespace {

std::string probability_text(double p) {
  return p != 0 && p < 1e-4 ? fmt::format("{:.4g}", p) : fmt::format("{:.6f}", p);
}

std::string shortest(double x) { return fmt::format("{:.6g}", x); }

// The library's refusal of a value names its row: point at it.
template <class F>
auto pointing(const List& list, bool one_column, F f) {
  try {
    return f();
  } catch (const ValueError& e) {
    std::string_view what = e.what();
    if (what.starts_with('[')) what.remove_prefix(what.find("] ") + 2);
    if (e.row < 0) throw InputError(std::string(what));
    const auto row = static_cast<std::size_t>(e.row);
    if (one_column) throw InputError(std::string(what), "", list.excerpt(list.numbers().at(row)));
    throw InputError(fmt::format("row {}: {}", row + 1, what), "", list.excerpt(row));
  }
}

// The target of every row before smoothing, row after row.
std::vector<double> targets(const LossQuestion& q) {
  if (q.target.given()) return q.binary ? q.target.flat() : q.target.matrix();
  const std::size_t cols = q.binary ? 1 : q.classes();
  std::vector<double> t(q.rows() * cols, 0.0);
  for (std::size_t i = 0; i < q.rows(); ++i) {
    if (q.binary)
      t[i] = q.labels[i] == 1 ? 1 : 0;
    else
      t[i * cols + static_cast<std::size_t>(q.labels[i])] = 1;
  }
  return t;
}

// The class that has all of the target, if one has.
std::optional<std::int64_t> hard_label(std::span<const double> t, bool binary) {
  if (binary) {
    if (t[0] != 0 && t[0] != 1) return std::nullopt;
    return t[0] == 1 ? 1 : 0;
  }
  const auto one = std::find(t.begin(), t.end(), 1.0);
  const bool hard = one != t.end() && std::count(t.begin(), t.end(), 0.0) + 1 ==
                                          static_cast<std::ptrdiff_t>(t.size());
  if (!hard) return std::nullopt;
  return one - t.begin();
}

std::int64_t largest(std::span<const double> v) {
  return std::max_element(v.begin(), v.end()) - v.begin();
}

struct Raw {  // what the library returns, row-major
  Result result;
  std::vector<double> loss, gradient;  // the gradient from logits only
};

Raw categorical(const LossQuestion& q) {
  const std::size_t n = q.rows(), c = q.classes();
  const std::vector<double> x = q.values.matrix();
  Raw raw;
  raw.loss.resize(n);
  crossent::Options options;
  options.kind = q.kind;
  options.reduction = Reduction::sum;
  options.divisor = Divisor::rows;
  options.label_smoothing = q.smoothing;
  options.normalize = q.normalize;
  options.precision = Precision::f64;
  Outputs<double> outputs;
  outputs.loss = raw.loss;
  if (q.kind == Kind::logits) {
    raw.gradient.resize(n * c);
    outputs.gradient = matrix(raw.gradient.data(), n, c);
  }
  const auto view = matrix(x.data(), n, c);
  pointing(q.values, false, [&] {
    if (q.target.given()) {
      const std::vector<double> t = q.target.matrix();
      raw.result = cross_entropy<double>(view, matrix(t.data(), n, c), options, outputs);
    } else {
      raw.result = cross_entropy<double>(view, Labels(q.labels), options, outputs);
    }
    return 0;
  });
  return raw;
}

Raw binary(const LossQuestion& q) {
  const std::size_t n = q.rows();
  const std::vector<double> x = q.values.flat(), t = targets(q);
  Raw raw;
  raw.loss.resize(n);
  BinaryOptions options;
  options.kind = q.kind;
  options.reduction = Reduction::sum;
  options.label_smoothing = q.smoothing;
  options.precision = Precision::f64;
  BinaryOutputs<double> outputs;
  outputs.loss = raw.loss;
  if (q.kind == Kind::logits) {
    raw.gradient.resize(n);
    outputs.gradient = matrix(raw.gradient.data(), n, 1);
  }
  pointing(q.values, true, [&] {
    raw.result = binary_cross_entropy<double>(matrix(x.data(), n, 1), matrix(t.data(), n, 1),
                                              options, outputs);
    return 0;
  });
  return raw;
}

void normalize_rows(std::vector<double>& x, std::size_t cols) {
  for (std::size_t i = 0; i < x.size(); i += cols) {
    double sum = 0;
    for (std::size_t j = 0; j < cols; ++j) sum += x[i + j];
    for (std::size_t j = 0; j < cols; ++j) x[i + j] /= sum;
  }
}

// Squared error of a row's outputs against t, with its derivatives by the logits.
void put_squared_error(const LossQuestion& q, LossRow& row) {
  const std::size_t n = row.p.size();
  const bool logits = q.kind == Kind::logits;
  std::vector<double> x = row.p;
  for (std::size_t j = 0; logits && j < n; ++j) x[j] = row.given[j].value;
  SquaredOptions options;
  options.activation = q.binary ? Activation::sigmoid : Activation::softmax;
  options.kind = logits ? Kind::logits : Kind::probabilities;
  options.reduction = Reduction::none;
  row.squared_error_gradient.resize(n);
  SquaredOutputs<double> outputs;
  outputs.loss = {&row.squared_error, 1};
  outputs.gradient = matrix(row.squared_error_gradient.data(), 1, n);
  const MatrixView<const double> view = matrix(std::as_const(x).data(), 1, n);
  if (row.label && !q.binary && q.smoothing == 0)
    squared_error<double>(view, Labels(&*row.label, 1), options, outputs);
  else
    squared_error<double>(view, matrix(std::as_const(row.t).data(), 1, n), options, outputs);
  if (!q.binary) return;
  options.factor = 0.5;
  SquaredOutputs<double> second;
  second.hessian = matrix(&row.squared_error_curvature, 1, 1);
  squared_error<double>(view, matrix(std::as_const(row.t).data(), 1, 1), options, second);
}

double sigmoid(double x) {
  const double pair[] = {0, x};  // it is the softmax of (0, x)
  double p[2];
  softmax<double>(matrix(pair, 1, 2), matrix(p, 1, 2));
  return p[1];
}

// 1 - p of a binary output; from a logit nothing cancels.
double complement(const LossQuestion& q, const LossRow& row) {
  return q.kind == Kind::logits ? sigmoid(-row.given[0].value) : 1 - row.p[0];
}

// p (1 - p), of the smaller of p and 1 - p: nothing cancels.
double curvature(const LossQuestion& q, const LossRow& row) {
  const double p = std::min(row.p[0], complement(q, row));
  return p * (1 - p);
}

// H(p, 1 - p): the loss of p where p is the truth, of the smaller of both: 1 - p is near 1 there.
double binary_entropy(double p, double complement) {
  const double small = std::min(p, complement);
  double loss = 0;
  BinaryOptions options;
  options.kind = Kind::probabilities;
  options.reduction = Reduction::none;
  options.precision = Precision::f64;
  BinaryOutputs<double> outputs;
  outputs.loss = {&loss, 1};
  binary_cross_entropy<double>(matrix(&small, 1, 1), matrix(&small, 1, 1), options, outputs);
  return loss;
}

// Probabilities of every output, row-major: what is given, or through softmax or sigmoid.
std::vector<double> probabilities(const LossQuestion& q) {
  std::vector<double> x = q.binary ? q.values.flat() : q.values.matrix();
  if (q.kind == Kind::probabilities) {
    if (q.normalize) normalize_rows(x, q.classes());
    return x;
  }
  if (!q.binary) {
    std::vector<double> p(x.size());
    softmax<double>(matrix(std::as_const(x).data(), q.rows(), q.classes()),
                    matrix(p.data(), q.rows(), q.classes()));
    return p;
  }
  for (double& v : x) v = sigmoid(v);
  return x;
}

double log_sum_exp_of(const std::vector<double>& x) {
  double lse = -INFINITY;
  if (!x.empty()) log_sum_exp<double>(matrix(x.data(), 1, x.size()), {&lse, 1});
  return lse;
}

// ln p of the outputs, which f64 holds where it does not hold p.
std::vector<double> log_probabilities(const LossQuestion& q, const LossRow& row) {
  std::vector<double> x;
  for (const Number& n : row.given)
    x.push_back(q.kind == Kind::probabilities ? std::log(n.value) : n.value);
  if (q.kind == Kind::probabilities && !q.normalize) return {};
  if (q.binary) return {-log_sum_exp_of({0, -x[0]})};
  const double lse = log_sum_exp_of(x);
  for (double& v : x) v -= lse;
  return x;
}

// Of a certain label the loss is -ln(1 - the rest): the rest itself, where that is tiny. What was
// typed as p or ln p is the loss as it stands.
std::optional<double> log_of_vanished(const LossQuestion& q, const LossRow& row) {
  const bool typed = q.kind != Kind::logits && !q.normalize;
  if (!tiny(row.loss) || !row.label || q.smoothing != 0 || typed) return std::nullopt;
  std::vector<double> rest = row.log_p;
  if (q.binary)
    rest = {-std::fabs(row.given[0].value)};
  else
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(*row.label));
  const double log = log_sum_exp_of(rest);
  return std::isfinite(log) ? std::optional(log) : std::nullopt;
}

// (1 - e) t + e / K; K = 2 for one binary output.
double smoothed(double t, double e, std::size_t classes) {
  return e == 0 ? t : (1 - e) * t + e / static_cast<double>(classes);
}

void put_texts(const LossQuestion& q, std::span<const Number> target, LossRow& row) {
  const bool as_typed = q.kind == Kind::probabilities && !q.normalize;
  for (std::size_t j = 0; j < row.p.size(); ++j) {
    const bool power = !as_typed && tiny(row.p[j]) && std::isfinite(row.log_p[j]);
    row.p_text.push_back(as_typed ? row.given[j].text
                         : power  ? power_of_ten(row.log_p[j])
                                  : probability_text(row.p[j]));
    const bool typed = q.smoothing == 0 && !target.empty();
    row.t_text.push_back(typed ? target[j].text : shortest(row.t[j]));
  }
}

void judge(const LossQuestion& q, std::span<const double> t, LossRow& row) {
  row.label = hard_label(t, q.binary);
  row.predicted = q.binary ? (row.p[0] > 0.5 ? 1 : 0) : largest(row.p);
  if (row.label) {
    const double p = q.binary ? row.p[0] : row.p[static_cast<std::size_t>(*row.label)];
    row.p_true = q.binary && *row.label == 0 ? complement(q, row) : p;
    row.correct = row.predicted == *row.label;
  } else if (q.binary
                 ? t[0] != 0.5
                 : std::count(t.begin(), t.end(), t[static_cast<std::size_t>(largest(t))]) == 1) {
    row.correct = row.predicted == (q.binary ? (t[0] > 0.5 ? 1 : 0) : largest(t));
  }
}

// H(p), H(t), KL(t||p); a binary output stands with its complement.
void put_entropies(const LossQuestion& q, LossRow& row) {
  DistributionOptions options;
  options.checks = Checks::off;
  if (q.binary) {
    const double p[] = {row.p[0], complement(q, row)}, t[] = {row.t[0], 1 - row.t[0]};
    row.entropy = binary_entropy(p[0], p[1]);
    row.target_entropy = binary_entropy(t[0], t[1]);
    row.divergence = kl_divergence(t, p, options);
    return;
  }
  row.entropy = entropy(row.p, options);
  row.target_entropy = entropy(row.t, options);
  row.divergence = kl_divergence(row.t, row.p, options);
}

}  // namespace

std::size_t LossQuestion::rows() const {
  if (!binary) return values.rows.size();
  std::size_t n = 0;
  for (const auto& row : values.rows) n += row.size();
  return n;
}

LossAnswer compute(const LossQuestion& q) {
  const Raw raw = q.binary ? binary(q) : categorical(q);
  const std::vector<double> p = probabilities(q), t = targets(q);
  const std::vector<Number> typed_target = q.target.numbers(), typed = q.values.numbers();
  const std::size_t cols = q.binary ? 1 : q.classes();
  LossAnswer answer;
  answer.sum = raw.result.sum;
  answer.mean = raw.result.mean;
  answer.uniform = q.classes() > 1 ? nats_per_unit(static_cast<double>(q.classes())) : 0;
  std::vector<double> vanished;
  for (std::size_t i = 0; i < q.rows(); ++i) {
    const auto first = static_cast<std::ptrdiff_t>(i * cols),
               last = first + static_cast<std::ptrdiff_t>(cols);
    LossRow row;
    row.given.assign(typed.begin() + first, typed.begin() + last);
    row.p.assign(p.begin() + first, p.begin() + last);
    const std::vector<double> target(t.begin() + first, t.begin() + last);
    for (const double v : target) row.t.push_back(smoothed(v, q.smoothing, q.classes()));
    row.log_p = log_probabilities(q, row);
    put_texts(q,
              q.target.given() ? std::span(typed_target).subspan(i * cols, cols)
                               : std::span<const Number>(),
              row);
    judge(q, target, row);
    row.loss = raw.loss[i];
    row.log_loss = log_of_vanished(q, row);
    if (row.log_loss) vanished.push_back(*row.log_loss);
    put_entropies(q, row);
    put_squared_error(q, row);
    // By the logits the gradient is p - t; from logits the library forms it without cancelling.
    for (std::size_t j = 0; j < cols; ++j)
      row.gradient.push_back(raw.gradient.empty() ? row.p[j] - row.t[j]
                                                  : raw.gradient[i * cols + j]);
    if (q.binary) row.curvature = curvature(q, row);
    if (row.correct) ++answer.labelled;
    if (row.correct.value_or(false)) ++answer.right;
    answer.rows.push_back(std::move(row));
  }
  if (tiny(answer.sum) && !vanished.empty()) answer.log_sum = log_sum_exp_of(vanished);
  return answer;
}

double mean_loss(const LossQuestion& q) {
  return (q.binary ? binary(q) : categorical(q)).result.mean;
}

}  // namespace crossent::cli
