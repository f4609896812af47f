#pragma once

// Binary cross-entropy of one element: target t in [0, 1], a = weight * pos_weight * t,
// b = weight * (1 - t), loss = a (-log p) + b (-log(1 - p)) (docs/math.md#binary-cross-entropy).
namespace crossent::reference {

/// Options of one element. Smoothing e: t (1 - e) + e / 2.
struct ElementOptions {
  double weight = 1, pos_weight = 1, label_smoothing = 0;
};

/// log(1 + e^x) and 1 / (1 + e^-x), accurate at both ends.
double softplus(double x);
double sigmoid(double x);

/// From a logit: a softplus(-x) + b softplus(x).
double binary_loss(double x, double t, const ElementOptions& o = {});
/// -a sigmoid(-x) + b sigmoid(x).
double binary_gradient(double x, double t, const ElementOptions& o = {});
/// (a + b) sigmoid(x) sigmoid(-x).
double binary_hessian(double x, double t, const ElementOptions& o = {});
/// softplus(-x) w q - softplus(x) w: the derivative to t.
double binary_target_gradient(double x, const ElementOptions& o = {});

/// From a probability: -a log p - b log1p(-p); gradient -a / p + b / (1 - p), second derivative.
double binary_loss_of_probability(double p, double t, const ElementOptions& o = {});
double binary_gradient_of_probability(double p, double t, const ElementOptions& o = {});
double binary_hessian_of_probability(double p, double t, const ElementOptions& o = {});

}  // namespace crossent::reference
