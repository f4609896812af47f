// Why classifiers learn with cross-entropy: a sigmoid neuron that begins wrong and sure of it.
// With --points it prints every step, tab-separated, for a plot.
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

#include "crossent/crossent.h"

namespace {

enum class Cost { half_squared_error, cross_entropy };

struct Slope {
  double first = 0, second = 0;
};

// Of one neuron's cost, to its sum z.
Slope slope(Cost cost, double z, double target) {
  Slope s;
  const auto x = crossent::matrix<const double>(&z, 1, 1);
  const auto t = crossent::matrix<const double>(&target, 1, 1);
  const auto first = crossent::matrix(&s.first, 1, 1), second = crossent::matrix(&s.second, 1, 1);
  if (cost == Cost::cross_entropy)
    crossent::binary_cross_entropy<double>(x, t, {}, {.gradient = first, .hessian = second});
  else
    crossent::squared_error<double>(x, t,
                                    {.activation = crossent::Activation::sigmoid, .factor = 0.5},
                                    {.gradient = first, .hessian = second});
  return s;
}

// A neuron with one input, 1, and the target 0.
struct Neuron {
  double weight = 2, bias = 2;
  double sum() const { return weight * 1 + bias; }
  double output() const { return 1 / (1 + std::exp(-sum())); }
  void step(Cost cost, double rate) {
    const double gradient = slope(cost, sum(), 0).first;
    weight -= rate * gradient * 1;
    bias -= rate * gradient;
  }
};

// The output after 0 .. 300 steps.
std::vector<double> learn(Cost cost) {
  Neuron neuron;
  std::vector<double> outputs{neuron.output()};
  while (outputs.size() <= 300) {
    neuron.step(cost, 0.15);
    outputs.push_back(neuron.output());
  }
  return outputs;
}

int steps_until_below(double output, Cost cost, double start, double rate) {
  Neuron neuron{start, start};
  int steps = 0;
  for (; neuron.output() >= output; ++steps) neuron.step(cost, rate);
  return steps;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr Cost kSquared = Cost::half_squared_error, kEntropy = Cost::cross_entropy;
  const std::vector<double> squared = learn(kSquared), entropy = learn(kEntropy);
  if (argc > 1 && std::string_view(argv[1]) == "--points") {
    for (std::size_t step = 0; step < squared.size(); ++step)
      std::printf("%zu\t%.6f\t%.6f\n", step, squared[step], entropy[step]);
    return 0;
  }
  std::printf("output (target 0)      squared error  cross-entropy\n");
  for (const std::size_t step : {0, 50, 100, 150, 200, 300})
    std::printf("  after %3zu steps       %12.6f   %12.6f\n", step, squared[step], entropy[step]);
  std::printf("steps until it is below 0.2\n");
  for (const double start : {0.0, 1.0, 2.0})
    for (const double rate : {0.15, 1.5})
      std::printf("  w = b = %.0f, rate %-4g  %12d   %12d\n", start, rate,
                  steps_until_below(0.2, kSquared, start, rate),
                  steps_until_below(0.2, kEntropy, start, rate));
  std::printf("slope to the sum at the start, z = 4, target 0\n");
  std::printf("  %33.6f   %12.6f\n", slope(kSquared, 4, 0).first, slope(kEntropy, 4, 0).first);
  std::printf("curvature where it is wrong, z = -2, target 1\n");
  std::printf("  %33.6f   %12.6f\n", slope(kSquared, -2, 1).second, slope(kEntropy, -2, 1).second);
}
