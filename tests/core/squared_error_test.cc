#include "crossent/squared_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "crossent/cpu.h"
#include "crossent/error.h"
#include "precise/definitions.h"
#include "precise/ulp.h"

namespace crossent {
namespace {

using precise::Big;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Answer {
  Result result;
  std::vector<double> loss, gradient, hessian;
};

struct Problem {
  std::vector<double> x, t;
  std::size_t rows = 1;
  SquaredOptions options{};

  std::size_t cols() const { return x.size() / rows; }
  SquaredOutputs<double> outputs(Answer& a) const {
    a.loss.assign(rows, -1);
    a.gradient.assign(x.size(), -1);
    SquaredOutputs<double> out;
    out.loss = a.loss;
    out.gradient = matrix(a.gradient.data(), rows, cols());
    if (options.activation != Activation::softmax) {
      a.hessian.assign(x.size(), -1);
      out.hessian = matrix(a.hessian.data(), rows, cols());
    }
    return out;
  }
  Answer solve() const {
    Answer a;
    const auto out = outputs(a);
    a.result = squared_error<double>(matrix(x.data(), rows, cols()), matrix(t.data(), rows, cols()),
                                     options, out);
    return a;
  }
  Answer solve(const std::vector<int>& labels) const {
    Answer a;
    const auto out = outputs(a);
    a.result = squared_error<double>(matrix(x.data(), rows, cols()), labels, options, out);
    return a;
  }
  std::string refusal() const {
    try {
      solve();
    } catch (const ValueError& e) {
      return e.what();
    }
    return "not refused";
  }
};

SquaredOptions probabilities(Activation activation = Activation::softmax) {
  SquaredOptions o;
  o.kind = Kind::probabilities;
  o.activation = activation;
  return o;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

TEST(SquaredError, TheClassicExampleAndItsGradientThroughSoftmax) {
  Problem p{{.2, .7, .1}, {0, 1, 0}, 1, probabilities()};
  const auto a = p.solve();
  EXPECT_NEAR(a.result.sum, 0.14, 1e-16);
  const double want[] = {0.144, -0.196, 0.052};
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(a.gradient[j], want[j], 1e-16);
  p.options.mean_over_outputs = true;
  EXPECT_NEAR(p.solve().result.sum, 0.14 / 3, 1e-16);
  EXPECT_NEAR(p.solve().gradient[0], 0.048, 1e-16);
  p.options.mean_over_outputs = false;
  p.options.factor = 0.5;
  EXPECT_NEAR(p.solve().result.sum, 0.07, 1e-16);
  EXPECT_NEAR(p.solve().gradient[1], -0.098, 1e-16);
}

TEST(SquaredError, BrierScoresOfTwoPredictions) {
  const Problem p{{.1, .5, .1, .1, .2, .1, .6, .1, .1, .1}, {}, 2, probabilities()};
  const auto a = p.solve({0, 0});
  EXPECT_NEAR(a.loss[0], 1.12, 3e-16);
  EXPECT_NEAR(a.loss[1], 1.20, 3e-16);
  EXPECT_NEAR(a.result.mean, 1.16, 3e-16);
}

// Not convex: the curvature of half the error at z = -2 against 1 is negative.
TEST(SquaredError, CurvatureThroughSigmoidTurnsNegative) {
  Problem p{{-2}, {1}};
  p.options.activation = Activation::sigmoid;
  p.options.factor = 0.5;
  EXPECT_NEAR(p.solve().hessian[0], -0.0594070843, 5e-11);
  p.options.activation = Activation::identity;
  EXPECT_EQ(p.solve().loss[0], 4.5);
  EXPECT_EQ(p.solve().gradient[0], -3);
  EXPECT_EQ(p.solve().hessian[0], 1);
}

TEST(SquaredError, KeepsTheDigitsOfTinyErrors) {
  const auto soft = Problem{{40, 0}, {}}.solve({0});
  EXPECT_NEAR(soft.loss[0] / 3.6097027756908306e-35, 1, 1e-15);  // 2 sigma(-40)^2
  EXPECT_LT(soft.gradient[0], 0);
  EXPECT_EQ(soft.gradient[1], -soft.gradient[0]);
  Problem p{{40, -40}, {1, 0}};
  p.options.activation = Activation::sigmoid;
  EXPECT_NEAR(p.solve().loss[0] / 3.6097027756908306e-35, 1, 1e-15);
}

TEST(SquaredError, LabelsHaveTheBitsOfOneHotTargets) {
  for (const Activation activation :
       {Activation::softmax, Activation::sigmoid, Activation::identity}) {
    Problem p{{1, -2, 30, 4, 5, -6}, {0, 0, 1, 0, 1, 0}, 2};
    p.options.activation = activation;
    const auto one_hot = p.solve(), label = p.solve({2, 1});
    EXPECT_TRUE(same_bits(one_hot.loss, label.loss));
    EXPECT_TRUE(same_bits(one_hot.gradient, label.gradient));
    EXPECT_TRUE(same_bits(one_hot.hessian, label.hessian));
  }
}

TEST(SquaredError, InfiniteLogitsAreLimits) {
  const auto a = Problem{{kInf, 0, -kInf, 0, 0, -kInf}, {}, 2}.solve({1, 2});
  EXPECT_EQ(a.loss, (std::vector<double>{2, 1.5}));
  EXPECT_EQ(a.gradient[5], 0);
  Problem p{{kInf, -kInf, kInf}, {1, 0, 0}};
  p.options.activation = Activation::sigmoid;
  EXPECT_EQ(p.solve().loss[0], 1);
  EXPECT_EQ(p.solve().gradient, (std::vector<double>{0, 0, 0}));
}

TEST(SquaredError, NamesTheFaultAndFinishesTheOtherRows) {
  Problem p{{1, 2, kNaN, 1, 0, 0}, {0, 1, 1, 0, 0.5, 0.5}, 3};
  Answer a;
  const auto out = p.outputs(a);
  try {
    squared_error<double>(matrix<const double>(p.x.data(), 3, 2),
                          matrix<const double>(p.t.data(), 3, 2), p.options, out);
    FAIL() << "no throw";
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(), "[squared_error] x[1][0] = nan is not a number");
    EXPECT_EQ(e.row, 1);
  }
  EXPECT_EQ(a.loss[2], 0);
  EXPECT_TRUE(std::isnan(a.loss[1]) && std::isnan(a.gradient[3]));
  EXPECT_GT(a.loss[0], 0);
}

TEST(SquaredError, RefusesWhatItCannotMean) {
  const auto says = [](const Problem& p, const std::string& words) {
    EXPECT_NE(p.refusal().find(words), std::string::npos) << p.refusal();
  };
  says({{1, 2}, {0, 2}}, "target[0][1] = 2 is outside [0, 1]");
  says({{kInf, kInf}, {0, 1}}, "only +inf");
  says({{-kInf, -kInf}, {0, 1}}, "no class left");
  says({{.775, .126, .039, .070}, {1, 0, 0, 0}, 1, probabilities()}, "= 1.01 is the row's sum");
  says({{3, -2}, {1, 0}, 1, probabilities()}, "looks like logits");
  says({{.5, .9}, {1, 0}, 1, probabilities(Activation::sigmoid)}, "not refused");
  const std::vector<double> x = {1, 2};
  EXPECT_THROW(squared_error<double>(matrix(x.data(), 1, 2), std::vector<int>{2}), ValueError);
  EXPECT_THROW(squared_error<double>(matrix(x.data(), 1, 2), matrix(x.data(), 2, 1)), ValueError);
}

TEST(SquaredError, IgnoredRowsAreNotRead) {
  Problem p{{1, 2, kNaN, kNaN, 3, 1}, {}, 3};
  p.options.ignore_index = -100;
  const auto a = p.solve({1, -100, 0});
  EXPECT_EQ(a.result.rows, 2);
  EXPECT_EQ(a.result.ignored, 1);
  EXPECT_EQ(a.loss[1], 0);
  EXPECT_EQ(a.gradient[2], 0);
  EXPECT_FALSE(std::signbit(a.gradient[3]));
  EXPECT_EQ(a.result.mean, (a.loss[0] + a.loss[2]) / 2);
}

TEST(SquaredError, WeightsAndDivisors) {
  Problem p{{0, 0, 1, 0}, {}, 2};
  const std::vector<double> weight = {3, 1};
  p.options.row_weight = weight;
  p.options.divisor = Divisor::total_weight;
  const auto a = p.solve({0, 0});
  EXPECT_EQ(a.loss[0], 1.5);
  EXPECT_EQ(a.result.divisor, 4);
  EXPECT_EQ(a.result.mean, a.result.sum / 4);
}

// Random rows of several sizes: labels and soft targets, spread and nearly certain.
TEST(SquaredError, IsWithinUlpsOfTheDefinition) {
  std::mt19937_64 rng(11);
  std::normal_distribution<double> normal(0, 1);
  std::uniform_real_distribution<double> unit(0, 1);
  for (const std::size_t n : {1, 2, 3, 17, 200})
    for (const double scale : {0.1, 1.0, 10.0, 100.0})
      for (int repeat = 0; repeat < 6; ++repeat) {
        Problem p{std::vector<double>(n), std::vector<double>(n)};
        for (double& x : p.x) x = normal(rng) * scale;
        const bool hard = repeat % 2 == 0;
        const auto y = static_cast<std::size_t>(rng() % n);
        for (std::size_t j = 0; j < n; ++j) p.t[j] = hard ? j == y : unit(rng) / double(n);
        const auto a = p.solve();
        const auto exact = precise::solve_squared_softmax<Big>(p.x, p.t);
        ASSERT_LE(precise::relative_ulps(a.loss[0], exact.loss, 53), 8) << n << " " << scale;
        for (std::size_t j = 0; j < n; ++j) {
          const double largest = to_double(exact.scale[j]);
          if (largest < 0x1p-1000) continue;
          ASSERT_LE(precise::element_ulps(a.gradient[j], exact.gradient[j], 53, largest), 8)
              << n << " " << scale << " " << j;
        }
        p.options.activation = Activation::sigmoid;
        const auto s = p.solve();
        for (std::size_t j = 0; j < n; ++j) {
          const auto one = precise::solve_squared_sigmoid<Big>(p.x[j], p.t[j]);
          ASSERT_LE(
              precise::element_ulps(s.gradient[j], one.gradient[0], 53, to_double(one.scale[0])), 8)
              << p.x[j] << " " << p.t[j];
        }
      }
}

TEST(SquaredError, DerivativesAreDifferencesOfTheLoss) {
  for (const Activation activation : {Activation::softmax, Activation::sigmoid}) {
    Problem p{{0.3, -1.2, 2.5, 0.1}, {0.1, 0.6, 0.25, 0.05}};
    p.options.activation = activation;
    p.options.factor = 1.75;
    const auto a = p.solve();
    for (std::size_t j = 0; j < 4; ++j) {
      const double h = 0x1p-14;
      Problem up = p, down = p;
      up.x[j] += h;
      down.x[j] -= h;
      const auto high = up.solve(), low = down.solve();
      // Truncation h^2/6 times a third derivative below 10.
      EXPECT_NEAR(a.gradient[j], (high.loss[0] - low.loss[0]) / (2 * h), 1e-8);
      if (activation == Activation::softmax) continue;
      EXPECT_NEAR(a.hessian[j], (high.gradient[j] - low.gradient[j]) / (2 * h), 1e-7);
    }
  }
}

TEST(SquaredError, ShortTypesInPlaceAndStridesGiveTheSameNumbers) {
  std::vector<float> x = {1,  2,   3, INFINITY,
                          -1, 0.5, 4, -9};  // rows of 3 with a gap that is not seen
  const std::vector<float> t = {0, 1, 0, 0.5, 0.25, 0.25};
  Problem p{{1, 2, 3, -1, 0.5, 4}, {0, 1, 0, 0.5, 0.25, 0.25}, 2};
  const auto want = p.solve();
  SquaredOutputs<float> out;
  out.gradient = {x.data(), 2, 3, 4, 1};
  const Result r = squared_error<float>({x.data(), 2, 3, 4, 1}, matrix(t.data(), 2, 3), {}, out);
  EXPECT_EQ(r.mean, want.result.mean);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      EXPECT_EQ(x[4 * i + j], static_cast<float>(want.gradient[3 * i + j]));
  EXPECT_EQ(x[3], INFINITY);
}

TEST(SquaredError, ThreadsAndTargetsChangeNoBit) {
  std::mt19937_64 rng(12);
  std::normal_distribution<double> normal(0, 3);
  Problem p{std::vector<double>(20000 * 5), {}, 20000};
  std::vector<int> labels;
  for (double& x : p.x) x = normal(rng);
  for (std::size_t i = 0; i < p.rows; ++i) labels.push_back(static_cast<int>(rng() % 5));
  p.options.threads = 1;
  const auto want = p.solve(labels);
  for (const int threads : {2, 3, 7}) {
    p.options.threads = threads;
    const auto a = p.solve(labels);
    EXPECT_EQ(a.result.sum, want.result.sum);
    EXPECT_TRUE(same_bits(a.gradient, want.gradient));
  }
  const auto targets = simd_targets();
  if (std::count(targets.begin(), targets.end(), "AVX3") == 0) GTEST_SKIP() << "no AVX-512 here";
  set_simd_target("AVX2");
  EXPECT_TRUE(same_bits(p.solve(labels).gradient, want.gradient));
  set_simd_target("");
}

}  // namespace
}  // namespace crossent
