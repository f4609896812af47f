#include "train/cost.h"

#include <algorithm>
#include <limits>

#include "crossent/binary_cross_entropy.h"
#include "crossent/cross_entropy.h"
#include "crossent/softmax.h"
#include "crossent/squared_error.h"
#include "kernels/math.h"

namespace crossent::training {
namespace {

// (1 - p)^gamma and the factor F that the focal loss puts on the gradient of -log p = nats:
// loss = (1-p)^g nats, F = (1-p)^g + g p (1-p)^(g-1) nats. Source: Lin et al., ICCV 2017, app. A.
struct Focus {
  double loss, factor;
};
Focus focus(double nats, double gamma) {
  if (gamma == 0 || nats == std::numeric_limits<double>::infinity()) return {nats, 1};
  if (!(nats > 0)) return {nats, 0};           // p is 1; or NaN
  const double rest = -kernels::expm1(-nats);  // 1 - p
  const double power = kernels::pow(rest, gamma);
  return {power * nats, power + gamma * (1 - rest) * (power / rest) * nats};
}

Options row_options(const CostSpec& spec) {
  Options o;
  o.reduction = Reduction::sum;
  o.checks = Checks::off;
  o.threads = 1;
  o.class_weight = spec.class_weight;
  o.label_smoothing = spec.label_smoothing;
  return o;
}

}  // namespace

CostSpec::CostSpec(const TrainOptions& options, std::size_t classes, bool several_targets)
    : output(options.output),
      cost(options.cost),
      squared_on(options.squared_on),
      squared_gradient(options.squared_gradient),
      focal_gamma(options.focal_gamma),
      label_smoothing(options.label_smoothing),
      class_weight(options.class_weight),
      outputs(several_targets || options.output == Activation::softmax || classes > 2 ? classes
                                                                                      : 1),
      targets(several_targets ? classes : 0) {}

CostSpec CostSpec::plain_cross_entropy() const {
  CostSpec plain = *this;
  plain.cost = Cost::cross_entropy;
  plain.label_smoothing = 0;
  plain.class_weight.clear();
  return plain;
}

CostSpec CostSpec::plain_squared_error() const {
  CostSpec plain = plain_cross_entropy();
  plain.cost = Cost::squared_error;
  plain.squared_on = SquaredOn::probabilities;
  plain.squared_gradient = SquaredGradient::exact;
  return plain;
}

template <class T>
TileCost<T>::TileCost(const CostSpec& spec)
    : spec_(spec), loss_(kTileRows), upstream_(kTileRows * spec.outputs) {
  if (!spec.class_weight.empty()) weight_.resize(kTileRows);
  if (spec.output == Activation::softmax) return;
  target_.resize(kTileRows * spec.outputs);
  element_.resize(kTileRows * spec.outputs);
}

template <class T>
std::span<const double> TileCost<T>::apply(MatrixView<T> logits, const Truth& truth, double factor,
                                           bool gradient) {
  if (spec_.cost == Cost::squared_error)
    squared(logits, truth, factor, gradient);
  else if (spec_.output == Activation::softmax)
    softmax_cost(logits, truth, factor, gradient);
  else
    sigmoid_cost(logits, truth, factor, gradient);
  return std::span(loss_).first(logits.rows);
}

template <class T>
std::span<const double> TileCost<T>::weights_of(const Truth& truth, std::size_t rows) {
  if (spec_.class_weight.empty()) return {};
  for (std::size_t i = 0; i < rows; ++i)
    weight_[i] = spec_.class_weight[static_cast<std::size_t>(truth.label[i])];
  return std::span(weight_).first(rows);
}

template <class T>
void TileCost<T>::softmax_cost(MatrixView<T> logits, const Truth& truth, double factor,
                               bool gradient) {
  if (spec_.cost == Cost::focal) return focal_softmax(logits, truth, factor, gradient);
  Outputs<T> out;
  out.loss = std::span(loss_).first(logits.rows);
  out.upstream = RealSpan(&factor, 1, 0);
  if (gradient) out.gradient = logits;
  cross_entropy<T>(logits, Labels(truth.label), row_options(spec_), out);
}

template <class T>
void TileCost<T>::focal_softmax(MatrixView<T> logits, const Truth& truth, double factor,
                                bool gradient) {
  const std::size_t rows = logits.rows;
  const Labels label(truth.label);
  const std::span<const double> weights = weights_of(truth, rows);
  Options plain = row_options(spec_);
  plain.class_weight = {};
  Outputs<T> out;
  out.loss = std::span(loss_).first(rows);
  cross_entropy<T>(logits, label, plain, out);
  for (std::size_t i = 0; i < rows; ++i) {
    const Focus f = focus(loss_[i], spec_.focal_gamma);
    const double weight = weights.empty() ? 1 : weights[i];
    loss_[i] = weight * f.loss;
    upstream_[i] = weight * f.factor * factor;
  }
  if (!gradient) return;
  Outputs<T> back;
  back.gradient = logits;
  back.upstream = RealSpan(upstream_.data(), rows);
  cross_entropy<T>(logits, label, plain, back);
}

template <class T>
MatrixView<const T> TileCost<T>::targets_of(const Truth& truth, std::size_t rows) {
  const std::size_t n = spec_.outputs;
  if (truth.target != nullptr) {
    std::copy_n(truth.target, rows * n, target_.begin());
  } else if (n == 1) {
    for (std::size_t i = 0; i < rows; ++i) target_[i] = static_cast<T>(truth.label[i]);
  } else {
    std::fill_n(target_.begin(), rows * n, T{0});
    for (std::size_t i = 0; i < rows; ++i)
      target_[i * n + static_cast<std::size_t>(truth.label[i])] = 1;
  }
  return matrix<const T>(target_.data(), rows, n);
}

template <class T>
void TileCost<T>::sum_elements(std::size_t rows) {
  for (std::size_t i = 0; i < rows; ++i) {
    loss_[i] = 0;
    for (std::size_t j = 0; j < spec_.outputs; ++j) loss_[i] += element_[i * spec_.outputs + j];
  }
}

template <class T>
void TileCost<T>::sigmoid_cost(MatrixView<T> logits, const Truth& truth, double factor,
                               bool gradient) {
  const std::size_t rows = logits.rows, elements = rows * spec_.outputs;
  const MatrixView<const T> target = targets_of(truth, rows);
  const std::span<const double> weight = weights_of(truth, rows);
  BinaryOptions o;
  o.reduction = Reduction::sum;
  o.checks = Checks::off;
  o.threads = 1;
  o.label_smoothing = spec_.label_smoothing;
  BinaryOutputs<T> out;
  out.loss = std::span(element_).first(elements);
  if (spec_.cost == Cost::cross_entropy) {
    o.row_weight = weight;
    out.upstream = RealSpan(&factor, 1, 0);
    if (gradient) out.gradient = logits;
    binary_cross_entropy<T>(logits, target, o, out);
    return sum_elements(rows);
  }
  binary_cross_entropy<T>(logits, target, o, out);
  for (std::size_t k = 0; k < elements; ++k) {
    const Focus f = focus(element_[k], spec_.focal_gamma);
    const double w = weight.empty() ? 1 : weight[k / spec_.outputs];
    element_[k] = w * f.loss;
    upstream_[k] = w * f.factor * factor;
  }
  sum_elements(rows);
  if (!gradient) return;
  BinaryOutputs<T> back;
  back.gradient = logits;
  back.upstream = RealSpan(upstream_.data(), elements);
  binary_cross_entropy<T>(logits, target, o, back);
}

template <class T>
void TileCost<T>::squared(MatrixView<T> logits, const Truth& truth, double factor, bool gradient) {
  const std::size_t rows = logits.rows;
  SquaredOptions o;
  o.activation = spec_.squared_on == SquaredOn::logits ? Activation::identity : spec_.output;
  o.factor = 0.5;
  o.reduction = Reduction::sum;
  o.checks = Checks::off;
  o.threads = 1;
  o.row_weight = weights_of(truth, rows);
  if (spec_.squared_gradient == SquaredGradient::diagonal && o.activation == Activation::softmax) {
    softmax<T>(logits, logits, {.checks = Checks::off, .threads = 1});
    o.activation = Activation::sigmoid;  // p (1 - p) (p - t), element by element
    o.kind = Kind::probabilities;
  }
  SquaredOutputs<T> out;
  out.loss = std::span(loss_).first(rows);
  out.upstream = RealSpan(&factor, 1, 0);
  if (gradient) out.gradient = logits;
  if (spec_.output == Activation::softmax)
    squared_error<T>(logits, Labels(truth.label), o, out);
  else
    squared_error<T>(logits, targets_of(truth, rows), o, out);
}

bool should_say_yes(const CostSpec& spec, const Truth& truth, std::size_t row, std::size_t j) {
  if (spec.targets > 0) return truth.target[row * spec.targets + j] > 0.5F;
  return truth.label[row] == (spec.outputs == 1 ? 1 : static_cast<std::int32_t>(j));
}

template <class T>
Hits hits_of(const CostSpec& spec, MatrixView<const T> logits, const Truth& truth) {
  Hits hits;
  const std::size_t n = spec.outputs;
  for (std::size_t i = 0; i < logits.rows; ++i) {
    const T* z = logits.data + static_cast<std::ptrdiff_t>(i) * logits.row_stride;
    std::size_t right = 0;  // outputs on their side of 0
    for (std::size_t j = 0; spec.output == Activation::sigmoid && j < n; ++j)
      right += (z[j] > 0) == should_say_yes(spec, truth, i, j);
    if (spec.targets > 0) {
      hits.correct += static_cast<std::int64_t>(right);
    } else {
      const bool first = n == 1 ? right == 1 : std::max_element(z, z + n) - z == truth.label[i];
      hits.correct += first;
      if (spec.output == Activation::softmax) right = first ? n : 0;
    }
    hits.separated += right == n;
  }
  return hits;
}

template class TileCost<float>;
template class TileCost<double>;
template Hits hits_of<float>(const CostSpec&, MatrixView<const float>, const Truth&);
template Hits hits_of<double>(const CostSpec&, MatrixView<const double>, const Truth&);

}  // namespace crossent::training
