// Where starting weights lie: mean, variance, ends and tails of each distribution. Seeds are fixed;
// a right generator of other numbers would fail a bound of 4 standard errors once in 16000 times.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "train/plan.h"

namespace crossent::training {
namespace {

constexpr std::size_t kInputs = 300, kHidden = 200, kClasses = 100;
constexpr double kSigmas = 4;

template <class T = double>
Network<T> draw(Initialization init, HiddenActivation activation = HiddenActivation::tanh,
                std::uint64_t seed = 1, std::vector<std::size_t> hidden = {kHidden}) {
  const std::vector<T> x(kInputs);
  TrainOptions o;
  o.hidden = std::move(hidden);
  o.activation = activation;
  o.init = init;
  o.init_scale = 0.3;
  o.seed = seed;
  o.batch = 1;
  const TrainingRows<T> rows = {matrix(x.data(), std::size_t{1}, kInputs), {}};
  return initial_network<T>(make_plan(rows, kClasses, o, false));
}

std::span<const double> weights(const Network<double>& network, std::size_t layer) {
  const MatrixView<const double> w = network.weight(layer);
  return {w.data, w.rows * w.cols};
}

struct Sample {
  double n, mean = 0, variance = 0, largest = 0, beyond_two = 0;

  Sample(std::span<const double> values, double sd) : n(static_cast<double>(values.size())) {
    for (const double v : values) {
      mean += v / n;
      variance += v * v / n;
      largest = std::max(largest, std::abs(v));
      beyond_two += std::abs(v) > 2 * sd ? 1 / n : 0;
    }
  }
};

// Var(v^2) = a^4 (1/5 - 1/9). Not one of n values within 20 / n of the ends: e^-20.
void expect_uniform(std::span<const double> values, double end) {
  const double sd = end / std::sqrt(3);
  const Sample s(values, sd);
  EXPECT_LT(std::abs(s.mean), kSigmas * sd / std::sqrt(s.n));
  EXPECT_LT(std::abs(s.variance - sd * sd), kSigmas * end * end * std::sqrt(4 / 45. / s.n));
  EXPECT_LE(s.largest, end);
  EXPECT_GT(s.largest, end * (1 - 20 / s.n));
}

// Var(v^2) = 2 sd^4. A share of 0.0455 lies beyond 2 sd.
void expect_normal(std::span<const double> values, double sd) {
  const Sample s(values, sd);
  EXPECT_LT(std::abs(s.mean), kSigmas * sd / std::sqrt(s.n));
  EXPECT_LT(std::abs(s.variance - sd * sd), kSigmas * sd * sd * std::sqrt(2 / s.n));
  const double beyond = std::erfc(std::sqrt(2));
  EXPECT_LT(std::abs(s.beyond_two - beyond), kSigmas * std::sqrt(beyond * (1 - beyond) / s.n));
}

bool all_zero(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
}

TEST(Initialization, GlorotIsUniformWithinTheRootOfSixByInputsAndOutputs) {
  const Network<double> network = draw(Initialization::glorot);
  expect_uniform(weights(network, 0), std::sqrt(6. / (kInputs + kHidden)));
  expect_uniform(weights(network, 1), std::sqrt(6. / (kHidden + kClasses)));
  EXPECT_TRUE(all_zero(network.bias(0)) && all_zero(network.bias(1)));
}

TEST(Initialization, HeIsNormalWithTheRootOfTwoByInputs) {
  const Network<double> network = draw(Initialization::he);
  expect_normal(weights(network, 0), std::sqrt(2. / kInputs));
  expect_normal(weights(network, 1), std::sqrt(2. / kHidden));
  EXPECT_TRUE(all_zero(network.bias(0)) && all_zero(network.bias(1)));
}

TEST(Initialization, NormalHasTheScaleForWeightsAndBiases) {
  const Network<double> network = draw(Initialization::normal);
  for (std::size_t l = 0; l < 2; ++l) {
    expect_normal(weights(network, l), 0.3);
    expect_normal(network.bias(l), 0.3);
  }
}

TEST(Initialization, UniformEndsAtTheScaleForWeightsAndBiases) {
  const Network<double> network = draw(Initialization::uniform);
  for (std::size_t l = 0; l < 2; ++l) {
    expect_uniform(weights(network, l), 0.3);
    expect_uniform(network.bias(l), 0.3);
  }
}

TEST(Initialization, IsChosenByTheActivation) {
  using enum HiddenActivation;
  const auto automatic = [](HiddenActivation f) {
    return draw(Initialization::automatic, f).parameters;
  };
  for (const HiddenActivation f : {relu, gelu})
    EXPECT_EQ(automatic(f), draw(Initialization::he, f).parameters);
  for (const HiddenActivation f : {tanh, sigmoid, identity})
    EXPECT_EQ(automatic(f), draw(Initialization::glorot, f).parameters);
  EXPECT_TRUE(all_zero(draw(Initialization::automatic, tanh, 1, {}).parameters));
}

TEST(Initialization, FollowsTheSeedAndDiffersByLayer) {
  const Network<double> network = draw(Initialization::normal);
  EXPECT_EQ(network.parameters, draw(Initialization::normal).parameters);
  const Network<double> other = draw(Initialization::normal, HiddenActivation::tanh, 2);
  EXPECT_NE(weights(network, 0)[0], weights(other, 0)[0]);
  EXPECT_NE(weights(network, 0)[0], weights(network, 1)[0]);
}

TEST(Initialization, OfF32IsThatOfF64Rounded) {
  for (const Initialization init : {Initialization::glorot, Initialization::he,
                                    Initialization::normal, Initialization::uniform}) {
    const Network<double> wide = draw(init);
    const std::vector<float> rounded(wide.parameters.begin(), wide.parameters.end());
    EXPECT_EQ(draw<float>(init).parameters, rounded);
  }
}

}  // namespace
}  // namespace crossent::training
