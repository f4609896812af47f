#include "reference/network.h"

#include <cmath>
#include <numbers>

#include "reference/binary_cross_entropy.h"
#include "reference/cost.h"

namespace crossent::reference {
namespace {

// Where a layer's numbers stand among the parameters: all weights, then all biases.
struct Layer {
  std::size_t inputs, outputs, weight, bias;
};

std::vector<Layer> layers(const Architecture& a) {
  std::vector<Layer> found;
  std::size_t at = 0;
  for (std::size_t l = 0; l < a.layers(); ++l) {
    found.push_back({a.layer_inputs(l), a.layer_outputs(l), at, 0});
    at += a.layer_inputs(l) * a.layer_outputs(l);
  }
  for (Layer& layer : found) {
    layer.bias = at;
    at += layer.outputs;
  }
  return found;
}

std::vector<double> activated(HiddenActivation activation, Row sums) {
  std::vector<double> values;
  for (const double sum : sums) values.push_back(activate(activation, sum));
  return values;
}

// x W + b
std::vector<double> layer_sums(const Layer& layer, Row parameters, Row x) {
  std::vector<double> sums(layer.outputs);
  for (std::size_t j = 0; j < layer.outputs; ++j) {
    for (std::size_t i = 0; i < layer.inputs; ++i)
      sums[j] += x[i] * parameters[layer.weight + i * layer.outputs + j];
    sums[j] += parameters[layer.bias + j];
  }
  return sums;
}

// The gradient to the sums of the layer below: (W error) times the slope of each unit.
std::vector<double> error_below(const Layer& layer, Row parameters, Row error,
                                HiddenActivation activation, Row sums_below) {
  std::vector<double> below(layer.inputs);
  for (std::size_t i = 0; i < layer.inputs; ++i) {
    for (std::size_t j = 0; j < layer.outputs; ++j)
      below[i] += parameters[layer.weight + i * layer.outputs + j] * error[j];
    below[i] *= activation_slope(activation, sums_below[i]);
  }
  return below;
}

}  // namespace

double activate(HiddenActivation activation, double sum) {
  switch (activation) {
    case HiddenActivation::tanh:
      return std::tanh(sum);
    case HiddenActivation::sigmoid:
      return sigmoid(sum);
    case HiddenActivation::relu:
      return std::fmax(sum, 0);
    case HiddenActivation::gelu:
      return sum * std::erfc(-sum / std::numbers::sqrt2) / 2;
    case HiddenActivation::identity:
      break;
  }
  return sum;
}

double activation_slope(HiddenActivation activation, double sum) {
  switch (activation) {
    case HiddenActivation::tanh:
      return 1 - std::tanh(sum) * std::tanh(sum);
    case HiddenActivation::sigmoid:
      return sigmoid(sum) * sigmoid(-sum);
    case HiddenActivation::relu:
      return sum > 0 ? 1 : 0;
    case HiddenActivation::gelu:
      return std::erfc(-sum / std::numbers::sqrt2) / 2 +
             sum * std::exp(-sum * sum / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    case HiddenActivation::identity:
      break;
  }
  return 1;
}

std::vector<std::vector<double>> forward(const Network<double>& network, Row x) {
  std::vector<std::vector<double>> sums;
  std::vector<double> values(x.begin(), x.end());
  for (const Layer& layer : layers(network.architecture)) {
    sums.push_back(layer_sums(layer, network.parameters, values));
    values = activated(network.architecture.activation, sums.back());
  }
  return sums;
}

std::vector<double> row_gradient(const Network<double>& network, Row x, const RowTarget& target,
                                 const TrainOptions& o) {
  const Architecture& a = network.architecture;
  const std::vector<std::vector<double>> sums = forward(network, x);
  const std::vector<Layer> all = layers(a);
  std::vector<double> gradient(network.parameters.size());
  std::vector<double> error = cost_gradient(a.output, sums.back(), target, o);
  for (std::size_t l = all.size(); l-- > 0;) {
    const Layer& layer = all[l];
    const std::vector<double> below =
        l ? activated(a.activation, sums[l - 1]) : std::vector<double>(x.begin(), x.end());
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      for (std::size_t i = 0; i < layer.inputs; ++i)
        gradient[layer.weight + i * layer.outputs + j] = below[i] * error[j];
      gradient[layer.bias + j] = error[j];
    }
    if (l) error = error_below(layer, network.parameters, error, a.activation, sums[l - 1]);
  }
  return gradient;
}

}  // namespace crossent::reference
