#include "reference/binary_cross_entropy.h"

#include <cmath>

namespace crossent::reference {
namespace {

double smoothed(double t, const ElementOptions& o) {
  return t * (1 - o.label_smoothing) + o.label_smoothing / 2;
}

double positive(double t, const ElementOptions& o) {
  return o.weight * o.pos_weight * smoothed(t, o);
}

double negative(double t, const ElementOptions& o) { return o.weight * (1 - smoothed(t, o)); }

double product(double weight, double value) { return weight == 0 ? 0 : weight * value; }

}  // namespace

double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }

double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}

double binary_loss(double x, double t, const ElementOptions& o) {
  return product(positive(t, o), softplus(-x)) + product(negative(t, o), softplus(x));
}

double binary_gradient(double x, double t, const ElementOptions& o) {
  return negative(t, o) * sigmoid(x) - positive(t, o) * sigmoid(-x);
}

double binary_hessian(double x, double t, const ElementOptions& o) {
  return (positive(t, o) + negative(t, o)) * sigmoid(x) * sigmoid(-x);
}

double binary_target_gradient(double x, const ElementOptions& o) {
  return o.weight * (1 - o.label_smoothing) * (o.pos_weight * softplus(-x) - softplus(x));
}

double binary_loss_of_probability(double p, double t, const ElementOptions& o) {
  return product(positive(t, o), -std::log(p)) + product(negative(t, o), -std::log1p(-p));
}

double binary_gradient_of_probability(double p, double t, const ElementOptions& o) {
  return product(negative(t, o), 1 / (1 - p)) - product(positive(t, o), 1 / p);
}

double binary_hessian_of_probability(double p, double t, const ElementOptions& o) {
  return product(positive(t, o), 1 / p / p) + product(negative(t, o), 1 / (1 - p) / (1 - p));
}

}  // namespace crossent::reference
