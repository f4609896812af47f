// Elementary functions against MPFR on every SIMD target, and their bits across targets.
#include "kernels/math.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "hwy/tests/hwy_gtest.h"

namespace crossent::kernels {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kMin = std::numeric_limits<double>::min();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();

using Function = double (*)(double);
using Reference = int (*)(mpfr_t, const mpfr_t, mpfr_rnd_t);

struct Real {
  Real() { mpfr_init2(v, 160); }
  explicit Real(double x) : Real() { mpfr_set_d(v, x, MPFR_RNDN); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  ~Real() { mpfr_clear(v); }
  mpfr_t v;
};

// |got - exact| in ulps of the double nearest to exact; 0 for equal infinities, zeros and NaNs.
double ulps(double got, const Real& exact) {
  const double want = mpfr_get_d(exact.v, MPFR_RNDN);
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got) ? 0 : kInf;
  if (std::isinf(want) || std::isinf(got)) return want == got ? 0 : kInf;
  if (want == 0 && got == 0) return std::signbit(want) == std::signbit(got) ? 0 : kInf;
  const double a = std::fabs(want);
  const double ulp = a >= kMin ? std::ldexp(1.0, std::ilogb(a) - 52) : kTiny;
  Real difference(got);
  mpfr_sub(difference.v, difference.v, exact.v, MPFR_RNDN);
  mpfr_div_d(difference.v, difference.v, ulp, MPFR_RNDN);
  return std::fabs(mpfr_get_d(difference.v, MPFR_RNDN));
}

struct Worst {
  double error = 0, at = 0;
  void add(double e, double x) {
    if (e > error) error = e, at = x;
  }
};

Worst worst(Function f, Reference reference, const std::vector<double>& inputs) {
  Worst w;
  Real exact;
  for (const double x : inputs) {
    const Real in(x);
    reference(exact.v, in.v, MPFR_RNDN);
    w.add(ulps(f(x), exact), x);
  }
  return w;
}

// Uniform in [lo, hi], uniform in the exponent over [2^lo2, 2^hi2], neighbours of `points`,
// specials.
struct Inputs {
  std::vector<double> x = {0.0,  -0.0,  kInf, -kInf, kNaN,  1,      -1,     2,    0.5,
                           kMax, -kMax, kMin, -kMin, kTiny, -kTiny, 1e-308, 1e308};
  std::mt19937_64 rng{7};

  Inputs& uniform(double lo, double hi, int n) {
    std::uniform_real_distribution<double> u(lo, hi);
    for (int i = 0; i < n; ++i) x.push_back(u(rng));
    return *this;
  }
  Inputs& scales(int lo2, int hi2, int n, bool both_signs) {
    std::uniform_real_distribution<double> e(lo2, hi2);
    for (int i = 0; i < n; ++i) {
      const double v = std::exp2(e(rng)) * (1 + 0x1p-52 * static_cast<double>(rng() >> 12));
      x.push_back(both_signs && (rng() & 1) ? -v : v);
    }
    return *this;
  }
  Inputs& around(const std::vector<double>& points, int n) {
    for (const double p : points) {
      double up = p, down = p;
      for (int i = 0; i < n; ++i) {
        x.push_back(up);
        x.push_back(down);
        up = std::nextafter(up, kInf);
        down = std::nextafter(down, -kInf);
      }
    }
    return *this;
  }
};

std::vector<double> exp_inputs() {
  std::vector<double> edges = {-745.13321910194122, 709.78271289338397, -708.39641853226408, 1, -1};
  for (int n = -1070; n <= 1020; n += 11) edges.push_back((n + 0.5) * 0.6931471805599453);
  return Inputs()
      .uniform(-746, 710, 30000)
      .uniform(-1, 1, 20000)
      .scales(-1074, 10, 10000, true)
      .around(edges, 20)
      .x;
}

std::vector<double> log_inputs() {
  return Inputs()
      .uniform(0, 3, 20000)
      .uniform(0.9, 1.1, 20000)
      .scales(-1074, 1023, 30000, false)
      .around({1, std::sqrt(0.5), std::sqrt(2.0), 2, 0.5, kMin, 3e-310}, 200)
      .uniform(-9, 0, 20)
      .x;
}

std::vector<double> log1p_inputs() {
  return Inputs()
      .uniform(-1, 3, 20000)
      .uniform(-0.1, 0.1, 20000)
      .scales(-1074, 1023, 30000, false)
      .scales(-1074, 0, 20000, true)
      .uniform(-9, -1, 20)
      .around({0x1p-54, -0x1p-54, std::sqrt(2.0) - 1, std::sqrt(0.5) - 1, -1, 0x1p53, 0x1p60}, 200)
      .x;
}

std::vector<double> tanh_inputs() {
  return Inputs()
      .uniform(-25, 25, 30000)
      .uniform(-1, 1, 20000)
      .scales(-1074, 10, 20000, true)
      .around({0.17328679513998632, 0.5, 19.0615474653985, 18.5}, 200)
      .x;
}

class MathTest : public hwy::TestWithParamTarget {
 protected:
  // Writes the largest error beside the test's result: docs/accuracy.md has the table.
  void expect_within(double bound, const Worst& w) {
    RecordProperty("largest_error_ulps", std::to_string(w.error));
    EXPECT_LE(w.error, bound) << "at " << std::hexfloat << w.at;
  }
};
HWY_TARGET_INSTANTIATE_TEST_SUITE_P(MathTest);

// Below 2^-1022 the second rounding adds up to 1/4 ulp.
TEST_P(MathTest, ExpIsWithinAnUlp) { expect_within(0.77, worst(exp, mpfr_exp, exp_inputs())); }
TEST_P(MathTest, ExpOfNormalResultsIsNearlyRounded) {
  const auto inputs = Inputs().uniform(-708, 709, 50000).uniform(-1, 1, 20000).x;
  expect_within(0.65, worst(exp, mpfr_exp, inputs));
}
TEST_P(MathTest, Expm1IsWithinAnUlp) { expect_within(0.6, worst(expm1, mpfr_expm1, exp_inputs())); }
TEST_P(MathTest, LogIsWithinAnUlp) { expect_within(0.6, worst(log, mpfr_log, log_inputs())); }
TEST_P(MathTest, Log1pIsWithinAnUlp) {
  expect_within(0.6, worst(log1p, mpfr_log1p, log1p_inputs()));
}
TEST_P(MathTest, TanhIsWithinAnUlp) { expect_within(0.6, worst(tanh, mpfr_tanh, tanh_inputs())); }

TEST_P(MathTest, PowIsWithinAnUlp) {
  std::mt19937_64 rng(3);
  std::uniform_real_distribution<double> unit(0, 1), wide(-1074, 1024), product(-745, 710);
  Worst w;
  Real exact;
  for (int i = 0; i < 60000; ++i) {
    const double x = i % 3 == 0   ? unit(rng)
                     : i % 3 == 1 ? 1 + (unit(rng) - 0.5) * 0.01
                                  : std::exp2(wide(rng));
    const double y = i % 2 == 0 ? product(rng) / std::log(x) : 8 * unit(rng) - 3;
    const Real base(x), power(y);
    mpfr_pow(exact.v, base.v, power.v, MPFR_RNDN);
    w.add(ulps(pow(x, y), exact), x);
  }
  expect_within(1, w);
}

TEST_P(MathTest, PowHasTheLimitsOfC) {
  for (const double x : {0.0, 0.5, 1.0, 2.0, kInf, kNaN, kTiny, kMax})
    for (const double y : {0.0, -0.0, 1.0, -1.0, 0.5, 1e300, -1e300, kInf, -kInf, kNaN, 1e-300}) {
      const double got = pow(x, y), want = std::pow(x, y);
      EXPECT_TRUE(std::fabs(got - want) <= 0x1p-52 * want || got == want ||
                  (std::isnan(got) && std::isnan(want)))
          << x << "^" << y << " = " << got << ", not " << want;
    }
  EXPECT_TRUE(std::isnan(pow(-1, 0.5)));
}

TEST_P(MathTest, ExactValuesAreExact) {
  EXPECT_EQ(exp(0), 1);
  EXPECT_EQ(exp(-0.0), 1);
  EXPECT_EQ(exp(-kInf), 0);
  EXPECT_EQ(exp(kInf), kInf);
  EXPECT_EQ(exp(709.79), kInf);
  EXPECT_EQ(exp(-745.2), 0);
  EXPECT_EQ(exp(-745.1), kTiny);
  EXPECT_EQ(expm1(-kInf), -1);
  EXPECT_EQ(expm1(kInf), kInf);
  EXPECT_TRUE(std::signbit(expm1(-0.0)));
  EXPECT_EQ(log(1), 0);
  EXPECT_EQ(log(0), -kInf);
  EXPECT_EQ(log(-0.0), -kInf);
  EXPECT_TRUE(std::isnan(log(-kTiny)));
  EXPECT_TRUE(std::isnan(log(-kInf)));
  EXPECT_EQ(log1p(-1), -kInf);
  EXPECT_TRUE(std::isnan(log1p(-1.5)));
  EXPECT_TRUE(std::signbit(log1p(-0.0)));
  EXPECT_EQ(log1p(1e-308), 1e-308);
  EXPECT_EQ(tanh(kInf), 1);
  EXPECT_EQ(tanh(-30), -1);
  EXPECT_TRUE(std::signbit(tanh(-0.0)));
  for (const Function f :
       {Function(exp), Function(expm1), Function(log), Function(log1p), Function(tanh)})
    EXPECT_TRUE(std::isnan(f(kNaN)));
}

using Array = void (*)(const double*, double*, std::size_t);

// Every tail length, in place too: the array's values are the scalar's, to the bit.
TEST_P(MathTest, ArraysHaveTheBitsOfScalars) {
  const struct {
    Array array;
    Function scalar;
    std::vector<double> inputs;
  } cases[] = {{exp, exp, exp_inputs()},
               {log, log, log_inputs()},
               {log1p, log1p, log1p_inputs()},
               {tanh, tanh, tanh_inputs()}};
  for (const auto& c : cases) {
    std::vector<double> out(c.inputs.size());
    for (std::size_t begin = 0, n = 0; begin < c.inputs.size(); begin += n, ++n) {
      const std::size_t count = std::min(n, c.inputs.size() - begin);
      std::copy_n(c.inputs.begin() + static_cast<std::ptrdiff_t>(begin), count,
                  out.begin() + static_cast<std::ptrdiff_t>(begin));
      c.array(&out[begin], &out[begin], count);
    }
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_EQ(std::bit_cast<std::uint64_t>(out[i]),
                std::bit_cast<std::uint64_t>(c.scalar(c.inputs[i])))
          << c.inputs[i];
  }
}

std::vector<std::uint64_t> bits_on(std::int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().DeInit();
  std::vector<std::uint64_t> bits;
  const auto add = [&bits](Function f, const std::vector<double>& inputs) {
    for (const double x : inputs) bits.push_back(std::bit_cast<std::uint64_t>(f(x)));
  };
  add(exp, exp_inputs());
  add(expm1, exp_inputs());
  add(log, log_inputs());
  add(log1p, log1p_inputs());
  add(tanh, tanh_inputs());
  for (const double x : log_inputs()) bits.push_back(std::bit_cast<std::uint64_t>(pow(x, 1.75)));
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
  return bits;
}

TEST(Math, Avx2AndAvx512HaveTheSameBits) {
  const std::int64_t supported = hwy::SupportedTargets();
  if (!(supported & HWY_AVX2) || !(supported & HWY_AVX3)) GTEST_SKIP() << "needs both on this CPU";
  EXPECT_TRUE(bits_on(HWY_AVX2) == bits_on(HWY_AVX3));
}

}  // namespace
}  // namespace crossent::kernels
