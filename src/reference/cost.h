#pragma once
#include <cstddef>
#include <vector>

#include "crossent/train.h"
#include "reference/softmax.h"

// What training makes small, of one row (docs/math.md#training). Of TrainOptions these read what
// defines the cost: cost, squared_on, squared_gradient, focal_gamma, label_smoothing, and
// class_weight in target_of_label.
namespace crossent::reference {

/// What the outputs of a row should be. weight: a factor on the row's cost. output_weight (empty:
/// 1): a factor on each output's term; softmax takes it with cross_entropy only.
struct RowTarget {
  std::vector<double> t{};
  double weight = 1;
  std::vector<double> output_weight{};
};

/// t = [j = y], or {y} for one output. The class weight c_y is the row's weight; softmax
/// cross-entropy takes the weights into the terms of its smoothed target.
RowTarget target_of_label(std::size_t y, const Architecture& a, const TrainOptions& o);

/// softmax, or sigmoid of each.
std::vector<double> output_probabilities(Activation output, Row logits);

/// (1 - p)^gamma (-log p) of p = sigmoid(x), and its derivative
/// -(1 - p)^gamma (gamma p (-log p) + 1 - p).
double focal_loss(double x, double gamma);
double focal_slope(double x, double gamma);

/// (1 - p_y)^gamma (-log p_y) of p = softmax(z), and its gradient
/// (1 - p_y)^gamma (1 + gamma p_y (-log p_y) / (1 - p_y)) (p_j - [j = y]).
double focal_loss(Row z, std::size_t y, double gamma);
std::vector<double> focal_gradient(Row z, std::size_t y, double gamma);

/// The classic listings' p_j (1 - p_j) (p_j - t_j).
std::vector<double> diagonal_gradient(Row p, Row t);

/// The cost of a row, and its gradient to the logits.
double cost(Activation output, Row logits, const RowTarget& target, const TrainOptions& o);
std::vector<double> cost_gradient(Activation output, Row logits, const RowTarget& target,
                                  const TrainOptions& o);

}  // namespace crossent::reference
