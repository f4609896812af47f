#pragma once
#include <vector>

#include "crossent/model.h"
#include "reference/cost.h"

// Networks, one row at a time (docs/math.md#training).
namespace crossent::reference {

/// What a hidden unit gives for its sum, and the slope of that (relu: 0 at 0).
double activate(HiddenActivation activation, double sum);
double activation_slope(HiddenActivation activation, double sum);

/// The sums of every layer; those of the last are the logits.
std::vector<std::vector<double>> forward(const Network<double>& network, Row x);

/// Back-propagation: the gradient of a row's cost to every parameter, in the order of
/// Network::parameters.
std::vector<double> row_gradient(const Network<double>& network, Row x, const RowTarget& target,
                                 const TrainOptions& o);

}  // namespace crossent::reference
