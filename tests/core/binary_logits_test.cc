// Binary cross-entropy of f32 logits: computed in f32, but where f32 is not enough.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/binary_tools.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cpu.h"
#include "precise/fixtures.h"

namespace crossent {
namespace {

// Logits of sd 20 (some beyond what f32 takes), hard and soft targets; 2 columns.
Problem<float> mixed_problem(std::size_t rows) {
  std::mt19937_64 rng(11);
  std::normal_distribution<float> normal(0, 20);
  Problem<float> p{{}, {}, 2};
  for (std::size_t i = 0; i < 2 * rows; ++i) {
    p.x.push_back(normal(rng));
    p.t.push_back(static_cast<float>(rng() % 3 == 0 ? rng() % 257 : 256 * (rng() % 2)) / 256);
  }
  return p;
}

// Every number of elements around groups and blocks: the same bits as alone.
TEST(BinaryLogits, AnElementDoesNotDependOnItsPlace) {
  const Problem<float> all = mixed_problem(1030);
  for (const std::size_t n : {1, 2, 15, 16, 17, 31, 33, 1023, 1024, 1025, 2048, 2060}) {
    Problem<float> p{{all.x.begin(), all.x.begin() + static_cast<std::ptrdiff_t>(n)},
                     {all.t.begin(), all.t.begin() + static_cast<std::ptrdiff_t>(n)}};
    p.options.reduction = Reduction::sum;
    const auto a = p.solve();
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      Problem<float> one{{p.x[i]}, {p.t[i]}, 1, p.options};
      const auto alone = one.solve();
      ASSERT_EQ(a.loss[i], alone.loss[0]) << n << " " << i;
      ASSERT_EQ(a.gradient[i], alone.gradient[0]) << n << " " << i;
      ASSERT_EQ(a.hessian[i], alone.hessian[0]) << n << " " << i;
      sum += alone.loss[0];
    }
    EXPECT_LT(relative(a.result.sum, sum), 1e-12) << n;
  }
}

TEST(BinaryLogits, NeutralOptionsChangeNoBit) {
  Problem<float> p = mixed_problem(1500);
  const auto want = p.solve();
  const std::vector<double> ones(3000, 1);
  p.options.weight = ones;
  p.options.class_weight = RealSpan(ones.data(), 2);
  p.options.pos_weight = RealSpan(ones.data(), 2);
  p.upstream = {1};
  EXPECT_TRUE(same_bits(p.solve(), want));
}

TEST(BinaryLogits, LossWithoutDerivativesHasTheSameBits) {
  const Problem<float> p = mixed_problem(1024);
  const auto want = p.solve();
  std::vector<double> loss(2048);
  BinaryOutputs<float> out;
  out.loss = loss;
  const auto x = matrix(p.x.data(), 1024, 2), t = matrix(p.t.data(), 1024, 2);
  const Result r = binary_cross_entropy<float>(x, t, {}, out);
  EXPECT_TRUE(same_bits(loss, want.loss));
  EXPECT_EQ(r.sum, want.result.sum);
}

TEST(BinaryLogits, TinyAndLargeLossesKeepTheirDigits) {
  const auto a =
      Problem<float>{{-47.9F, -48.1F, -90, -700, 48, 90, 3e38F}, {0, 0, 0, 0, 0, 0, 0}}.solve();
  const auto limit = 4 * 0x1p-23;
  for (const std::size_t i : {0, 1, 2, 3}) {
    const double x = std::vector<float>{-47.9F, -48.1F, -90, -700}[i];
    EXPECT_LT(relative(a.loss[i], std::exp(x)), limit) << x;
  }
  EXPECT_EQ(a.loss[4], 48);
  EXPECT_EQ(a.loss[5], 90);
  EXPECT_EQ(a.loss[6], double{3e38F});
}

// Losses with a loss scale: gradients below e^-88 times it are normal numbers.
TEST(BinaryLogits, AnUpstreamLiftsTinyGradients) {
  Problem<float> p{{-90, -95}, {0, 0}};
  p.options.reduction = Reduction::sum;
  p.upstream = {65536};
  const auto a = p.solve();
  EXPECT_LT(relative(a.gradient[0], 65536 * std::exp(-90.0)), 8 * 0x1p-23);
  EXPECT_LT(relative(a.gradient[1], 65536 * std::exp(-95.0)), 8 * 0x1p-23);
}

TEST(BinaryLogits, FactorsBeyondF32AreTakenInF64) {
  const std::vector<double> large = {1e60}, small = {1e-60};
  Problem<float> p{{1, 2}, {1, 1}};
  p.options.reduction = Reduction::sum;
  const double want = std::log1p(std::exp(-1.0));
  p.options.pos_weight = large;
  EXPECT_LT(relative(p.solve().loss[0], 1e60 * want), 1e-15);
  p.upstream = small;
  EXPECT_LT(relative(p.solve().gradient[1], -1 / (1 + std::exp(2.0))), 8 * 0x1p-23);
  const std::vector<double> moderate = {1e15}, tiny = {1e-45}, largest = {1.7e308};
  p.options.pos_weight = moderate;
  p.upstream = tiny;
  EXPECT_LT(relative(p.solve().gradient[1], -1e-30 / (1 + std::exp(2.0))), 8 * 0x1p-23);
  p.upstream = {};
  p.options.pos_weight = {};
  p.t[0] = 0;
  p.options.weight = largest;
  p.upstream = {1e-300};
  EXPECT_EQ(p.solve().result.infinite, 1);
  p.t[0] = 1;
  p.options.weight = large;
  EXPECT_LT(relative(p.solve().loss[0], 1e60 * want), 1e-15);
  p.upstream = small;
  EXPECT_LT(relative(p.solve().gradient[1], -1 / (1 + std::exp(2.0))), 8 * 0x1p-23);
}

TEST(BinaryLogits, GradientInPlaceReadsFarLogitsFirst) {
  const Problem<float> p = mixed_problem(512);
  const auto want = p.solve();
  std::vector<float> x = p.x;
  BinaryOutputs<float> out;
  out.gradient = matrix(x.data(), 512, 2);
  binary_cross_entropy<float>(matrix<const float>(x.data(), 512, 2), matrix(p.t.data(), 512, 2), {},
                              out);
  EXPECT_TRUE(same_bits(x, want.gradient));
}

TEST(BinaryLogits, StridesChangeNoBit) {
  const std::size_t rows = 700, gap = rows + 1;
  const Problem<float> p = mixed_problem(rows);
  const auto want = p.solve();
  std::vector<float> stored(2 * gap, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < 2 * rows; ++i) stored[i % 2 * gap + i / 2] = p.x[i];
  Answer<float> a;
  const auto out = p.outputs(a);
  const MatrixView<const float> x{stored.data(), rows, 2, 1, static_cast<std::ptrdiff_t>(gap)};
  a.result = binary_cross_entropy<float>(x, matrix(p.t.data(), rows, 2), p.options, out);
  EXPECT_TRUE(same_bits(a, want));
}

template <class I>
void expect_labels_like_targets(std::size_t stride) {
  Problem<float> p = mixed_problem(1024);
  p.cols = 1;
  std::vector<I> label(p.t.size() * stride, 7);
  for (std::size_t i = 0; i < p.t.size(); ++i) {
    p.t[i] = static_cast<float>(i % 3 == 0);
    label[i * stride] = static_cast<I>(i % 3 == 0);
  }
  const auto want = p.solve();
  Answer<float> a;
  const auto out = p.outputs(a);
  const auto x = matrix(p.x.data(), p.x.size(), 1);
  const auto step = static_cast<std::ptrdiff_t>(stride);
  a.result = binary_cross_entropy<float>(x, Labels(label.data(), p.t.size(), step), {}, out);
  EXPECT_TRUE(same_bits(a, want));
  label[1500 * stride] = 2;
  try {
    binary_cross_entropy<float>(x, Labels(label.data(), p.t.size(), step), {}, out);
    FAIL() << "no throw";
  } catch (const ValueError& e) {
    EXPECT_EQ(e.row, 1500);
  }
}

TEST(BinaryLogits, LabelsOfEveryWidthGiveTheBitsOfTargets) {
  for (const std::size_t stride : {1, 3}) {
    expect_labels_like_targets<std::int8_t>(stride);
    expect_labels_like_targets<std::uint16_t>(stride);
    expect_labels_like_targets<std::int32_t>(stride);
    expect_labels_like_targets<std::uint64_t>(stride);
  }
}

TEST(BinaryLogits, BadValuesAreNamedAndTheRestIsRight) {
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  Problem<float> p{std::vector<float>(64, 1), std::vector<float>(64, 1)};
  p.t[40] = -0x1p-140F;
  EXPECT_NE(p.refusal().find("target[40][0]"), std::string::npos);
  p.t[33] = 1 + 0x1p-23F;
  EXPECT_NE(p.refusal().find("target[33][0]"), std::string::npos);
  p.x[7] = nan;
  EXPECT_NE(p.refusal().find("x[7][0] = nan"), std::string::npos);
  p.options.checks = Checks::off;
  const auto a = p.solve();
  EXPECT_TRUE(std::isnan(a.loss[7]));
  EXPECT_TRUE(std::isnan(a.gradient[7]));
  EXPECT_LT(relative(a.loss[6], std::log1p(std::exp(-1.0))), 4 * 0x1p-23);
}

// Whatever the vectors take for the sign of -0.
TEST(BinaryLogits, MinusZeroIsZeroOnEveryTarget) {
  for (const std::string& target : simd_targets()) {
    set_simd_target(target);
    const auto a =
        Problem<float>{std::vector<float>(16, -0.0F), std::vector<float>(16, 0.25F)}.solve();
    for (const float g : a.gradient) EXPECT_EQ(g, 0.25F / 16) << target;
  }
  set_simd_target("");
}

// sigma(x) rounds to 1/2, the target: the slopes cancel.
TEST(BinaryLogits, AGradientOfZeroIsPositive) {
  const auto a =
      Problem<float>{std::vector<float>(16, -1e-30F), std::vector<float>(16, 0.5F)}.solve();
  for (const float g : a.gradient) EXPECT_TRUE(g == 0 && !std::signbit(g));
}

TEST(BinaryLogits, PrecisionF64GivesTheBitsOfF64Input) {
  Problem<float> p = mixed_problem(300);
  p.options.precision = Precision::f64;
  const auto a = p.solve();
  const Problem<> wide{{p.x.begin(), p.x.end()}, {p.t.begin(), p.t.end()}, 2};
  EXPECT_TRUE(same_bits(a.loss, wide.solve().loss));
}

TEST(BinaryLogits, ThreadsChangeNoBit) {
  Problem<float> p = mixed_problem(30000);
  p.options.threads = 1;
  const auto want = p.solve();
  for (const int threads : {2, 3, 7}) {
    p.options.threads = threads;
    EXPECT_TRUE(same_bits(p.solve(), want)) << threads;
  }
}

TEST(BinaryLogits, Avx2AndAvx512HaveTheSameBits) {
  const auto targets = simd_targets();
  if (std::count(targets.begin(), targets.end(), "AVX3") == 0) GTEST_SKIP() << "no AVX-512 here";
  const Problem<float> p = mixed_problem(20000);
  set_simd_target("AVX3");
  const auto wide = p.solve();
  set_simd_target("AVX2");
  EXPECT_TRUE(same_bits(p.solve(), wide));
  set_simd_target("");
}

#if defined(__SSE2__)
TEST(BinaryLogits, BitsDoNotDependOnFlushToZero) {
  Problem<float> p = mixed_problem(3000);
  p.options.divisor = Divisor::given;
  p.x[0] = -47.9F;  // e^-47.9 / 1e18 is below the normal range, e^-47.9 above the far logits
  p.t[0] = 0;
  for (const double divisor : {1.0, 1e9, 1e18, 1e30}) {
    p.options.given_divisor = divisor;
    const auto want = p.solve();
    for (const float g : want.gradient) EXPECT_TRUE(g == 0 || std::fabs(g) >= 0x1p-126F);
    const auto flushed = [&] {
      const precise::FlushToZero mode;
      return p.solve();
    }();
    EXPECT_TRUE(same_bits(flushed, want)) << divisor;
  }
}
#endif

}  // namespace
}  // namespace crossent
