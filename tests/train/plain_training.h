#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "reference/network.h"
#include "train/random.h"

// Training by the formulas of docs/math.md#training, number by number, on the gradients of
// src/reference.
namespace crossent::training {

/// What a row's hidden outputs are multiplied by, layer by layer.
using Mask = std::vector<std::vector<double>>;

/// `row` counts the rows of the step.
inline Mask dropout_mask(const Architecture& a, double share, std::uint64_t seed,
                         std::uint64_t step, std::size_t row) {
  Mask mask;
  for (std::size_t l = 0; l < a.hidden.size(); ++l) {
    Random random(seed, Stream::dropout, step, l, row);
    mask.emplace_back();
    for (std::size_t j = 0; j < a.hidden[l]; ++j)
      mask[l].push_back(random.uniform() < share ? 0 : 1 / (1 - share));
  }
  return mask;
}

/// Multiplies the weights that leave a hidden unit by the unit's factor.
inline Network<double> masked(Network<double> network, const Mask& mask) {
  for (std::size_t l = 0; l < mask.size(); ++l) {
    const MatrixView<double> w = network.weight(l + 1);
    for (std::size_t i = 0; i < w.rows; ++i)
      for (std::size_t j = 0; j < w.cols; ++j) w(i, j) *= mask[l][i];
  }
  return network;
}

/// A unit's factor may as well stand before the weights W that leave it: the gradient to W is the
/// factor times that to the masked W.
inline std::vector<double> masked_gradient(const Network<double>& network, const Mask& mask,
                                           reference::Row x, const reference::RowTarget& target,
                                           const TrainOptions& o) {
  std::vector<double> gradient = reference::row_gradient(masked(network, mask), x, target, o);
  return masked({network.architecture, std::move(gradient)}, mask).parameters;
}

struct PlainRows {
  std::size_t inputs = 0;
  std::vector<double> x{};  ///< [rows, inputs]
  std::vector<std::int32_t> label{};

  std::size_t rows() const { return label.size(); }
  reference::Row row(std::size_t i) const { return std::span(x).subspan(i * inputs, inputs); }
};

/// sgd, adam and adamw with everything that goes with them.
class PlainTraining {
 public:
  /// `error`: of every gradient, relative to the sum of its terms' magnitudes, of random sign.
  PlainTraining(const PlainRows& rows, const TrainOptions& options, Network<double> start,
                double error)
      : rows_(rows),
        o_(options),
        network_(std::move(start)),
        u_(network_.parameters.size()),
        v_(network_.parameters.size()),
        error_(error) {}

  void run() {
    const auto batch = static_cast<std::size_t>(o_.batch);
    for (std::int64_t epoch = 0; epoch < o_.epochs; ++epoch) {
      const std::vector<std::size_t> order = order_of(epoch);
      for (std::size_t at = 0; at < order.size(); at += batch)
        step(std::span(order).subspan(at, std::min(batch, order.size() - at)));
    }
  }
  const std::vector<double>& parameters() const { return network_.parameters; }
  double gradient_norm() const { return norm_; }
  double rate() const { return rate_; }
  std::int64_t clipped() const { return clipped_; }

 private:
  // Fisher and Yates, from the end. A batch of all rows is in its own order.
  std::vector<std::size_t> order_of(std::int64_t epoch) const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < rows_.rows(); ++i) order.push_back(i);
    if (static_cast<std::size_t>(o_.batch) == rows_.rows()) return order;
    Random random(o_.seed, Stream::shuffle, static_cast<std::uint64_t>(epoch));
    for (std::size_t left = order.size(); left > 1; --left)
      std::swap(order[left - 1], order[random.below(left)]);
    return order;
  }

  double rate_of_step() const {
    const auto per_epoch = (static_cast<std::int64_t>(rows_.rows()) + o_.batch - 1) / o_.batch;
    const std::int64_t warmup = o_.warmup_epochs * per_epoch;
    if (steps_ < warmup)
      return o_.rate * static_cast<double>(steps_ + 1) / static_cast<double>(warmup);
    if (o_.schedule == Schedule::constant) return o_.rate;
    const double done =
        static_cast<double>(steps_ - warmup) / static_cast<double>(o_.epochs * per_epoch - warmup);
    return o_.rate * (1 + std::cos(std::numbers::pi * done)) / 2;
  }

  double mean_weight() const {
    double sum = 0;
    for (const std::int32_t y : rows_.label)
      sum += o_.class_weight.empty() ? 1 : o_.class_weight[static_cast<std::size_t>(y)];
    return sum / static_cast<double>(rows_.rows());
  }

  // Of J over the rows of a step.
  std::vector<double> gradient(std::span<const std::size_t> chosen) {
    const Architecture& a = network_.architecture;
    const std::size_t n = network_.parameters.size();
    const double share = 1 / (static_cast<double>(chosen.size()) * mean_weight());
    std::vector<double> sum(n), size(n);
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      const Mask mask = dropout_mask(a, o_.dropout, o_.seed, static_cast<std::uint64_t>(steps_), k);
      const auto y = static_cast<std::size_t>(rows_.label[chosen[k]]);
      const std::vector<double> g = masked_gradient(network_, mask, rows_.row(chosen[k]),
                                                    reference::target_of_label(y, a, o_), o_);
      for (std::size_t i = 0; i < n; ++i) sum[i] += g[i] * share;
      for (std::size_t i = 0; i < n; ++i) size[i] += std::abs(g[i]) * share;
    }
    const double largest = *std::max_element(size.begin(), size.end());
    for (std::size_t i = 0; i < n; ++i)
      sum[i] += (signs_.below(2) ? error_ : -error_) * std::max(size[i], largest / 16);
    for (std::size_t i = 0; i < a.weights(); ++i) {
      const double w = network_.parameters[i];
      sum[i] += o_.l2 * w + (w > 0 ? o_.l1 : w < 0 ? -o_.l1 : 0);
    }
    return sum;
  }

  void step(std::span<const std::size_t> chosen) {
    std::vector<double> g = gradient(chosen);
    double squares = 0;
    for (const double value : g) squares += value * value;
    norm_ = std::sqrt(squares);
    if (o_.clip_norm > 0 && norm_ > o_.clip_norm) {
      ++clipped_;
      for (double& value : g) value *= o_.clip_norm / norm_;
    }
    rate_ = rate_of_step();
    ++steps_;
    for (std::size_t i = 0; i < g.size(); ++i)
      o_.optimizer == Optimizer::sgd ? sgd(i, g[i]) : adam(i, g[i]);
  }

  void sgd(std::size_t i, double g) {
    v_[i] = o_.momentum * v_[i] + g;
    network_.parameters[i] -= rate_ * (o_.nesterov ? g + o_.momentum * v_[i] : v_[i]);
  }

  void adam(std::size_t i, double g) {
    const auto k = static_cast<double>(steps_);
    double& w = network_.parameters[i];
    u_[i] = o_.beta1 * u_[i] + (1 - o_.beta1) * g;
    v_[i] = o_.beta2 * v_[i] + (1 - o_.beta2) * g * g;
    const double u = u_[i] / (1 - std::pow(o_.beta1, k));
    const double v = v_[i] / (1 - std::pow(o_.beta2, k));
    const bool decays = o_.optimizer == Optimizer::adamw && i < network_.architecture.weights();
    w -= rate_ * u / (std::sqrt(v) + o_.epsilon) + (decays ? rate_ * o_.weight_decay * w : 0);
  }

  const PlainRows& rows_;
  TrainOptions o_;
  Network<double> network_;
  std::vector<double> u_, v_;
  double error_, norm_ = 0, rate_ = 0;
  std::int64_t steps_ = 0, clipped_ = 0;
  Random signs_{1, Stream::split};
};

}  // namespace crossent::training
