// Binary cross-entropy on every SIMD target: accuracy, tails, sums, the same bits.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "core/binary_tools.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cpu.h"
#include "hwy/tests/hwy_gtest.h"

namespace crossent {
namespace {

class BinaryTargets : public hwy::TestWithParamTarget {};
HWY_TARGET_INSTANTIATE_TEST_SUITE_P(BinaryTargets);

// Targets 0, 1 and soft ones, logits of every size: N1 and N2 of docs/accuracy.md.
TEST_P(BinaryTargets, LogitsAreWithinTheContract) {
  std::mt19937_64 rng(5);
  std::normal_distribution<double> normal(0, 1);
  std::uniform_real_distribution<double> unit(0, 1);
  Problem<> p;
  p.options.reduction = Reduction::sum;
  for (int i = 0; i < 6000; ++i) {
    const double scale[] = {1e-8, 1, 10, 200, 1e5};
    p.x.push_back(normal(rng) * scale[i % 5]);
    p.t.push_back(i % 3 == 2 ? unit(rng) : i % 3);
  }
  const auto a = p.solve();
  Big sum = 0;
  for (std::size_t i = 0; i < p.x.size(); ++i) {
    const auto exact = precise::solve_binary<Big>(p.x[i], p.t[i], 1, 1);
    sum += Big(a.loss[i]);
    const bool hard = p.t[i] == 0 || p.t[i] == 1;
    ASSERT_LE(precise::relative_ulps(a.loss[i], exact.loss, 53), 4) << p.x[i] << " " << p.t[i];
    ASSERT_LE(
        precise::element_ulps(a.gradient[i], exact.gradient, 53, hard ? 0 : to_double(exact.scale)),
        8)
        << p.x[i] << " " << p.t[i];
    ASSERT_LE(precise::element_ulps(a.hessian[i], exact.hessian, 53), 8) << p.x[i];
    EXPECT_GE(a.loss[i], 0);
  }
  EXPECT_EQ(a.result.sum, to_double(sum));
}

TEST_P(BinaryTargets, ProbabilitiesAreWithinTheContract) {
  std::mt19937_64 rng(6);
  std::uniform_real_distribution<double> unit(0, 1), exponent(-50, 0);
  Problem<> p;
  p.options.kind = Kind::probabilities;
  p.options.reduction = Reduction::sum;
  for (int i = 0; i < 4000; ++i) {
    p.x.push_back(i % 2 ? unit(rng) : std::pow(10, exponent(rng)));
    p.t.push_back(i % 3 == 2 ? unit(rng) : i % 3);
  }
  const auto a = p.solve();
  for (std::size_t i = 0; i < p.x.size(); ++i) {
    const auto exact = precise::solve_binary_probability<Big>(p.x[i], p.t[i], 1, 1);
    ASSERT_LE(precise::relative_ulps(a.loss[i], exact.loss, 53), 4) << p.x[i] << " " << p.t[i];
    const double scale = p.t[i] == 0 || p.t[i] == 1 ? 0 : to_double(exact.scale);
    ASSERT_LE(precise::element_ulps(a.gradient[i], exact.gradient, 53, scale), 8) << p.x[i];
  }
}

TEST_P(BinaryTargets, TinyProbabilitiesKeepTheirDigits) {
  for (const double p : {1e-20, 1e-100, 1e-300, 3e-308})
    EXPECT_EQ((Problem<>{{p}, {0}, 1, {.kind = Kind::probabilities}}.solve().loss[0]), p);
}

template <class T>
void expect_within_the_contract() {
  constexpr int kBits = precise::TypeInfo<T>::kComputeBits;
  std::mt19937_64 rng(7);
  std::normal_distribution<double> normal(0, 16);
  Problem<T> p;
  p.options.reduction = Reduction::sum;
  for (int i = 0; i < 3000; ++i) {
    p.x.push_back(precise::narrow<T>(normal(rng)));
    p.t.push_back(precise::narrow<T>(static_cast<double>(i & 1)));
  }
  const auto a = p.solve();
  for (std::size_t i = 0; i < p.x.size(); ++i) {
    const auto exact =
        precise::solve_binary<Big>(precise::widen(p.x[i]), precise::widen(p.t[i]), 1, 1);
    ASSERT_LE(precise::relative_ulps(a.loss[i], exact.loss, kBits), 4);
    ASSERT_LE(precise::element_ulps(a.gradient[i], exact.gradient, kBits), 8);
    ASSERT_LE(precise::element_ulps(a.hessian[i], exact.hessian, kBits), 8);
  }
}

TEST_P(BinaryTargets, ShortTypesAreWithinTheContract) {
  expect_within_the_contract<float>();
  expect_within_the_contract<f16>();
  expect_within_the_contract<bf16>();
}

// Every length around the group and block sizes: the sum is that of the single losses.
TEST_P(BinaryTargets, EveryTailIsCovered) {
  std::mt19937_64 rng(8);
  std::normal_distribution<double> normal(0, 3);
  for (const std::size_t n : {1, 2, 3, 7, 8, 9, 15, 16, 17, 255, 256, 257, 511, 513}) {
    Problem<> p;
    for (std::size_t i = 0; i < n; ++i) {
      p.x.push_back(normal(rng));
      p.t.push_back(static_cast<double>(rng() & 1));
    }
    const auto a = p.solve();
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_EQ(a.loss[i], (Problem<>{{p.x[i]}, {p.t[i]}}.solve().loss[0]));
    EXPECT_LT(relative(a.result.sum, std::accumulate(a.loss.begin(), a.loss.end(), 0.0)), 1e-13);
  }
}

// One loss of 1e16 hides the others from a plain sum.
TEST_P(BinaryTargets, SumsKeepWhatRoundingTakes) {
  Problem<> p{std::vector<double>(1000, 0.25), std::vector<double>(1000, 0.0)};
  p.x[3] = 1e16;
  const auto a = p.solve();
  Big sum = 0;
  for (const double loss : a.loss) sum += Big(loss);
  EXPECT_EQ(a.result.sum, to_double(sum));
}

Problem<> large_problem() {
  std::mt19937_64 rng(9);
  std::normal_distribution<double> normal(0, 10);
  Problem<> p{{}, {}, 3};
  for (int i = 0; i < 3 * 40000; ++i) {
    p.x.push_back(normal(rng));
    p.t.push_back(static_cast<double>(rng() % 5) / 4);
  }
  return p;
}

TEST(BinaryCrossEntropy, ThreadsChangeNoBit) {
  Problem<> p = large_problem();
  p.options.threads = 1;
  const auto want = p.solve();
  for (const int threads : {2, 3, 7, 64}) {
    p.options.threads = threads;
    EXPECT_TRUE(same_bits(p.solve(), want)) << threads;
  }
}

TEST(BinaryCrossEntropy, Avx2AndAvx512HaveTheSameBits) {
  const auto targets = simd_targets();
  if (std::count(targets.begin(), targets.end(), "AVX3") == 0) GTEST_SKIP() << "no AVX-512 here";
  const Problem<> p = large_problem();
  set_simd_target("AVX3");
  const auto wide = p.solve();
  set_simd_target("AVX2");
  EXPECT_TRUE(same_bits(p.solve(), wide));
  set_simd_target("");
}

}  // namespace
}  // namespace crossent
