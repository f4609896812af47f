#include "reference/network.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

namespace crossent::reference {
namespace {

using Real = long double;
using Reals = std::vector<Real>;

// ------------------------------------------------ the definitions once more, naive, in long double

Real naive_activation(HiddenActivation activation, Real x) {
  switch (activation) {
    case HiddenActivation::tanh:
      return std::tanh(x);
    case HiddenActivation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case HiddenActivation::relu:
      return x > 0 ? x : 0;
    case HiddenActivation::gelu:
      return x * (1 + std::erf(x / std::sqrt(Real{2}))) / 2;
    case HiddenActivation::identity:
      break;
  }
  return x;
}

Reals naive_logits(const Architecture& a, const Reals& parameters, const Reals& x) {
  Reals values = x;
  std::size_t weight = 0, bias = 0;
  for (std::size_t l = 0; l < a.layers(); ++l) bias += a.layer_inputs(l) * a.layer_outputs(l);
  for (std::size_t l = 0; l < a.layers(); ++l) {
    const std::size_t width = a.layer_outputs(l);
    Reals sums(parameters.begin() + static_cast<std::ptrdiff_t>(bias),
               parameters.begin() + static_cast<std::ptrdiff_t>(bias + width));
    for (const Real value : values)
      for (Real& sum : sums) sum += value * parameters[weight++];
    bias += width;
    if (l + 1 < a.layers())
      for (Real& sum : sums) sum = naive_activation(a.activation, sum);
    values = sums;
  }
  return values;
}

Reals naive_probabilities(Activation output, const Reals& z) {
  Reals p;
  Real sum = 0;
  for (const Real x : z) sum += std::exp(x);
  for (const Real x : z)
    p.push_back(output == Activation::softmax ? std::exp(x) / sum : 1 / (1 + std::exp(-x)));
  return p;
}

// One output's share of the cost. Softmax counts the terms of t only, sigmoid those of 1 - t too.
Real naive_term(Activation output, Real p, Real t, std::size_t classes, const TrainOptions& o) {
  const Real gamma = o.cost == Cost::focal ? o.focal_gamma : 0, e = o.label_smoothing;
  if (o.cost == Cost::squared_error) return (p - t) * (p - t) / 2;
  if (output == Activation::softmax)
    return (t * (1 - e) + e / static_cast<Real>(classes)) * std::pow(1 - p, gamma) * -std::log(p);
  const Real s = t * (1 - e) + e / 2;
  return s * std::pow(1 - p, gamma) * -std::log(p) +
         (1 - s) * std::pow(p, gamma) * -std::log(1 - p);
}

Real naive_cost(Activation output, const Reals& z, const RowTarget& target, const TrainOptions& o) {
  const bool raw = o.cost == Cost::squared_error && o.squared_on == SquaredOn::logits;
  const Reals p = raw ? z : naive_probabilities(output, z);
  Real sum = 0;
  for (std::size_t j = 0; j < p.size(); ++j)
    sum += (target.output_weight.empty() ? 1 : target.output_weight[j]) *
           naive_term(output, p[j], target.t[j], p.size(), o);
  return target.weight * sum;
}

// ----------------------------------------------------------------------------- made-up networks

// Multiples of 1 / 64 in [-limit, limit].
rc::Gen<double> small(double limit) {
  return rc::gen::map(rc::gen::inRange(-static_cast<int>(limit * 64), static_cast<int>(limit * 64)),
                      [](int k) { return k / 64.0; });
}

std::vector<double> some(std::size_t count, double limit) {
  return *rc::gen::container<std::vector<double>>(count, small(limit));
}

std::size_t parameter_count(const Architecture& a) {
  std::size_t count = 0;
  for (std::size_t l = 0; l < a.layers(); ++l)
    count += (a.layer_inputs(l) + 1) * a.layer_outputs(l);
  return count;
}

std::vector<double> weights(std::size_t count) {
  std::vector<double> w = some(count, 2);
  for (double& v : w) v = std::fabs(v);
  return w;
}

struct Made {
  Network<double> network{};
  std::vector<double> x{};
  RowTarget target{};
  TrainOptions options{};
};

Made make(HiddenActivation activation, Activation output, const TrainOptions& base) {
  Made made{.options = base};
  Architecture& a = made.network.architecture;
  a = {.inputs = *rc::gen::inRange<std::size_t>(1, 4), .activation = activation, .output = output};
  a.hidden = *rc::gen::container<std::vector<std::size_t>>(*rc::gen::inRange<std::size_t>(0, 3),
                                                           rc::gen::inRange<std::size_t>(1, 4));
  const std::size_t least = output == Activation::softmax ? 2 : 1;
  a.outputs = *rc::gen::inRange<std::size_t>(least, 4);
  made.network.parameters = some(parameter_count(a), 0.5);
  made.x = some(a.inputs, 1);
  const std::size_t classes = std::max<std::size_t>(a.outputs, 2);
  TrainOptions& o = made.options;
  if (o.cost == Cost::cross_entropy) o.label_smoothing = *rc::gen::element(0.0, 0.125, 1.0);
  if (*rc::gen::arbitrary<bool>()) o.class_weight = weights(classes);
  made.target = target_of_label(*rc::gen::inRange<std::size_t>(0, classes), a, o);
  if (output == Activation::sigmoid && *rc::gen::arbitrary<bool>())  // several independent labels
    made.target = {
        .t = *rc::gen::container<std::vector<double>>(a.outputs, rc::gen::element(0., 1.)),
        .output_weight = weights(a.outputs)};
  return made;
}

Reals reals(const std::vector<double>& v) { return {v.begin(), v.end()}; }

// A step over relu's corner has no slope to compare with.
bool near_a_corner(const Made& made) {
  if (made.network.architecture.activation != HiddenActivation::relu) return false;
  for (const std::vector<double>& sums : forward(made.network, made.x))
    for (const double sum : sums)
      if (std::fabs(sum) < 0x1p-8) return true;
  return false;
}

// Five points: the error is h^4 / 30 = 2^-53 times the fifth derivative (below 2^12 for sums of at
// most 6), and 1.5 / h = 2^13 times the rounding of the cost, below 2^7 units of 2^-64: 2^-41 and
// 2^-44 of the cost's size. The gradient itself, in f64, is off by less.
constexpr Real kStep = 0x1p-12;
constexpr double kTolerance = 0x1p-40;

double slope(const Made& made, std::size_t k) {
  const Architecture& a = made.network.architecture;
  Reals parameters = reals(made.network.parameters);
  const Real at = parameters[k];
  const auto value = [&](Real step) {
    parameters[k] = at + step;
    return naive_cost(a.output, naive_logits(a, parameters, reals(made.x)), made.target,
                      made.options);
  };
  return static_cast<double>(
      (8 * (value(kStep) - value(-kStep)) - (value(2 * kStep) - value(-2 * kStep))) / (12 * kStep));
}

void expect_gradient_is_the_slope(const Made& made) {
  const Architecture& a = made.network.architecture;
  const double row =
      cost(a.output, forward(made.network, made.x).back(), made.target, made.options);
  const Real naive =
      naive_cost(a.output, naive_logits(a, reals(made.network.parameters), reals(made.x)),
                 made.target, made.options);
  RC_ASSERT(std::fabs(row - static_cast<double>(naive)) <= 0x1p-44 * (1 + std::fabs(row)));
  const std::vector<double> gradient =
      row_gradient(made.network, made.x, made.target, made.options);
  RC_ASSERT(gradient.size() == made.network.parameters.size());
  for (std::size_t k = 0; k < gradient.size(); ++k)
    RC_ASSERT(std::fabs(gradient[k] - slope(made, k)) <= kTolerance * (1 + std::fabs(row)));
}

// --------------------------------------------------------------------------------- combinations

struct NamedCost {
  const char* name;
  TrainOptions options;
};

const NamedCost kCosts[] = {
    {"cross_entropy", {}},
    {"squared_error", {.cost = Cost::squared_error}},
    {"squared_error_of_logits", {.cost = Cost::squared_error, .squared_on = SquaredOn::logits}},
    {"focal_0", {.cost = Cost::focal, .focal_gamma = 0}},
    {"focal_half", {.cost = Cost::focal, .focal_gamma = 0.5}},
    {"focal_2", {.cost = Cost::focal, .focal_gamma = 2}},
};
constexpr HiddenActivation kActivations[] = {HiddenActivation::tanh, HiddenActivation::sigmoid,
                                             HiddenActivation::relu, HiddenActivation::gelu,
                                             HiddenActivation::identity};
const char* const kActivationNames[] = {"tanh", "sigmoid", "relu", "gelu", "identity"};

class ReferenceNetwork : public testing::TestWithParam<std::tuple<std::size_t, std::size_t, bool>> {
};

TEST_P(ReferenceNetwork, GradientIsTheSlopeOfTheCost) {
  const auto [which, activation, softmax_output] = GetParam();
  const Activation output = softmax_output ? Activation::softmax : Activation::sigmoid;
  EXPECT_TRUE(rc::check([&, w = which, a = activation] {
    const Made made = make(kActivations[a], output, kCosts[w].options);
    RC_PRE(!near_a_corner(made));
    expect_gradient_is_the_slope(made);
  }));
}

INSTANTIATE_TEST_SUITE_P(All, ReferenceNetwork,
                         testing::Combine(testing::Range<std::size_t>(0, std::size(kCosts)),
                                          testing::Range<std::size_t>(0, 5), testing::Bool()),
                         [](const auto& made) {
                           return std::string(kCosts[std::get<0>(made.param)].name) + "_" +
                                  kActivationNames[std::get<1>(made.param)] +
                                  (std::get<2>(made.param) ? "_softmax" : "_sigmoid");
                         });

TEST(ReferenceNetworkFormulas, DiagonalLeavesOutTheOtherOutputs) {
  const TrainOptions o{.cost = Cost::squared_error, .squared_gradient = SquaredGradient::diagonal};
  const std::vector<double> z{std::log(.2), std::log(.7), std::log(.1)};
  const std::vector<double> got = cost_gradient(Activation::softmax, z, {.t = {0, 1, 0}}, o);
  const double want[] = {.2 * .8 * .2, .7 * .3 * -.3, .1 * .9 * .1};
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(got[j], want[j], 1e-16) << j;
}

TEST(ReferenceNetworkFormulas, ExactSquaredErrorIsHalfOfBriers) {
  const TrainOptions o{.cost = Cost::squared_error};
  const std::vector<double> z{std::log(.2), std::log(.7), std::log(.1)};
  EXPECT_NEAR(cost(Activation::softmax, z, {.t = {0, 1, 0}}, o), .07, 1e-16);
  const double want[] = {.072, -.098, .026};
  const std::vector<double> got = cost_gradient(Activation::softmax, z, {.t = {0, 1, 0}}, o);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(got[j], want[j], 1e-16) << j;
}

TEST(ReferenceNetworkFormulas, DiagonalIsExactForSigmoid) {
  TrainOptions o{.cost = Cost::squared_error};
  const std::vector<double> z{-3, .5},
      exact = cost_gradient(Activation::sigmoid, z, {.t = {1, 0}}, o);
  o.squared_gradient = SquaredGradient::diagonal;
  EXPECT_EQ(cost_gradient(Activation::sigmoid, z, {.t = {1, 0}}, o), exact);
}

TEST(ReferenceNetworkFormulas, FocalGradientsKeepTheirDigitsWhereTheTruthIsNearlySure) {
  // 1 - p = e^-40: the loss is e^-120, its slope -3 e^-120, for gamma 2.
  const double want = -3 * std::exp(-120.0);
  EXPECT_NEAR(focal_slope(40, 2), want, 1e-14 * -want);
  EXPECT_NEAR(focal_gradient(std::vector<double>{40, 0}, 0, 2)[0], want, 1e-14 * -want);
  EXPECT_EQ(focal_gradient(std::vector<double>{2000, 0}, 0, 0.5)[0], 0);
}

TEST(ReferenceNetworkFormulas, TwoClassesAndOneSigmoidOutputAreOneTarget) {
  const Architecture a{.inputs = 1, .outputs = 1, .output = Activation::sigmoid};
  EXPECT_EQ(target_of_label(0, a, {}).t, std::vector<double>{0});
  EXPECT_EQ(target_of_label(1, a, {.class_weight = {2, 3}}).t, std::vector<double>{1});
  EXPECT_EQ(target_of_label(1, a, {.class_weight = {2, 3}}).weight, 3);
}

}  // namespace
}  // namespace crossent::reference
