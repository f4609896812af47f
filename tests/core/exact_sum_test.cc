#include "core/exact_sum.h"

#include <gtest/gtest.h>
#include <mpfr.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();

struct Term {
  double a, b;  // the term is a * b
};

// The sum in 5000 bits: every term and every partial sum is exact there.
double reference(const std::vector<Term>& terms) {
  mpfr_set_emin(-8000);
  mpfr_set_emax(8000);
  mpfr_t sum, a, b;
  mpfr_inits2(5000, sum, a, b, nullptr);
  mpfr_set_zero(sum, 1);
  for (const Term& t : terms) {
    mpfr_set_d(a, t.a, MPFR_RNDN);
    mpfr_set_d(b, t.b, MPFR_RNDN);
    mpfr_fma(sum, a, b, sum, MPFR_RNDN);
  }
  const double result = mpfr_get_d(sum, MPFR_RNDN);
  mpfr_clears(sum, a, b, nullptr);
  return result;
}

ExactSum sum_of(const std::vector<Term>& terms) {
  ExactSum sum;
  for (const Term& t : terms) t.b == 1 ? sum.add(t.a) : sum.add_product(t.a, t.b);
  return sum;
}

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

// Any finite double, by its bits: every exponent is as likely.
double any_finite(std::mt19937_64& rng) {
  for (;;)
    if (const auto x = std::bit_cast<double>(rng()); std::isfinite(x)) return x;
}

TEST(ExactSum, KnownSums) {
  const auto value = [](std::vector<double> xs) {
    ExactSum s;
    for (double x : xs) s.add(x);
    return s.value();
  };
  EXPECT_EQ(value({}), 0);
  EXPECT_EQ(value({1, 0x1p-60, -1}), 0x1p-60);
  EXPECT_EQ(value({1e308, 1e308, -1e308, -1e308, kTiny}), kTiny);
  EXPECT_EQ(value({kMax, kMax, -kMax}), kMax);
  EXPECT_EQ(value({kMax, kMax}), kInf);  // the sum itself is beyond the range
  EXPECT_EQ(value({-kMax, -kMax}), -kInf);
  EXPECT_EQ(value({kTiny, kTiny, -kTiny}), kTiny);
  EXPECT_EQ(value({1, 0x1p-53}), 1);                   // tie to even
  EXPECT_EQ(value({1, 0x1p-53, kTiny}), 1 + 0x1p-52);  // just above the tie
  EXPECT_EQ(value({-1, -0x1p-53, -kTiny}), -1 - 0x1p-52);
  EXPECT_EQ(value({1 + 0x1p-52, 0x1p-53}), 1 + 0x1p-51);  // tie to even, upwards
}

TEST(ExactSum, InfinitiesAndNanAreCountedApart) {
  ExactSum s;
  s.add(3);
  s.add(kInf);
  EXPECT_EQ(s.value(), kInf);
  EXPECT_EQ(s.expansion(), std::vector<double>{3});
  ExactSum t;
  t.add(-kInf);
  EXPECT_EQ(t.value(), -kInf);
  s.merge(t);
  EXPECT_TRUE(std::isnan(s.value()));
  ExactSum u;
  u.add_product(0, kInf);
  EXPECT_TRUE(std::isnan(u.value()));
  EXPECT_FALSE(u.finite());
}

TEST(ExactSum, ProductsDoNotOverflowOrUnderflow) {
  ExactSum s;
  s.add_product(1e300, 1e300);
  s.add_product(-1e300, 1e300);
  s.add_product(1e-300, 1e-300);
  EXPECT_EQ(s.value(), 0);  // 1e-600 rounds to 0 only here
  EXPECT_EQ(s.shifted(30).value(), std::ldexp(1e-300, 960) * 1e-300);
  s.add_product(-1e-300, 1e-300);
  EXPECT_EQ(s.leading_digit(), ExactSum().leading_digit());
}

TEST(ExactSum, EqualsTheCorrectlyRoundedSumOverTheWholeRange) {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<Term> terms(1 + rng() % 200);
    for (Term& t : terms) t = {any_finite(rng), round % 2 == 0 || rng() % 2 ? 1 : any_finite(rng)};
    ASSERT_EQ(bits(sum_of(terms).value()), bits(reference(terms) + 0.0)) << "round " << round;
  }
}

// Cancellation leaves the last bits: x, -x and neighbours, all of one size.
TEST(ExactSum, EqualsTheCorrectlyRoundedSumAfterCancellation) {
  std::mt19937_64 rng(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<Term> terms;
    const int exponent = static_cast<int>(rng() % 2040) - 1060;
    for (int i = 0; i < 50; ++i) {
      const double x = std::ldexp(static_cast<double>(rng() >> 11), exponent - 53);
      terms.push_back({x, 1});
      terms.push_back({-std::nextafter(x, rng() % 2 ? kInf : -kInf), 1});
      terms.push_back({x, std::ldexp(1.0, -static_cast<int>(rng() % 64))});
      terms.push_back({-x, std::ldexp(1.0, -static_cast<int>(rng() % 64))});
    }
    ASSERT_EQ(bits(sum_of(terms).value()), bits(reference(terms) + 0.0)) << "round " << round;
  }
}

TEST(ExactSum, ManyTermsOfOneSignCarry) {
  ExactSum s, half;
  for (int i = 0; i < 100000; ++i) s.add(kMax);
  for (int i = 0; i < 100000; ++i) s.add_product(-kMax, 1 + 0x1p-52);
  for (int i = 0; i < 100000; ++i) half.add_product(kMax, -0x1p-52);
  EXPECT_TRUE(s == half);
  EXPECT_EQ(s.shifted(-2).value(), std::ldexp(-1e5 * (1 - 0x1p-53), 1024 - 52 - 64));
}

// The largest change of one chunk by one term (2^53), often: chunks would overflow without carries.
TEST(ExactSum, ChunksCarryBeforeTheyOverflow) {
  const double x = std::ldexp(2 - 0x1p-52, 19);
  ExactSum s;
  for (int i = 0; i < 1 << 16; ++i) s.add(x);
  EXPECT_EQ(s.value(), std::ldexp(x, 16));
  ExactSum part, merged;
  for (int i = 0; i < 999; ++i) part.add(x);
  for (int i = 0; i < 64; ++i) merged.merge(part);
  for (int i = 0; i < 990; ++i) merged.add(x);
  EXPECT_EQ(merged.value(), x * (999 * 64 + 990));
}

RC_GTEST_PROP(ExactSum, AnyOrderSplitAndMergeTreeGiveTheSameBits, ()) {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  std::mt19937_64 rng(seed);
  std::vector<Term> terms(1 + rng() % 3000);
  const bool narrow = rng() % 2 != 0;
  for (Term& t : terms) {
    t.a = narrow ? std::ldexp(static_cast<double>(rng()), static_cast<int>(rng() % 40) - 80)
                 : any_finite(rng);
    t.b = rng() % 2 ? 1 : std::ldexp(static_cast<double>(rng()), -64);
  }
  const ExactSum whole = sum_of(terms);
  std::shuffle(terms.begin(), terms.end(), rng);
  std::vector<ExactSum> parts(1 + rng() % 7);
  for (const Term& t : terms) parts[rng() % parts.size()].add_product(t.a, t.b);
  while (parts.size() > 1) {
    const std::size_t from = rng() % parts.size();
    ExactSum taken = parts[from];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(from));
    parts[rng() % parts.size()].merge(taken);
  }
  RC_ASSERT(parts[0] == whole);
  RC_ASSERT(bits(parts[0].value()) == bits(whole.value()));
  RC_ASSERT(parts[0].expansion() == whole.expansion());
}

TEST(ExactSum, MergingWithItselfDoubles) {
  ExactSum s;
  s.add(0.1);
  s.add(-1e20);
  ExactSum twice = s;
  twice.merge(s);
  s.merge(s);
  EXPECT_TRUE(s == twice);
  EXPECT_EQ(s.value(), -2e20);
  s.add(2e20);
  EXPECT_EQ(s.value(), 0.2);
}

TEST(ExactSum, ExpansionAddsUpToTheSum) {
  ExactSum s;
  for (int i = 1; i < 1000; ++i) s.add_product(1.0 / i, 1.0 / (i + 7));
  const std::vector<double> terms = s.expansion();
  EXPECT_GE(terms.size(), 2u);
  ExactSum again;
  for (std::size_t i = terms.size(); i-- > 0;) again.add(terms[i]);
  EXPECT_TRUE(again == s);
}

TEST(FixedSum, RoundsEachValueOnceThenAddsIntegers) {
  FixedSum s;
  for (int i = 0; i < 1000; ++i) s.add(0.1);
  EXPECT_NEAR(s.value(), 100, 1000 * 0x1p-63);
  FixedSum two;
  two.add(2);
  two.add(0);
  two.merge(s);
  EXPECT_NEAR(two.value(), 102, 1000 * 0x1p-63);
  FixedSum small;
  small.add(0x1p-62);
  small.add(0x1p-64);  // below half a unit
  EXPECT_EQ(small.value(), 0x1p-62);
}

}  // namespace
}  // namespace crossent
