#include <gtest/gtest.h>

#include <random>

#include "precise/definitions.h"
#include "precise/inputs.h"
#include "precise/types.h"

// The references check each other: f64 pairs against 77 digits, those against the bare formula in
// 2500 digits, all against values anyone knows.
namespace crossent::precise {
namespace {

template <class R>
double relative(const R& got, const Big& want) {
  Big value;
  if constexpr (std::is_same_v<R, DD>)
    value = Big(got.hi) + Big(got.lo);
  else
    value = got;
  if (want == Big(0)) return value == Big(0) ? 0 : INFINITY;
  return to_double(abs_of(value - want) / abs_of(want));
}

TEST(DoubleDouble, FunctionsAgreeWithMpfr) {
  std::mt19937_64 rng(1);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int i = 0; i < 20000; ++i) {
    const double x = (unit(rng) - 0.5) * std::ldexp(1.0, static_cast<int>(rng() % 40) - 30);
    const DD pair = DD(x) + DD(x * 0x1p-54 * unit(rng));
    const Big big = Big(pair.hi) + Big(pair.lo);
    if (x > -600 && x < 600) {
      ASSERT_LT(relative(exp_of(pair), exp_of(big)), 0x1p-98) << x;
      ASSERT_LT(relative(expm1_of(pair), expm1_of(big)), 0x1p-97) << x;
      ASSERT_LT(relative(tanh_of(pair), tanh_of(big)), 0x1p-96) << x;
    }
    const DD positive = abs_of(pair);
    const Big big_positive = abs_of(big);
    ASSERT_LT(relative(log1p_of(positive), log1p_of(big_positive)), 0x1p-97) << x;
    if (x != 0) {
      ASSERT_LT(relative(log_of(positive), log_of(big_positive)), 0x1p-97) << x;
    }
  }
}

RowProblem random_problem(std::mt19937_64& rng) {
  std::normal_distribution<double> normal;
  RowProblem p;
  const std::size_t classes = 1 + rng() % 12;
  const double sd = std::pow(4.0, static_cast<double>(rng() % 6));
  const bool soft = rng() % 2;
  for (std::size_t j = 0; j < classes; ++j) {
    p.x.push_back(sd * normal(rng));
    if (soft) p.target.push_back(std::fabs(normal(rng)));
    p.class_weight.push_back(std::fabs(normal(rng)));
    p.class_mask.push_back(j == 0 || rng() % 4 != 0);
  }
  if (!soft) p.label = 0;
  p.row_weight = std::fabs(normal(rng));
  if (rng() % 2) p.label_smoothing = 0.1;
  if (rng() % 2) p.smoothing = Smoothing::per_row;
  if (rng() % 2) p.temperature = 0.7;
  if (rng() % 2) p.softcap = 30;
  if (rng() % 2) p.z_loss = 1e-3;
  return p;
}

TEST(DoubleDouble, RowsAgreeWithMpfr) {
  std::mt19937_64 rng(2);
  for (int i = 0; i < 2000; ++i) {
    const RowProblem p = random_problem(rng);
    const auto quick = solve<DD>(p, {.target_gradient = true});
    const auto full = solve<Big>(p, {.target_gradient = true});
    ASSERT_EQ(quick.infinite, full.infinite);
    if (!full.infinite && to_double(full.loss) > 1e-250) {
      ASSERT_LT(relative(quick.loss, full.loss), 0x1p-90);
    }
    for (std::size_t j = 0; j < p.x.size(); ++j) {
      const double size =
          full.pure ? std::fabs(to_double(full.gradient[j])) : to_double(full.scale[j]);
      if (size < 1e-250) continue;
      const Big got = Big(quick.gradient[j].hi) + Big(quick.gradient[j].lo);
      ASSERT_LT(std::fabs(to_double(got - full.gradient[j])), 0x1p-85 * size);
      ASSERT_LT(std::fabs(to_double(quick.target_gap[j]) - to_double(full.target_gap[j])),
                0x1p-50 * std::fabs(to_double(full.target_gap[j])) + 1e-300);
    }
  }
}

TEST(DoubleDouble, ProbabilitiesAgreeWithMpfr) {
  std::mt19937_64 rng(5);
  for (int i = 0; i < 2000; ++i) {
    RowProblem p;
    p.kind = Kind::probabilities;
    p.normalize = true;
    for (std::size_t j = 0; j < 1 + i % 9U; ++j) p.x.push_back(std::exp2(uniform(rng, -900, 0)));
    p.label = static_cast<std::int64_t>(rng() % p.x.size());
    const double t = uniform(rng, 0.01, 1);
    ASSERT_LT(relative(solve<DD>(p).loss, solve<Big>(p).loss), 0x1p-90) << i;
    for (const double x : {p.x[0], 1 - 0x1p-40 * t, t}) {
      const auto quick = solve_binary_probability<DD>(x, t, 1, 1);
      const auto full = solve_binary_probability<Big>(x, t, 1, 1);
      ASSERT_LT(relative(quick.loss, full.loss), 0x1p-80) << x;
    }
  }
}

// log sum_j exp(z_j) - z_y as it stands, in 8192 bits: exact to 77 digits down to losses of 1e-300.
TEST(Definition, IsTheBareFormula) {
  using Vast = BigFloat<8192>;
  std::mt19937_64 rng(3);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 40; ++i) {
    RowProblem p;
    const std::size_t classes = 2 + rng() % 6;
    for (std::size_t j = 0; j < classes; ++j) p.x.push_back(20 * normal(rng));
    p.x[0] += static_cast<double>(i) * 16;
    p.label = static_cast<std::int64_t>(rng() % classes);
    Vast total;
    for (double v : p.x) total += exp_of(Vast(v));
    const Vast loss = log_of(total) - Vast(p.x[static_cast<std::size_t>(p.label)]);
    const auto answer = solve<Big>(p);
    Vast wide;
    mpfr_set(wide.get(), answer.loss.get(), MPFR_RNDN);
    EXPECT_LT(to_double(abs_of(wide - loss) / loss), 1e-70) << i;
    for (std::size_t j = 0; j < classes; ++j) {
      const Vast hit = static_cast<std::size_t>(p.label) == j ? 1.0 : 0.0;
      const Vast g = exp_of(Vast(p.x[j])) / total - hit;
      mpfr_set(wide.get(), answer.gradient[j].get(), MPFR_RNDN);
      EXPECT_LT(to_double(abs_of(wide - g) / abs_of(g)), 1e-70) << i;
    }
  }
}

TEST(Definition, KnownValues) {
  RowProblem fair{.x = {0, 0}, .label = 1};
  EXPECT_EQ(to_double(solve<Big>(fair).loss), 0.6931471805599453);
  RowProblem sure{.x = {40, 0}, .label = 0};
  EXPECT_EQ(to_double(solve<Big>(sure).loss), 4.248354255291589e-18);
  EXPECT_EQ(to_double(solve<DD>(sure).loss), 4.248354255291589e-18);
  EXPECT_EQ(to_double(solve_binary<Big>(40, 1, 1, 1).loss), 4.248354255291589e-18);
  EXPECT_EQ(to_double(solve_binary<Big>(-40, 0, 1, 1).loss), 4.248354255291589e-18);
  EXPECT_EQ(to_double(solve_binary<Big>(0, 0.5, 1, 1).hessian), 0.25);
}

// d loss / d x by differences of 1e-25 in 77 digits, for every option at once.
TEST(Definition, GradientIsTheDerivative) {
  std::mt19937_64 rng(4);
  for (int i = 0; i < 300; ++i) {
    RowProblem p = random_problem(rng);
    for (double& v : p.x) v = std::fmod(v, 16);
    const auto at = solve<Big>(p);
    if (at.infinite) continue;
    const std::size_t j = rng() % p.x.size();
    const double step = 0x1p-20;
    RowProblem up = p, down = p;
    up.x[j] += step;
    down.x[j] -= step;
    const Big run = Big(up.x[j]) - Big(down.x[j]);
    const Big rise = solve<Big>(up).loss - solve<Big>(down).loss;
    EXPECT_NEAR(to_double(rise / run), to_double(at.gradient[j]), 1e-9) << i;
  }
}

TEST(Types, NarrowingRoundsToNearestEvenOnce) {
  EXPECT_EQ(widen(narrow<f16>(65519.0)), 65504.0);
  EXPECT_EQ(widen(narrow<f16>(65520.0)), INFINITY);
  EXPECT_EQ(widen(narrow<f16>(1 + 0x1p-11)), 1.0);
  EXPECT_EQ(widen(narrow<f16>(1 + 0x3p-11)), 1 + 0x1p-9);
  EXPECT_EQ(widen(narrow<f16>(0x1.8p-24)), 0x1p-23);
  EXPECT_EQ(widen(narrow<bf16>(1 + 0x1p-8)), 1.0);
  EXPECT_EQ(widen(narrow<bf16>(-1 - 0x3p-8)), -1 - 0x1p-6);
  for (unsigned b = 0; b < 0x7c00; ++b)
    ASSERT_EQ(narrow<f16>(widen(f16{static_cast<std::uint16_t>(b)})).bits, b);
  for (unsigned b = 0x80; b < 0x7f80; ++b)
    ASSERT_EQ(narrow<bf16>(widen(bf16{static_cast<std::uint16_t>(b)})).bits, b);
}

}  // namespace
}  // namespace crossent::precise
