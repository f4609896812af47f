#include "crossent/binary_cross_entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "core/binary_tools.h"
#include "crossent/error.h"
#include "precise/fixtures.h"

namespace crossent {
namespace {

TEST(BinaryCrossEntropy, KeepsTheDigitsOfTinyLosses) {
  const auto a = Problem<>{{40, -40}, {1, 0}}.solve();
  EXPECT_EQ(a.loss[0], 4.248354255291589e-18);
  EXPECT_EQ(a.loss[1], 4.248354255291589e-18);
  EXPECT_LT(relative(a.gradient[0], -4.248354255291589e-18 / 2), 1e-15);
  EXPECT_EQ(a.gradient[1], -a.gradient[0]);
  EXPECT_LT(relative(a.hessian[0], 4.248354255291589e-18 / 2), 1e-15);
}

TEST(BinaryCrossEntropy, KnownValues) {
  const auto one = [](double x, double t, BinaryOptions o = {}) {
    return Problem<>{{x}, {t}, 1, o}.solve();
  };
  EXPECT_EQ(one(0, 1).loss[0], std::log(2.0));
  EXPECT_EQ(one(1000, 0).loss[0], 1000);
  EXPECT_EQ(one(-800, 1).gradient[0], -1);
  EXPECT_EQ(one(-800, 1).hessian[0], 0);
  BinaryOptions weighted;
  const std::vector<double> three = {3};
  weighted.pos_weight = three;
  EXPECT_LT(relative(one(-2, 0.5, weighted).loss[0], 3.253856022085945), 4e-16);
  EXPECT_LT(relative(one(-2, 1, weighted).gradient[0], -2.6423912339336475), 4e-16);
  const auto half = Problem<float>{{17}, {0}}.solve();
  EXPECT_LT(relative(half.loss[0], 17.000000041399375), 4 * 0x1p-23);
}

TEST(BinaryCrossEntropy, InfiniteLogitsAreLimits) {
  const auto a = Problem<>{{kInf, kInf, -kInf, -kInf, 0}, {1, 0, 1, 0, 1}}.solve();
  EXPECT_EQ(a.loss, (std::vector<double>{0, kInf, kInf, 0, std::log(2.0)}));
  EXPECT_EQ(a.gradient, (std::vector<double>{0, 0.2, -0.2, 0, -0.1}));
  EXPECT_EQ(a.result.infinite, 2);
  EXPECT_EQ(a.result.first_infinite, 1);
  EXPECT_EQ(a.result.sum, kInf);
  EXPECT_EQ(a.result.mean, kInf);
}

TEST(BinaryCrossEntropy, ProbabilitiesAreNotClamped) {
  Problem<> p{{0, 1, 1, 1e-50, 1e-17, 0.5, 0}, {1, 0, 1, 1, 0, 0.5, 0}};
  p.options.kind = Kind::probabilities;
  p.options.reduction = Reduction::none;
  const auto a = p.solve();
  const std::vector<double> want = {kInf, kInf, 0, 115.12925464970229, 1e-17, std::log(2.0), 0};
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_DOUBLE_EQ(a.loss[i], want[i]);
  EXPECT_EQ(a.gradient, (std::vector<double>{-kInf, kInf, -1, -1 / 1e-50, 1, 0, 1}));
  EXPECT_EQ(a.result.infinite, 2);
  EXPECT_EQ(a.result.clipped, 0);
}

// 1 / p and 1 / p^2 are infinite, t / p and t / p^2 are not.
TEST(BinaryCrossEntropy, DerivativesOfTinyProbabilitiesAreFinite) {
  Problem<> p{{1e-309, 5e-155}, {0x1p-8, 0x1p-2}};
  p.options.kind = Kind::probabilities;
  p.options.reduction = Reduction::none;
  const auto a = p.solve();
  EXPECT_LT(relative(a.gradient[0], -0x1p-8 / 1e-309), 1e-15);
  EXPECT_LT(relative(a.hessian[1], 1e308), 1e-15);
}

TEST(BinaryCrossEntropy, ClippingIsCounted) {
  Problem<> p{{0, 1, 0.5, 1e-9}, {1, 1, 1, 0}};
  p.options.kind = Kind::probabilities;
  p.options.clip = 1e-7;
  const auto a = p.solve();
  EXPECT_EQ(a.result.clipped, 3);
  EXPECT_EQ(a.result.infinite, 0);
  EXPECT_LT(relative(a.loss[0], -std::log(1e-7)), 4e-16);
  EXPECT_LT(relative(a.loss[3], 1.00000005e-7), 1e-8);
}

TEST(BinaryCrossEntropy, MeansDivideByWhatTheCallerChose) {
  const std::vector<double> weight = {3, 1}, zero = {3, 0};
  Problem<> p{{0, 2}, {1, 1}};
  p.options.weight = weight;
  EXPECT_LT(relative(p.solve().result.mean, 1.1031847763614042), 4e-16);
  p.options.weight = zero;
  p.options.divisor = Divisor::total_weight;
  EXPECT_EQ(p.solve().result.mean, std::log(2.0));
  p.options.divisor = Divisor::given;
  p.options.given_divisor = 6;
  EXPECT_LT(relative(p.solve().result.mean, std::log(2.0) / 2), 4e-16);
  EXPECT_EQ(p.solve().result.divisor, 6);
  EXPECT_EQ(p.solve().gradient[0], -0.25);
}

TEST(BinaryCrossEntropy, EmptyInputHasNoMean) {
  const Result r = Problem<>{{}, {}}.solve().result;
  EXPECT_TRUE(std::isnan(r.mean));
  EXPECT_EQ(r.sum, 0);
  EXPECT_EQ(r.rows, 0);
}

TEST(BinaryCrossEntropy, AWeightOfZeroAsksNothing) {
  const std::vector<double> zero = {0};
  Problem<> p{{-kInf, 1}, {1, 0}, 2};
  p.options.row_weight = zero;
  const auto a = p.solve();
  EXPECT_EQ(a.loss, (std::vector<double>{0, 0}));
  EXPECT_EQ(a.result.infinite, 0);
}

TEST(BinaryCrossEntropy, NamesTheFirstBadValueAndFinishesTheRest) {
  Problem<> p{{0, kNaN, 1, kNaN}, {1, 1, 0, 1}, 2};
  Answer<double> a;
  const auto out = p.outputs(a);
  try {
    binary_cross_entropy<double>(matrix<const double>(p.x.data(), 2, 2),
                                 matrix<const double>(p.t.data(), 2, 2), p.options, out);
    FAIL() << "no throw";
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(), "[binary_cross_entropy] x[0][1] = nan is not a number");
    EXPECT_EQ(e.argument, "x");
    EXPECT_EQ(e.row, 0);
    EXPECT_EQ(e.column, 1);
  }
  EXPECT_EQ(a.loss[0], std::log(2.0));
  EXPECT_TRUE(std::isnan(a.loss[1]) && std::isnan(a.gradient[1]) && std::isnan(a.hessian[3]));
  EXPECT_EQ(a.gradient[0], -0.125);
  p.options.checks = Checks::off;
  EXPECT_TRUE(std::isnan(p.solve().result.sum));
}

TEST(BinaryCrossEntropy, RefusesWhatItCannotMean) {
  EXPECT_NE((Problem<>{{3}, {-1}}.refusal()).find("target[0][0] = -1 is outside [0, 1]"),
            std::string::npos);
  EXPECT_NE((Problem<>{{3}, {kNaN}}.refusal()).find("target[0][0] = nan"), std::string::npos);
  Problem<> p{{0.5, 1.1}, {1, 0}};
  p.options.kind = Kind::probabilities;
  EXPECT_NE(p.refusal().find("x[1][0] = 1.1 is outside [0, 1] (looks like logits"),
            std::string::npos);
  p.options.kind = Kind::log_probabilities;
  EXPECT_NE(p.refusal().find("log_probabilities"), std::string::npos);
  const std::vector<double> negative = {1, -1}, three = {1, 1, 1};
  Problem<> w{{0, 1}, {0, 1}};
  w.options.weight = negative;
  EXPECT_NE(w.refusal().find("weight[1] = -1"), std::string::npos);
  w.options.weight = three;
  EXPECT_NE(w.refusal().find("weight has 3"), std::string::npos);
  Problem<> s{{0, 1}, {0, 1}};
  s.options.label_smoothing = kNaN;
  EXPECT_NE(s.refusal().find("label_smoothing"), std::string::npos);
  s.options.label_smoothing = 0;
  s.options.clip = 0.1;
  EXPECT_NE(s.refusal().find("clip applies to probabilities"), std::string::npos);
}

TEST(BinaryCrossEntropy, NeverBroadcasts) {
  const std::vector<double> x = {1, 2}, t = {1, 0};
  try {
    binary_cross_entropy<double>(matrix(x.data(), 2, 1), matrix(t.data(), 1, 2));
    FAIL() << "no throw";
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(),
                 "[binary_cross_entropy] target is 1 x 2, but x is 2 x 1 (nothing is broadcast)");
  }
}

TEST(BinaryCrossEntropy, IntegerLabelsGiveTheBitsOfTargets) {
  std::mt19937 rng(1);
  std::normal_distribution<double> normal(0, 20);
  Problem<> p;
  std::vector<std::uint8_t> y;
  for (int i = 0; i < 1000; ++i) {
    p.x.push_back(normal(rng));
    y.push_back(rng() & 1);
    p.t.push_back(y.back());
  }
  const auto want = p.solve();
  Answer<double> a;
  const auto out = p.outputs(a);
  a.result = binary_cross_entropy<double>(matrix<const double>(p.x.data(), 1000, 1), y, {}, out);
  EXPECT_TRUE(same_bits(a, want));
}

TEST(BinaryCrossEntropy, RefusesOtherLabelsBeforeWriting) {
  const std::vector<double> x = {1, 2, 3};
  const std::vector<int> y = {1, -1, 5};
  std::vector<double> loss(3, 7);
  BinaryOutputs<double> out;
  out.loss = loss;
  BinaryOptions options;
  options.ignore_index = 5;
  try {
    binary_cross_entropy<double>(matrix(x.data(), 3, 1), y, options, out);
    FAIL() << "no throw";
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find("label[1] = -1 is neither 0 nor 1"), std::string::npos);
    EXPECT_EQ(e.row, 1);
  }
  EXPECT_EQ(loss, (std::vector<double>{7, 7, 7}));
}

TEST(BinaryCrossEntropy, IgnoredElementsAreNotRead) {
  Problem<> p{{1, kNaN, 2, kNaN, kNaN, 3}, {1, kNaN, 0, 9, 1, 1}, 2};
  const std::vector<std::uint8_t> rows = {1, 1, 0}, elements = {1, 0, 1, 0, 1, 1};
  p.options.row_mask = rows;
  p.options.element_mask = matrix(elements.data(), 3, 2);
  p.upstream = {-1};
  const auto a = p.solve();
  EXPECT_EQ(a.result.rows, 2);
  EXPECT_EQ(a.result.ignored, 4);
  EXPECT_EQ(a.result.divisor, 2);
  for (const std::size_t i : {1, 3, 4, 5}) {
    EXPECT_EQ(a.loss[i], 0);
    EXPECT_EQ(a.gradient[i], 0);
    EXPECT_FALSE(std::signbit(a.gradient[i]));
  }
  const auto alone = Problem<>{{1, 2}, {1, 0}, 1, {}, {-1}}.solve();
  EXPECT_EQ(a.gradient[0], alone.gradient[0]);
  EXPECT_EQ(a.result.mean, alone.result.mean);
}

TEST(BinaryCrossEntropy, SmoothingKeepsSmallTerms) {
  Problem<> p{{40}, {1}};
  p.options.label_smoothing = 1e-10;
  // 5e-11 * 40 + softplus(-40)
  EXPECT_LT(relative(p.solve().loss[0], 2.000000004248354e-9), 4e-16);
}

TEST(BinaryCrossEntropy, DerivativesAreNeverSubnormal) {
  Problem<> p{{-700, 700, -720}, {0, 1, 0}};
  p.options.divisor = Divisor::given;
  p.options.given_divisor = 1e10;
  const auto a = p.solve();
  for (const double g : a.gradient) EXPECT_TRUE(g == 0 && !std::signbit(g)) << g;
  for (const double h : a.hessian) EXPECT_EQ(h, 0);
  const auto f = Problem<float>{{-88, 88}, {0, 1}}.solve();  // 6e-39 / 2
  for (const float g : f.gradient) EXPECT_TRUE(g == 0 && !std::signbit(g)) << g;
}

#if defined(__SSE2__)
TEST(BinaryCrossEntropy, DerivativesDoNotDependOnFlushToZero) {
  Problem<> p{{-700, -709, -720, -744, 3}, {0, 0, 0, 0, 1}};
  p.options.divisor = Divisor::given;
  p.options.given_divisor = 1e-20;  // lifts what would be subnormal
  const auto want = p.solve();
  const auto flushed = [&] {
    const precise::FlushToZero mode;
    return p.solve();
  }();
  EXPECT_TRUE(same_bits(flushed.gradient, want.gradient));
  EXPECT_TRUE(same_bits(flushed.hessian, want.hessian));
}
#endif

TEST(BinaryCrossEntropy, InPlaceGradientHasTheSameBits) {
  Problem<> p;
  p.cols = 7;
  std::mt19937 rng(2);
  std::normal_distribution<double> normal(0, 5);
  for (int i = 0; i < 7 * 100; ++i) {
    p.x.push_back(normal(rng));
    p.t.push_back(static_cast<double>(rng() % 5) / 4);
  }
  const auto want = p.solve();
  std::vector<double> x = p.x;
  BinaryOutputs<double> out;
  out.gradient = matrix(x.data(), 100, 7);
  binary_cross_entropy<double>(matrix<const double>(x.data(), 100, 7),
                               matrix<const double>(p.t.data(), 100, 7), {}, out);
  EXPECT_TRUE(same_bits(x, want.gradient));
  out.gradient = {x.data() + 1, 99, 7, 7, 1};
  EXPECT_THROW(binary_cross_entropy<double>(matrix<const double>(x.data(), 99, 7),
                                            matrix<const double>(p.t.data(), 99, 7), {}, out),
               ValueError);
}

TEST(BinaryCrossEntropy, NeutralOptionsChangeNoBit) {
  Problem<> p{{}, {}, 4};
  std::mt19937 rng(3);
  std::normal_distribution<double> normal(0, 10);
  for (int i = 0; i < 4 * 300; ++i) {
    p.x.push_back(normal(rng));
    p.t.push_back(static_cast<double>(rng() % 3) / 2);
  }
  const auto want = p.solve();
  const std::vector<double> ones(1200, 1);
  const std::vector<std::uint8_t> keep(1200, 1);
  p.options.weight = ones;
  p.options.class_weight = RealSpan(ones.data(), 4);
  p.options.row_weight = RealSpan(ones.data(), 300);
  p.options.pos_weight = RealSpan(ones.data(), 4);
  p.options.row_mask = std::span(keep).first(300);
  p.options.element_mask = matrix(keep.data(), 300, 4);
  p.upstream = {1};
  EXPECT_TRUE(same_bits(p.solve(), want));
  p.options.precision = Precision::f64;
  p.options.checks = Checks::off;
  EXPECT_TRUE(same_bits(p.solve(), want));
}

TEST(BinaryCrossEntropy, StridesAndOrderOfWeightsAreRespected) {
  // x is stored column by column with a gap that no result may see.
  const std::size_t rows = 137, cols = 5, gap = rows + 3;  // blocks begin within a row
  std::vector<double> stored(gap * cols, kNaN), weight, class_weight, row_weight, upstream;
  Problem<> p{{}, {}, cols};
  std::mt19937 rng(4);
  std::uniform_real_distribution<double> unit(0, 1);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < cols; ++j) {
      p.x.push_back(stored[j * gap + i] = 20 * unit(rng) - 10);
      p.t.push_back(unit(rng));
      weight.push_back(unit(rng));
      upstream.push_back(unit(rng));
    }
  for (std::size_t j = 0; j < cols; ++j) class_weight.push_back(unit(rng));
  for (std::size_t i = 0; i < rows; ++i) row_weight.push_back(unit(rng));
  p.options.weight = weight;
  p.options.class_weight = class_weight;
  p.options.row_weight = row_weight;
  p.options.reduction = Reduction::sum;
  p.upstream = upstream;
  const auto want = p.solve();
  Answer<double> a;
  const auto out = p.outputs(a);
  const MatrixView<const double> x{stored.data(), rows, cols, 1, static_cast<std::ptrdiff_t>(gap)};
  a.result =
      binary_cross_entropy<double>(x, matrix<const double>(p.t.data(), rows, cols), p.options, out);
  EXPECT_TRUE(same_bits(a, want));
  for (const std::size_t k : {0, 11, 684}) {
    const double w = weight[k] * class_weight[k % cols] * row_weight[k / cols];
    const auto exact = precise::solve_binary<Big>(p.x[k], p.t[k], 1, 1);
    EXPECT_LT(relative(a.loss[k], w * to_double(exact.loss)), 2e-15);
    EXPECT_LT(relative(a.gradient[k], upstream[k] * w * to_double(exact.gradient)), 2e-14);
  }
}

}  // namespace
}  // namespace crossent
