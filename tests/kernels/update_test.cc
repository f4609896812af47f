// Optimiser steps, penalties and sums against their formulas, on every SIMD target.
#include "kernels/update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "hwy/tests/hwy_gtest.h"
#include "kernels/training_tools.h"

namespace crossent::kernels {
namespace {

class UpdateTest : public hwy::TestWithParamTarget {};
HWY_TARGET_INSTANTIATE_TEST_SUITE_P(UpdateTest);

// Every tail of every vector width, from several alignments.
template <class F>
void for_lengths(const F& f) {
  for (std::size_t n = 0; n <= 67; ++n) f(n, n % 4);
  for (const std::size_t n : {127, 128, 1001}) f(n, std::size_t{1});
}

// The same bits with fused multiply-add; without, `roundings` more of terms of at most `size`.
template <class T>
void expect_value(T got, T want, T size, int roundings, std::size_t i) {
  if (is_fused() || same(got, want)) {
    ASSERT_TRUE(same(got, want)) << "element " << i << ": " << got << ", not " << want;
  } else {
    ASSERT_LE(std::fabs(got - want),
              static_cast<T>(roundings) * std::fabs(size) * std::numeric_limits<T>::epsilon() / 2)
        << "element " << i;
  }
}

template <class T>
void check_sgd(const SgdStep& step, std::size_t n, std::size_t misalign) {
  Values<T> w(n, misalign, 1), v(n, (misalign + 1) % 4, 2), g(n, (misalign + 2) % 4, 3);
  const Values<T> w0 = w, v0 = v;
  sgd(step, w.data(), v.data(), g.data(), n);
  EXPECT_TRUE(w.framed() && v.framed());
  const T mu = static_cast<T>(step.momentum), rate = static_cast<T>(step.rate);
  for (std::size_t i = 0; i < n; ++i) {
    const T velocity = mu == 0 ? v0[i] : std::fma(mu, v0[i], g[i]);
    const T move = mu == 0 ? g[i] : step.nesterov ? std::fma(mu, velocity, g[i]) : velocity;
    const T size = std::fabs(g[i]) + std::fabs(v0[i]);
    expect_value(v[i], velocity, size, 2, i);
    expect_value(w[i], std::fma(-rate, move, w0[i]), 2 * size + std::fabs(w0[i]), 4, i);
  }
}

TEST_P(UpdateTest, SgdStepsAsItsFormula) {
  for_lengths([](std::size_t n, std::size_t misalign) {
    for (const SgdStep& step : {SgdStep{0.1, 0.9, false}, SgdStep{0.1, 0.9, true},
                                SgdStep{0.3, 0, false}, SgdStep{0.3, 0, true}}) {
      check_sgd<float>(step, n, misalign);
      check_sgd<double>(step, n, misalign);
    }
  });
}

TEST_P(UpdateTest, SgdWithoutMomentumNeedsNoVelocity) {
  double w[] = {1, 2, 3};
  const double g[] = {1, 1, -1};
  sgd<double>({0.5, 0, false}, w, nullptr, g, 3);
  EXPECT_EQ(w[0], 0.5);
  EXPECT_EQ(w[2], 3.5);
}

// Two steps of rate 1 and momentum 1/2 on g = 1, by hand: v = 1, 1.5.
TEST_P(UpdateTest, MomentumAndNesterovAreThoseOfTheTextbook) {
  for (const bool nesterov : {false, true}) {
    double w = 0, v = 0;
    const double g = 1;
    for (int i = 0; i < 2; ++i) sgd<double>({1, 0.5, nesterov}, &w, &v, &g, 1);
    EXPECT_EQ(v, 1.5);
    EXPECT_EQ(w, nesterov ? -(1.5 + 1.75) : -(1 + 1.5));
  }
}

template <class T>
void check_adam(const AdamStep& s, std::size_t n, std::size_t misalign) {
  Values<T> w(n, misalign, 1), m(n, (misalign + 1) % 4, 2), v(n, (misalign + 2) % 4, 3);
  Values<T> g(n, (misalign + 3) % 4, 4);
  for (std::size_t i = 0; i < n; ++i) v[i] = std::fabs(v[i]);
  const Values<T> w0 = w, m0 = m, v0 = v;
  adam(s, w.data(), m.data(), v.data(), g.data(), n);
  EXPECT_TRUE(w.framed() && m.framed() && v.framed());
  const auto to_t = [](double x) { return static_cast<T>(x); };
  for (std::size_t i = 0; i < n; ++i) {
    const T mean = std::fma(to_t(s.beta1), m0[i], to_t(1 - s.beta1) * g[i]);
    const T variance = std::fma(to_t(s.beta2), v0[i], to_t(1 - s.beta2) * g[i] * g[i]);
    const T size = std::fma(std::sqrt(variance), to_t(s.v_factor), to_t(s.epsilon));
    const T want = std::fma(-to_t(s.rate), mean / size, to_t(s.decay) * w0[i]);
    const T mean_size = std::fabs(m0[i]) + std::fabs(g[i]);
    expect_value(m[i], mean, mean_size, 2, i);
    expect_value(v[i], variance, variance, 2, i);
    expect_value(w[i], want, std::fabs(w0[i]) + to_t(s.rate) * mean_size / size, 8, i);
  }
}

TEST_P(UpdateTest, AdamStepsAsItsFormula) {
  for_lengths([](std::size_t n, std::size_t misalign) {
    for (const AdamStep& step :
         {AdamStep{0.9, 0.999, 0.01, 3.5, 1e-8, 1}, AdamStep{0.5, 0.75, 0.25, 1, 0.5, 0.875}}) {
      check_adam<float>(step, n, misalign);
      check_adam<double>(step, n, misalign);
    }
  });
}

// The first step moves by the rate, whatever the size of the gradient: both corrections are right.
TEST_P(UpdateTest, FirstAdamStepMovesByTheRate) {
  double w[] = {0, 0, 10}, m[3] = {}, v[3] = {};
  const double g[] = {1e-3, -250, 0};
  adam<double>({0.9, 0.999, 0.1 / (1 - 0.9), 1 / std::sqrt(1 - 0.999), 1e-12, 0.5}, w, m, v, g, 3);
  EXPECT_NEAR(w[0], -0.1, 1e-9);
  EXPECT_NEAR(w[1], 0.1, 1e-9);
  EXPECT_EQ(w[2], 5);
}

template <class T>
void check_penalties(std::size_t n, std::size_t misalign) {
  Values<T> w(n, misalign, 1), g(n, (misalign + 1) % 4, 2);
  for (std::size_t i = 0; i < n; i += 3) w[i] = i % 2 == 0 ? T{0} : -T{0};
  const Values<T> g0 = g;
  add_penalties(0.25, 0.1, g.data(), w.data(), n);
  EXPECT_TRUE(g.framed());
  for (std::size_t i = 0; i < n; ++i) {
    const T sign = w[i] > 0 ? T{1} : w[i] < 0 ? T{-1} : T{0};
    const T want = g0[i] + std::fma(static_cast<T>(0.1), w[i], T{0.25} * sign);
    expect_value(g[i], want, std::fabs(g0[i]) + std::fabs(w[i]) + 1, 2, i);
  }
}

TEST_P(UpdateTest, PenaltiesAddTheirGradient) {
  for_lengths([](std::size_t n, std::size_t misalign) {
    check_penalties<float>(n, misalign);
    check_penalties<double>(n, misalign);
  });
}

template <class T>
void check_sums(std::size_t n, std::size_t misalign) {
  const Values<T> x(n, misalign, 1);
  double squares[16] = {}, magnitudes[16] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const double v = double{x[i]};
    squares[i % 16] = std::fma(v, v, squares[i % 16]);
    magnitudes[i % 16] += std::fabs(v);
  }
  for (std::size_t half = 8; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) {
      squares[i] += squares[i + half];
      magnitudes[i] += magnitudes[i + half];
    }
  const int roundings = static_cast<int>(n / 16 + 5);
  expect_value(sum_of_squares(x.data(), n), squares[0], squares[0], roundings, n);
  EXPECT_TRUE(same(sum_of_magnitudes(x.data(), n), magnitudes[0])) << n;
}

TEST_P(UpdateTest, SumsAreThoseOfSixteenPartialSums) {
  for_lengths([](std::size_t n, std::size_t misalign) {
    check_sums<float>(n, misalign);
    check_sums<double>(n, misalign);
  });
}

TEST_P(UpdateTest, SumsOfFloatsDoNotOverflow) {
  const std::vector<float> x(100, std::numeric_limits<float>::max());
  EXPECT_NEAR(sum_of_squares(x.data(), x.size()) / (100 * std::pow(double{x[0]}, 2)), 1, 1e-14);
}

template <class T>
void check_bad_values() {
  for (std::size_t at = 0; at < 37; ++at)
    for (const double bad : {kNaN, kInf, -kInf}) {
      std::vector<T> x(37, T{1});
      x[at] = static_cast<T>(bad);
      EXPECT_FALSE(std::isfinite(sum_of_squares(x.data(), x.size()))) << at;
      EXPECT_FALSE(std::isfinite(sum_of_magnitudes(x.data(), x.size()))) << at;
      EXPECT_EQ(std::isnan(sum_of_squares(x.data(), x.size())), std::isnan(bad));
    }
}

TEST_P(UpdateTest, SumsShowNanAndInfAnywhere) {
  check_bad_values<float>();
  check_bad_values<double>();
}

template <class T>
void check_parts(std::size_t n, std::size_t misalign) {
  for (const std::size_t count : {1, 2, 5}) {
    Values<T> parts(count * (n + 3), misalign, 1), out(n, 1, 2);
    sum_parts(parts.data(), n + 3, count, out.data(), n);
    EXPECT_TRUE(out.framed());
    for (std::size_t i = 0; i < n; ++i) {
      T want = parts[i];
      for (std::size_t p = 1; p < count; ++p) want += parts[p * (n + 3) + i];
      ASSERT_TRUE(same(out[i], want)) << n << " " << count << " " << i;
    }
    sum_parts(parts.data(), n + 3, count, parts.data(), n);
    EXPECT_TRUE(std::equal(out.data(), out.data() + n, parts.data())) << "in place";
    scale(0.3, out.data(), n);
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(out[i], parts[i] * static_cast<T>(0.3));
    EXPECT_TRUE(out.framed());
  }
}

TEST_P(UpdateTest, PartsAreAddedFromTheLeftAndScaled) {
  for_lengths([](std::size_t n, std::size_t misalign) {
    check_parts<float>(n, misalign);
    check_parts<double>(n, misalign);
  });
}

template <class T>
void collect(BitsOf& bits) {
  const std::size_t n = 1003;
  Values<T> w(n, 1, 1), m(n, 2, 2), v(n, 3, 3), g(n, 0, 4);
  sgd<T>({0.1, 0.9, true}, w.data(), m.data(), g.data(), n);
  for (std::size_t i = 0; i < n; ++i) v[i] = std::fabs(v[i]);
  adam<T>({0.9, 0.999, 0.01, 3.5, 1e-8, 0.99}, w.data(), m.data(), v.data(), g.data(), n);
  add_penalties<T>(0.1, 0.01, g.data(), w.data(), n);
  for (const Values<T>* x : {&w, &m, &v, &g}) bits.add(x->data(), n);
  const double sums[] = {sum_of_squares(w.data(), n), sum_of_magnitudes(w.data(), n)};
  bits.add(sums, 2);
}

TEST(Update, Avx2AndAvx512HaveTheSameBits) {
  bool both = false;
  const auto both_types = [](BitsOf& bits) {
    collect<float>(bits);
    collect<double>(bits);
  };
  EXPECT_TRUE(same_bits_on_avx2_and_avx512(both_types, &both));
  if (!both) GTEST_SKIP() << "needs both on this CPU";
}

}  // namespace
}  // namespace crossent::kernels
