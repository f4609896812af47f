#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "crossent/cross_entropy.h"
#include "precise/definitions.h"
#include "precise/inputs.h"
#include "precise/types.h"
#include "precise/ulp.h"

// One call of cross_entropy, its memory (with room around it that must not be touched or read), its
// results, and how far they are from the definitions.
namespace crossent::precise {

/// A matrix with a gap after every row and before the first element, filled with NaN and 1e30.
template <class T>
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t cols, std::size_t gap = 0, std::size_t misalign = 0)
      : rows_(rows), cols_(cols), stride_(cols + gap), start_(misalign) {
    values_.resize(start_ + rows * stride_ + 16);
    for (std::size_t i = 0; i < values_.size(); ++i)
      values_[i] = narrow<T>(i % 2 ? std::numeric_limits<double>::quiet_NaN()
                                   : std::min(1e30, reach_of(TypeInfo<T>::kName).largest));
  }
  MatrixView<T> view() {
    return {values_.data() + start_, rows_, cols_, static_cast<std::ptrdiff_t>(stride_), 1};
  }
  T& operator()(std::size_t i, std::size_t j) { return values_[start_ + i * stride_ + j]; }
  const T& operator()(std::size_t i, std::size_t j) const {
    return values_[start_ + i * stride_ + j];
  }
  void set_row(std::size_t i, const std::vector<double>& row) {
    for (std::size_t j = 0; j < cols_; ++j) (*this)(i, j) = narrow<T>(row[j]);
  }
  std::vector<double> row(std::size_t i) const {
    std::vector<double> out(cols_);
    for (std::size_t j = 0; j < cols_; ++j) out[j] = widen((*this)(i, j));
    return out;
  }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  /// The bits of everything, the gaps too.
  std::vector<std::uint64_t> all_bits() const {
    std::vector<std::uint64_t> out;
    for (const T& v : values_) out.push_back(bits_of(v));
    return out;
  }
  /// The bits of the elements, row by row.
  std::vector<std::uint64_t> bits() const {
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < cols_; ++j) out.push_back(bits_of((*this)(i, j)));
    return out;
  }

 private:
  std::size_t rows_, cols_, stride_, start_;
  std::vector<T> values_;
};

/// What a call wrote.
template <class T>
struct Output {
  Result result;
  std::vector<double> loss, lse;
  std::vector<std::int64_t> argmax;
  Matrix<T> gradient, target_gradient;
};

template <class T>
struct Batch {
  Matrix<T> x, target;
  std::vector<std::int64_t> label;  ///< empty: soft targets
  Options options;
  std::vector<double> class_weight, row_weight, upstream;
  std::vector<std::uint8_t> class_mask, row_mask;
  bool in_place = false;
  std::size_t gradient_gap = 0;

  explicit Batch(std::size_t rows, std::size_t cols, std::size_t gap = 0, std::size_t misalign = 0)
      : x(rows, cols, gap, misalign), target(rows, cols, gap, misalign), label(rows) {
    options.reduction = Reduction::none;
  }
  bool soft() const { return label.empty(); }
  /// The class is not masked, neither by the mask nor by a logit of -inf.
  bool possible(std::size_t row, std::size_t j) const {
    if (!class_mask.empty() && class_mask[j] == 0) return false;
    return options.kind != Kind::logits || widen(x(row, j)) != -INFINITY;
  }
  Output<T> run(bool gradient = true);
  RowProblem problem(std::size_t row) const;
  bool live(std::size_t row) const;
};

template <class T>
Output<T> Batch<T>::run(bool gradient) {
  const std::size_t rows = x.rows(), cols = x.cols();
  Output<T> out{{},
                std::vector<double>(rows, -7),
                std::vector<double>(rows, -7),
                std::vector<std::int64_t>(rows, -7),
                Matrix<T>(gradient && !in_place ? rows : 0, cols, gradient_gap),
                Matrix<T>(gradient && soft() ? rows : 0, cols)};
  options.class_weight = class_weight;
  options.row_weight = row_weight;
  options.class_mask = class_mask;
  options.row_mask = row_mask;
  Outputs<T> outputs;
  outputs.loss = out.loss;
  outputs.lse = out.lse;
  outputs.argmax = out.argmax;
  outputs.upstream = upstream;
  Matrix<T> copy = x;
  MatrixView<const T> logits = in_place ? copy.view() : x.view();
  if (gradient) {
    outputs.gradient = in_place ? copy.view() : out.gradient.view();
    if (soft()) outputs.target_gradient = out.target_gradient.view();
  }
  out.result = soft()
                   ? cross_entropy<T>(logits, MatrixView<const T>(target.view()), options, outputs)
                   : cross_entropy<T>(logits, Labels(label), options, outputs);
  if (gradient && in_place) out.gradient = copy;
  return out;
}

template <class T>
bool Batch<T>::live(std::size_t row) const {
  if (!row_mask.empty() && row_mask[row] == 0) return false;
  return soft() || !options.ignore_index || label[row] != *options.ignore_index;
}

template <class T>
RowProblem Batch<T>::problem(std::size_t row) const {
  RowProblem p;
  p.x = x.row(row);
  if (soft())
    p.target = target.row(row);
  else
    p.label = label[row];
  p.class_weight = class_weight;
  p.class_mask = class_mask;
  p.kind = options.kind;
  p.row_weight = row_weight.empty() ? 1 : row_weight[row];
  p.label_smoothing = options.label_smoothing;
  p.smoothing = options.smoothing;
  p.temperature = options.temperature;
  p.softcap = options.softcap;
  p.z_loss = options.z_loss;
  p.clip = options.clip;
  p.normalize = options.normalize;
  return p;
}

/// The options that are not at their defaults, for messages.
template <class T>
std::string describe(const Batch<T>& b) {
  const Options& o = b.options;
  std::string s;
  const auto add = [&](bool used, const std::string& text) {
    if (used) s += ", " + text;
  };
  add(b.soft(), "soft targets");
  add(!b.class_weight.empty(), "class weights");
  add(!b.row_weight.empty(), "row weights");
  add(!b.class_mask.empty(), "class mask");
  add(!b.row_mask.empty(), "row mask");
  add(!b.upstream.empty(), "upstream");
  add(o.label_smoothing != 0, "smoothing " + std::to_string(o.label_smoothing));
  add(o.label_smoothing != 0 && o.smoothing == Smoothing::per_row, "per row");
  add(o.temperature != 1, "temperature " + std::to_string(o.temperature));
  add(o.softcap != 0, "softcap " + std::to_string(o.softcap));
  add(o.z_loss != 0, "z-loss " + std::to_string(o.z_loss));
  add(o.clip != 0, "clip");
  add(o.normalize, "normalize");
  add(o.kind == Kind::probabilities, "probabilities");
  add(o.kind == Kind::log_probabilities, "log-probabilities");
  add(o.precision == Precision::f64, "precision f64");
  return s;
}

/// The largest error of each result of some rows, in ulps, and the column of the gradient's.
struct Errors {
  double loss = 0, lse = 0, gradient = 0, target_gradient = 0;
  std::size_t column = 0;
};

/// f64 losses below it, near the end of f64's range, are only asked for 40 bits.
constexpr double kTinyLoss = 0x1p-1000;
// A transformed logit is off by 2 * .53 (tanh, its binade against the product's) + .5 (the product)
// + 2 * .5 (the quotient) of its ulps, and an element depends on two such errors.
constexpr double kTransformUlps = 5.2;

inline double less(double ulps, double allowance) {
  return std::isfinite(ulps) && allowance > 0 ? std::max(0.0, ulps - allowance) : ulps;
}

/// Ulps of the compute type of results that the definitions say are `answer`.
template <class T, class R>
Errors measure(const Batch<T>& batch, const Output<T>& got, std::size_t row,
               const RowAnswer<R>& answer) {
  const Options& o = batch.options;
  const int bits = o.precision == Precision::f64 ? 53 : TypeInfo<T>::kComputeBits;
  Errors e;
  const double expected = answer.infinite ? INFINITY : to_double(answer.loss);
  if (answer.infinite || !std::isfinite(expected)) {
    e.loss = got.loss[row] == INFINITY ? 0 : INFINITY;
  } else {
    e.loss = less(
        relative_ulps(got.loss[row], answer.loss, bits),
        kTransformUlps * answer.blur * answer.sensitivity / (expected * std::ldexp(1.0, 1 - bits)));
    if (bits == 53 && expected < kTinyLoss) e.loss *= 0x1p-12;
    if (!(got.loss[row] >= 0)) e.loss = INFINITY;  // never negative
  }
  if (o.kind == Kind::logits) {
    const double log_part = to_double(answer.log1p_others);
    const double allowed = unbounded_ulp(std::max(std::fabs(answer.max), log_part), 53) +
                           kTransformUlps / 2 * answer.blur;
    const double error = std::fabs(to_double(R(got.lse[row]) - answer.lse));
    if (std::isfinite(to_double(answer.lse)) && error > allowed)
      e.lse = (error - allowed) / std::max(log_part * std::ldexp(1.0, 1 - bits), 0x1p-1062);
  }
  const double divisor = o.reduction == Reduction::mean ? got.result.divisor : 1;
  const double up =
      batch.upstream.empty() ? 1 : batch.upstream[batch.upstream.size() == 1 ? 0 : row];
  const R factor = divisor == 0 ? R(0) : R(up) / R(divisor);
  for (std::size_t j = 0; got.gradient.rows() != 0 && j < batch.x.cols(); ++j) {
    const R exact = to_double(factor) == 0 ? R(0) : answer.gradient[j] * factor;
    const double scale = answer.pure ? 0 : std::fabs(to_double(answer.scale[j] * factor));
    double ulps = element_ulps(got.gradient(row, j), exact, bits, scale);
    ulps = less(ulps, kTransformUlps * answer.blur * std::ldexp(1.0, bits - 1));
    if (ulps > e.gradient || std::isnan(ulps)) {
      e.gradient = std::isnan(ulps) ? INFINITY : ulps;
      e.column = j;
    }
  }
  const bool targets = got.target_gradient.rows() != 0 && !answer.target_gap.empty();
  for (std::size_t j = 0; targets && j < batch.x.cols(); ++j) {
    if (!batch.possible(row, j)) continue;
    const R share = answer.target_scale[j] * factor, exact = share * answer.target_gap[j];
    double ulps = element_ulps(got.target_gradient(row, j), exact, bits);
    if (answer.blur != 0)
      ulps = less(ulps, kTransformUlps * answer.blur * std::fabs(to_double(share / exact)) *
                            std::ldexp(1.0, bits - 1));
    e.target_gradient = std::max(e.target_gradient, std::isnan(ulps) ? INFINITY : ulps);
  }
  return e;
}

}  // namespace crossent::precise
