#include "reference/cost.h"

#include <cmath>

#include "reference/binary_cross_entropy.h"
#include "reference/cross_entropy.h"
#include "reference/squared_error.h"

namespace crossent::reference {
namespace {

double output_weight(const RowTarget& target, std::size_t j) {
  return target.output_weight.empty() ? 1 : target.output_weight[j];
}

RowOptions row_options(const RowTarget& target, const TrainOptions& o) {
  return {.class_weight = target.output_weight, .label_smoothing = o.label_smoothing};
}

// The options of a sigmoid output's cross-entropy.
ElementOptions element_options(const RowTarget& target, std::size_t j, const TrainOptions& o) {
  return {.weight = output_weight(target, j), .label_smoothing = o.label_smoothing};
}

// 1 - p_y without cancellation: the sum of the others.
double others(Row p, std::size_t y) {
  double sum = 0;
  for (std::size_t j = 0; j < p.size(); ++j) sum += j == y ? 0 : p[j];
  return sum;
}

double softmax_cost(Row z, const RowTarget& target, const TrainOptions& o) {
  if (o.cost == Cost::focal) return focal_loss(z, argmax(target.t), o.focal_gamma);
  if (o.cost == Cost::cross_entropy) return cross_entropy(z, target.t, row_options(target, o));
  return squared_error(softmax(z), target.t) / 2;
}

// The cost of output j alone.
double sigmoid_cost(double x, const RowTarget& target, std::size_t j, const TrainOptions& o) {
  const double t = target.t[j], c = output_weight(target, j);
  if (o.cost == Cost::cross_entropy) return binary_loss(x, t, element_options(target, j, o));
  if (o.cost == Cost::focal)
    return c * (t * focal_loss(x, o.focal_gamma) + (1 - t) * focal_loss(-x, o.focal_gamma));
  return c * (sigmoid(x) - t) * (sigmoid(x) - t) / 2;
}

std::vector<double> softmax_gradient(Row z, const RowTarget& target, const TrainOptions& o) {
  if (o.cost == Cost::focal) return focal_gradient(z, argmax(target.t), o.focal_gamma);
  if (o.cost == Cost::cross_entropy)
    return cross_entropy_gradient(z, target.t, row_options(target, o));
  if (o.squared_gradient == SquaredGradient::diagonal)
    return diagonal_gradient(softmax(z), target.t);
  std::vector<double> gradient = squared_error_softmax_gradient(z, target.t);
  for (double& g : gradient) g /= 2;
  return gradient;
}

double sigmoid_gradient(double x, const RowTarget& target, std::size_t j, const TrainOptions& o) {
  const double t = target.t[j], c = output_weight(target, j);
  if (o.cost == Cost::cross_entropy) return binary_gradient(x, t, element_options(target, j, o));
  if (o.cost == Cost::focal)
    return c * (t * focal_slope(x, o.focal_gamma) - (1 - t) * focal_slope(-x, o.focal_gamma));
  return c * (sigmoid(x) - t) * sigmoid(x) * sigmoid(-x);
}

bool on_logits(const TrainOptions& o) {
  return o.cost == Cost::squared_error && o.squared_on == SquaredOn::logits;
}

}  // namespace

RowTarget target_of_label(std::size_t y, const Architecture& a, const TrainOptions& o) {
  RowTarget target{.t = std::vector<double>(a.outputs)};
  if (a.outputs == 1)
    target.t[0] = static_cast<double>(y);
  else
    target.t[y] = 1;
  if (o.class_weight.empty()) return target;
  if (a.output == Activation::softmax && o.cost == Cost::cross_entropy)
    target.output_weight = o.class_weight;
  else
    target.weight = o.class_weight[y];
  return target;
}

std::vector<double> output_probabilities(Activation output, Row logits) {
  if (output == Activation::softmax) return softmax(logits);
  std::vector<double> p;
  for (const double x : logits) p.push_back(sigmoid(x));
  return p;
}

double focal_loss(double x, double gamma) { return std::pow(sigmoid(-x), gamma) * softplus(-x); }

double focal_slope(double x, double gamma) {
  return -std::pow(sigmoid(-x), gamma) * (gamma * sigmoid(x) * softplus(-x) + sigmoid(-x));
}

double focal_loss(Row z, std::size_t y, double gamma) {
  return std::pow(others(softmax(z), y), gamma) * cross_entropy(z, y);
}

std::vector<double> focal_gradient(Row z, std::size_t y, double gamma) {
  const std::vector<double> p = softmax(z);
  const double rest = others(p, y);
  const double ratio = rest == 0 ? 1 : cross_entropy(z, y) / rest;  // -log p / (1 - p) -> 1
  std::vector<double> gradient = cross_entropy_gradient(z, y);
  for (double& g : gradient) g *= std::pow(rest, gamma) * (1 + gamma * p[y] * ratio);
  return gradient;
}

std::vector<double> diagonal_gradient(Row p, Row t) {
  std::vector<double> gradient(p.size());
  for (std::size_t j = 0; j < p.size(); ++j) gradient[j] = p[j] * (1 - p[j]) * (p[j] - t[j]);
  return gradient;
}

double cost(Activation output, Row logits, const RowTarget& target, const TrainOptions& o) {
  if (output == Activation::softmax && !on_logits(o))
    return target.weight * softmax_cost(logits, target, o);
  double sum = 0;
  for (std::size_t j = 0; j < logits.size(); ++j) {
    const double d = logits[j] - target.t[j];
    sum +=
        on_logits(o) ? output_weight(target, j) * d * d / 2 : sigmoid_cost(logits[j], target, j, o);
  }
  return target.weight * sum;
}

std::vector<double> cost_gradient(Activation output, Row logits, const RowTarget& target,
                                  const TrainOptions& o) {
  std::vector<double> gradient(logits.size());
  if (output == Activation::softmax && !on_logits(o))
    gradient = softmax_gradient(logits, target, o);
  else
    for (std::size_t j = 0; j < logits.size(); ++j)
      gradient[j] = on_logits(o) ? output_weight(target, j) * (logits[j] - target.t[j])
                                 : sigmoid_gradient(logits[j], target, j, o);
  for (double& g : gradient) g *= target.weight;
  return gradient;
}

}  // namespace crossent::reference
