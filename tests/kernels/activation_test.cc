// Activations and their slopes against MPFR, on every SIMD target; biases against plain loops.
#include "kernels/activation.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hwy/tests/hwy_gtest.h"
#include "kernels/training_tools.h"

namespace crossent::kernels {
namespace {

constexpr Hidden kAll[] = {Hidden::tanh, Hidden::sigmoid, Hidden::relu, Hidden::gelu,
                           Hidden::identity};

class ActivationTest : public hwy::TestWithParamTarget {
 protected:
  // Writes the largest error beside the test's result: docs/accuracy.md has the table.
  void expect_within(double bound, double worst, double at) {
    RecordProperty("largest_error_ulps", std::to_string(worst));
    EXPECT_LE(worst, bound) << "at " << std::hexfloat << at;
  }
};
HWY_TARGET_INSTANTIATE_TEST_SUITE_P(ActivationTest);

struct Real {
  Real() { mpfr_init2(v, 160); }
  explicit Real(double x) : Real() { mpfr_set_d(v, x, MPFR_RNDN); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  ~Real() { mpfr_clear(v); }
  mpfr_t v;
};

void sigmoid(mpfr_t out, const mpfr_t z) {
  mpfr_neg(out, z, MPFR_RNDN);
  mpfr_exp(out, out, MPFR_RNDN);
  mpfr_add_ui(out, out, 1, MPFR_RNDN);
  mpfr_ui_div(out, 1, out, MPFR_RNDN);
}
void normal(mpfr_t out, const mpfr_t z) {  // erfc(-z / sqrt 2) / 2
  Real two(2);
  mpfr_sqrt(two.v, two.v, MPFR_RNDN);
  mpfr_div(out, z, two.v, MPFR_RNDN);
  mpfr_neg(out, out, MPFR_RNDN);
  mpfr_erfc(out, out, MPFR_RNDN);
  mpfr_div_ui(out, out, 2, MPFR_RNDN);
}
void activation(Hidden f, mpfr_t out, const mpfr_t z) {
  if (f == Hidden::tanh) mpfr_tanh(out, z, MPFR_RNDN);
  if (f == Hidden::sigmoid) sigmoid(out, z);
  if (f == Hidden::gelu) {
    normal(out, z);
    mpfr_mul(out, out, z, MPFR_RNDN);
  }
}

// A number as high + low, near enough to the exact one to count ulps.
struct Exact {
  explicit Exact(mpfr_t x) : high(mpfr_get_d(x, MPFR_RNDN)) {
    Real rest;
    mpfr_sub_d(rest.v, x, high, MPFR_RNDN);
    low = mpfr_get_d(rest.v, MPFR_RNDN);
  }
  double high, low;
};

// |got - exact| in ulps of T at exact, or at `size` if that is larger.
template <class T>
double error_of(T got, const Exact& exact, double size) {
  using Limits = std::numeric_limits<T>;
  const int exponent =
      std::max(std::ilogb(std::max(size, std::fabs(exact.high))), Limits::min_exponent - 1);
  return std::fabs(
      std::ldexp((double{got} - exact.high) - exact.low, Limits::digits - 1 - exponent));
}

template <class T>
std::vector<T> inputs() {
  std::mt19937_64 rng(5);
  std::uniform_real_distribution<double> near(-2, 2), far(-50, 50), exponent(-60, 5);
  std::vector<T> x = {T{0},     -T{0},   T{38.75}, T{-38.75}, T{39.5}, T{-39.5},
                      T{-95.5}, T{-103}, T{700},   T{-700},   T{-800}};
  for (int i = 0; i < 3000; ++i) x.push_back(static_cast<T>(near(rng)));
  for (int i = 0; i < 2500; ++i) x.push_back(static_cast<T>(far(rng)));
  for (int i = 0; i < 1000; ++i)
    x.push_back(static_cast<T>((i % 2 ? 1 : -1) * std::exp2(exponent(rng))));
  return x;
}

// Of every input, once for all targets: MPFR's erfc is slow.
template <class T>
const std::vector<Exact>& exact_outputs(Hidden f) {
  static std::map<Hidden, std::vector<Exact>> known;
  std::vector<Exact>& all = known[f];
  if (all.empty())
    for (const T z : inputs<T>()) {
      const Real in(z);
      Real out;
      activation(f, out.v, in.v);
      all.emplace_back(out.v);
    }
  return all;
}

template <class T>
std::pair<double, double> worst_output(Hidden f) {
  const auto z = inputs<T>();
  std::vector<T> a(z.size());
  activate(f, z.data(), a.data(), z.size());
  // Near the end of the range of f64 a product of gelu shows the subnormal rounding of a factor.
  const double smallest = f == Hidden::gelu && sizeof(T) == 8 ? 0x1p-1016 : 0x1p-1074;
  std::pair<double, double> worst = {0, 0};
  for (std::size_t i = 0; i < z.size(); ++i)
    worst = std::max(worst, {error_of(a[i], exact_outputs<T>(f)[i], smallest), double{z[i]}});
  return worst;
}

TEST_P(ActivationTest, TanhIsWithinAnUlp) {
  const auto [worst, at] = worst_output<double>(Hidden::tanh);
  expect_within(0.6, worst, at);
}
TEST_P(ActivationTest, SigmoidIsWithinThreeUlps) {
  const auto [worst, at] = worst_output<double>(Hidden::sigmoid);
  expect_within(3, worst, at);
}
TEST_P(ActivationTest, GeluIsWithinFiveUlps) {
  const auto [worst, at] = worst_output<double>(Hidden::gelu);
  expect_within(5, worst, at);
}
TEST_P(ActivationTest, FloatsAreNearlyRounded) {
  for (const Hidden f : {Hidden::tanh, Hidden::sigmoid, Hidden::gelu}) {
    const auto [worst, at] = worst_output<float>(f);
    expect_within(0.5001, worst, at);
  }
}

struct Slope {
  Exact value;
  double size;
};
// Phi(z) + z phi(z) vanishes at z = -0.75: the error is in ulps of Phi(z) + |z| phi(z).
template <class T>
const std::vector<Slope>& exact_gelu_slopes() {
  static std::vector<Slope> all;
  if (!all.empty()) return all;
  Real share, bell, pi;
  mpfr_const_pi(pi.v, MPFR_RNDN);
  mpfr_mul_ui(pi.v, pi.v, 2, MPFR_RNDN);
  mpfr_sqrt(pi.v, pi.v, MPFR_RNDN);
  for (const T z : inputs<T>()) {
    const Real in(z);
    normal(share.v, in.v);
    mpfr_sqr(bell.v, in.v, MPFR_RNDN);
    mpfr_div_si(bell.v, bell.v, -2, MPFR_RNDN);
    mpfr_exp(bell.v, bell.v, MPFR_RNDN);
    mpfr_mul(bell.v, bell.v, in.v, MPFR_RNDN);
    mpfr_div(bell.v, bell.v, pi.v, MPFR_RNDN);
    const double size = mpfr_get_d(share.v, MPFR_RNDN) + std::fabs(mpfr_get_d(bell.v, MPFR_RNDN));
    mpfr_add(share.v, share.v, bell.v, MPFR_RNDN);
    all.push_back({Exact(share.v), std::max(size, 0x1p-1016)});
  }
  return all;
}

template <class T>
std::pair<double, double> worst_gelu_slope() {
  const auto z = inputs<T>();
  std::vector<T> g(z.size(), T{1});
  multiply_by_slope(Hidden::gelu, z.data(), g.data(), z.size());
  std::pair<double, double> worst = {0, 0};
  for (std::size_t i = 0; i < z.size(); ++i) {
    const Slope& exact = exact_gelu_slopes<T>()[i];
    worst = std::max(worst, {error_of(g[i], exact.value, exact.size), double{z[i]}});
  }
  return worst;
}

TEST_P(ActivationTest, GeluSlopeIsWithinFiveUlps) {
  const auto [worst, at] = worst_gelu_slope<double>();
  expect_within(5, worst, at);
}
TEST_P(ActivationTest, GeluSlopeOfFloatsIsNearlyRounded) {
  const auto [worst, at] = worst_gelu_slope<float>();
  expect_within(0.5001, worst, at);
}

// From the output: 1 - a^2 and a (1 - a), also where the output is within an ulp of 1.
template <class T>
void check_slopes() {
  std::vector<T> a = {T{0}, T{1}, 1 - std::numeric_limits<T>::epsilon() / 2, T{0.5}, T{0x1p-100}};
  for (int i = 1; i < 1000; ++i) a.push_back(static_cast<T>(i) / T{1000});
  for (const Hidden f : {Hidden::tanh, Hidden::sigmoid}) {
    std::vector<T> g(a.size(), T{-3});
    multiply_by_slope(f, a.data(), g.data(), g.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      const long double x = a[i];
      const long double slope = f == Hidden::tanh ? (1 - x) * (1 + x) : x * (1 - x);
      EXPECT_LE(ulps(g[i], static_cast<double>(-3 * slope)), 3) << a[i];
    }
  }
}
TEST_P(ActivationTest, SlopesComeFromTheOutputs) {
  check_slopes<float>();
  check_slopes<double>();
}

TEST_P(ActivationTest, SpecialValues) {
  const std::vector<double> z = {kInf, -kInf, 0, -0.0, kNaN, 1e300, -1e300};
  const auto outputs = [&](Hidden f) {
    std::vector<double> a(z.size());
    activate(f, z.data(), a.data(), z.size());
    return a;
  };
  const std::vector<double> want[] = {{1, -1, 0, 0, kNaN, 1, -1},
                                      {1, 0, 0.5, 0.5, kNaN, 1, 0},
                                      {kInf, 0, 0, 0, kNaN, 1e300, 0},
                                      {kInf, 0, 0, 0, kNaN, 1e300, 0},
                                      {kInf, -kInf, 0, 0, kNaN, 1e300, -1e300}};
  for (const Hidden f : kAll) {
    const auto a = outputs(f);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double v = want[static_cast<int>(f)][i];
      EXPECT_TRUE(a[i] == v || (std::isnan(a[i]) && std::isnan(v)))
          << "function " << static_cast<int>(f) << " of " << z[i] << " is " << a[i];
    }
  }
}

// A NaN in the kept value or in the gradient stays visible.
TEST_P(ActivationTest, SlopesKeepNan) {
  for (const Hidden f : kAll)
    for (std::size_t i = 0; i < 19; ++i) {
      std::vector<double> kept(19, 0.25), g(19, 2), nan_in_g = g;
      if (f != Hidden::identity) kept[i] = kNaN;
      multiply_by_slope(f, kept.data(), g.data(), g.size());
      EXPECT_EQ(std::isnan(g[i]), f != Hidden::identity);
      EXPECT_EQ(std::count_if(g.begin(), g.end(), [](double v) { return std::isfinite(v); }),
                f != Hidden::identity ? 18 : 19);
      nan_in_g[i] = kNaN;
      kept.assign(19, 0);
      multiply_by_slope(f, kept.data(), nan_in_g.data(), g.size());
      EXPECT_TRUE(std::isnan(nan_in_g[i])) << static_cast<int>(f);
    }
}

TEST_P(ActivationTest, ReluPassesWhatIsAboveZero) {
  const float z[] = {-1, 0, -0.0f, 2, 1e-45f};
  float a[5], g[5] = {1, 2, 3, 4, 5};
  activate(Hidden::relu, z, a, 5);
  multiply_by_slope(Hidden::relu, a, g, 5);
  const float want_a[] = {0, 0, 0, 2, 1e-45f}, want_g[] = {0, 0, 0, 4, 5};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(a[i], want_a[i]);
    EXPECT_EQ(g[i], want_g[i]);
  }
}

// Every tail and alignment, in place and not: an element's bits are those it has alone.
template <class T>
void check_lengths() {
  for (const Hidden f : kAll)
    for (std::size_t n = 0; n <= 67; ++n) {
      const Values<T> z(n, n % 4, n + 1, 2);
      Values<T> a(n, (n + 1) % 4, 1), g(n, (n + 2) % 4, 2), in_place = z;
      const Values<T> g0 = g;
      activate(f, z.data(), a.data(), n);
      activate(f, in_place.data(), in_place.data(), n);
      multiply_by_slope(f, z.data(), g.data(), n);
      EXPECT_TRUE(a.framed() && g.framed() && in_place.framed());
      for (std::size_t i = 0; i < n; ++i) {
        T alone, slope = g0[i];
        activate(f, &z.data()[i], &alone, 1);
        multiply_by_slope(f, &z.data()[i], &slope, 1);
        EXPECT_TRUE(same(a[i], alone) && same(in_place[i], alone) && same(g[i], slope))
            << static_cast<int>(f) << " " << n << " " << i;
      }
    }
}
TEST_P(ActivationTest, ElementsHaveTheSameBitsAlone) {
  check_lengths<float>();
  check_lengths<double>();
}

template <class T>
void check_rows(std::size_t rows, std::size_t cols, bool accumulate) {
  const std::size_t stride = cols + 2;
  Values<T> z(rows * stride, cols % 4, 1), bias(cols, 1, 2), sums(cols, 3, 3);
  for (std::size_t i = 0; i < rows * stride; ++i)
    if (i % stride >= cols) z[i] = static_cast<T>(kNaN);
  const Values<T> z0 = z, sums0 = sums;
  const MatrixView<T> view = {z.data(), rows, cols, static_cast<std::ptrdiff_t>(stride), 1};
  column_sums(view, sums.data(), accumulate);
  add_bias(bias.data(), view, accumulate);
  EXPECT_TRUE(z.framed() && sums.framed());
  for (std::size_t j = 0; j < cols; ++j) {
    T sum = accumulate ? sums0[j] : T{0};
    for (std::size_t i = 0; i < rows; ++i) {
      sum += z0[i * stride + j];
      const T want = accumulate ? z0[i * stride + j] + bias[j] : bias[j];
      EXPECT_TRUE(same(view(i, j), want)) << rows << " " << cols << " " << i << " " << j;
    }
    EXPECT_TRUE(same(sums[j], sum)) << rows << " " << cols << " " << j;
  }
  for (std::size_t i = 0; i < rows * stride; ++i) {
    EXPECT_TRUE(i % stride < cols || std::isnan(z[i])) << "wrote between the rows";
  }
}
TEST_P(ActivationTest, BiasesAndColumnSumsAreThoseOfALoopOverRows) {
  for (const std::size_t rows : {1, 2, 7, 64})
    for (std::size_t cols = 1; cols <= 67; ++cols)
      for (const bool accumulate : {false, true}) {
        check_rows<float>(rows, cols, accumulate);
        check_rows<double>(rows, cols, accumulate);
      }
}

template <class T>
void collect(BitsOf& bits) {
  const auto z = inputs<T>();
  for (const Hidden f : kAll) {
    std::vector<T> a(z.size()), g(z.size(), T{3});
    activate(f, z.data(), a.data(), z.size());
    multiply_by_slope(f, f == Hidden::gelu ? z.data() : a.data(), g.data(), g.size());
    bits.add(a.data(), a.size());
    bits.add(g.data(), g.size());
  }
}

TEST(Activation, Avx2AndAvx512HaveTheSameBits) {
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
