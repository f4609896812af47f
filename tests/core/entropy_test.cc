#include "crossent/entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "crossent/error.h"

namespace crossent {
namespace {

using Values = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void expect_close(double got, double want, double ulps = 4) {
  EXPECT_NEAR(got, want, ulps * std::numeric_limits<double>::epsilon() * std::fabs(want));
}

// `want` is printed to 15 digits.
void expect_digits(double got, double want) { EXPECT_NEAR(got, want, 5e-15 * std::fabs(want)); }

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Entropy, KnownValuesInEveryUnit) {
  EXPECT_EQ(entropy(Values{.5, .5}), 0.6931471805599453);
  EXPECT_EQ(entropy(Values{.5, .5}, {.base = 2}), 1.0);
  EXPECT_EQ(entropy(Values(8, .125), {.base = 2}), 3.0);
  expect_close(entropy(Values(10, .1), {.base = 10}), 1.0);
  expect_digits(entropy(Values{.15, .35, .25, .25}), 1.34515292186736);
  expect_close(entropy(Values{0x1.fffffffffffffp-1, 0x1p-53}), 4.189626486814324e-15);
}

TEST(Entropy, CertaintyIsPlusZero) {
  for (const Values& p : {Values{1, 0}, Values{0, 1}, Values{1}}) {
    const double h = entropy(p);
    EXPECT_EQ(h, 0);
    EXPECT_FALSE(std::signbit(h));
    EXPECT_FALSE(std::signbit(entropy_from_counts(p)));
  }
}

TEST(Entropy, CountsAreNormalisedWithoutLosingTheRareClass) {
  expect_close(entropy_from_counts(Values{26, 4}, 2), 0.5665095065529053);
  expect_digits(entropy_from_counts(Values{14, 16}, 2), 0.996791631981637);
  // -(1e16 log1p(-1/(1e16+1)) + log(1/(1e16+1))) / (1e16+1), in 60 digits
  expect_close(entropy_from_counts(Values{1e16, 1}), 3.7841361487904727e-15, 4);
}

TEST(Entropy, RefusalsNameValueAndBound) {
  EXPECT_EQ(refusal([] { entropy(Values{1.5, -.5}); }), "[entropy] p[0] = 1.5 is outside [0, 1]");
  EXPECT_EQ(refusal([] { entropy(Values{.5, -.5}); }), "[entropy] p[1] = -0.5 is outside [0, 1]");
  EXPECT_EQ(refusal([] { entropy(Values{.5, kNaN}); }), "[entropy] p[1] = nan is not a number");
  EXPECT_EQ(refusal([] {
              entropy(Values{0, 0});
            }),
            "[entropy] p sums to 0: a distribution needs mass");
  EXPECT_EQ(refusal([] {
              entropy(Values{.5, .25});
            }),
            "[entropy] p sums to 0.75, not 1 (weights or counts: normalize)");
  EXPECT_EQ(refusal([] { entropy(Values{}); }), "[entropy] p is empty");
  EXPECT_EQ(refusal([] { entropy(Values{}, {.checks = Checks::off}); }), "[entropy] p is empty");
  EXPECT_EQ(refusal([] {
              entropy_from_counts(Values{3, kInf});
            }),
            "[entropy_from_counts] counts[1] = inf is not a finite number >= 0");
  for (const double base : {1.0, .5, -2.0, kNaN, kInf})
    EXPECT_NE(refusal([&] { entropy(Values{.5, .5}, {.base = base}); }), "accepted") << base;
}

TEST(Entropy, TheErrorSaysArgumentAndIndex) {
  try {
    kl_divergence(Values{.5, .5}, Values{.5, 1.5});
    FAIL() << "accepted";
  } catch (const ValueError& e) {
    EXPECT_EQ(e.argument, "q");
    EXPECT_EQ(e.row, 1);
  }
}

TEST(Entropy, ToleratesRoundingOfTheSumAndOnlyThat) {
  EXPECT_NO_THROW(entropy(Values{.2, .7, .1}));
  EXPECT_NO_THROW(entropy(Values{.5, .5 + 9.9e-7}));
  EXPECT_NE(refusal([] { entropy(Values{.5, .5 + 1.01e-6}); }), "accepted");
  EXPECT_NE(refusal([] { entropy(Values{.775, .126, .039, .070}); }), "accepted");
}

TEST(Entropy, OptionsNormaliseOrTakeValuesAsTheyAre) {
  expect_close(entropy(Values{1, 1, 2}, {.base = 2, .normalize = true}), 1.5);
  expect_close(entropy(Values{1, 1, 2}, {.checks = Checks::off}), -2 * std::log(2.0));
}

TEST(CrossEntropyOfDistributions, IsEntropyPlusDivergence) {
  const Values p{.15, .35, .25, .25}, q{.20, .40, .30, .10};
  expect_digits(cross_entropy(p, q), 1.43875691735106);
  expect_digits(kl_divergence(p, q), 0.0936039954837001);
  expect_close(cross_entropy(p, q), entropy(p) + kl_divergence(p, q));
  EXPECT_EQ(cross_entropy(Values{.5, .5}, Values{1, 0}), kInf);
  EXPECT_EQ(cross_entropy(Values{1, 0}, Values{1, 0}), 0);
  EXPECT_EQ(refusal([] {
              cross_entropy(Values{1}, Values{.5, .5});
            }),
            "[cross_entropy] p has 1 values, q has 2");
}

TEST(KlDivergence, IsNeverNegativeAndExactNearEquality) {
  const Values p{.1, .2, .3, .4};
  EXPECT_EQ(kl_divergence(p, p), 0);
  EXPECT_FALSE(std::signbit(kl_divergence(p, p)));
  expect_close(kl_divergence(Values{.500000001, .499999999}, Values{.5, .5}),
               1.999999997894578e-18);
  EXPECT_EQ(kl_divergence(Values{.5, .5}, Values{1, 0}), kInf);
  expect_close(kl_divergence(Values{.5, .5}, Values{.9, .1}, {.base = 2}), 0.7369655941662061);
}

TEST(KlDivergence, TermsMatchTheDefinitionOnBothSidesOfTheSeries) {
  // p log(p/q) - p + q in long double, for ratios around 5/3 where the formula changes.
  for (double q = 0.3; q < 3; q *= 1.01) {
    if (std::fabs(q - 1) < 0.05) continue;  // long double cancels there
    double got;
    generalized_kl(Values{1}, Values{q}, {&got, 1});
    const long double wide = q;
    const long double want = -std::log(wide) - 1 + wide;
    EXPECT_NEAR(got, static_cast<double>(want), 8e-16 * static_cast<double>(want)) << q;
  }
}

TEST(KlDivergence, MatrixMeansAreOverRows) {
  const Values p{.5, .25, .25, .3, .3, .4}, q{.2, .3, .5, .1, .1, .8};
  const auto mp = matrix(p.data(), 2, 3), mq = matrix(q.data(), 2, 3);
  Values rows(2);
  expect_close(kl_divergence(mp, mq, Reduction::mean, {}, rows), 0.3105933412877451);
  expect_close(rows[0] + rows[1], kl_divergence(mp, mq, Reduction::sum));
  EXPECT_TRUE(std::isnan(kl_divergence(matrix(p.data(), 0, 3), matrix(q.data(), 0, 3))));
  EXPECT_NE(refusal([&] { kl_divergence(mp, matrix(q.data(), 3, 2)); }), "accepted");
}

TEST(KlDivergence, TakesLogProbabilities) {
  EXPECT_EQ(kl_divergence_log(Values{0, -kInf}, Values{-1, -5}), 1.0);
  EXPECT_EQ(kl_divergence_log(Values{-1, -2}, Values{-1, -2}), 0);
  EXPECT_EQ(kl_divergence_log(Values{0, -700}, Values{0, -kInf}), kInf);
  expect_close(kl_divergence_log(Values{3, 3}, Values{9, 8}, {.normalize = true}),
               std::log1p(std::exp(-1.0)) + 0.5 - std::log(2.0), 16);
  EXPECT_NE(refusal([] { kl_divergence_log(Values{1, -5}, Values{-1, -1}); }), "accepted");
}

TEST(KlDivergence, FromLogProbabilitiesIsNotNegativeByRounding) {
  for (int i = 1; i <= 200; ++i) {
    const double p = .3, q = p + i * 1e-10;
    EXPECT_GE(
        kl_divergence_log(Values{std::log(p), std::log1p(-p)}, Values{std::log(q), std::log1p(-q)}),
        0)
        << i;
  }
}

TEST(ElementWise, KeepsRatiosThatOverflow) {
  double out;
  relative_entropy(Values{1e300}, Values{1e-300}, {&out, 1});
  expect_close(out, 1.3815510557964274e303);
  relative_entropy(Values{0}, Values{0}, {&out, 1});
  EXPECT_EQ(out, 0);
  generalized_kl(Values{1}, Values{1.0000001}, {&out, 1});
  expect_close(out, 4.999999672505363e-15);
  generalized_kl(Values{0}, Values{3}, {&out, 1});
  EXPECT_EQ(out, 3);
  EXPECT_EQ(refusal([&] {
              relative_entropy(Values{-1}, Values{1}, {&out, 1});
            }),
            "[relative_entropy] p[0] = -1 is not a finite number >= 0");
}

TEST(JensenShannon, IsSymmetricAndBoundedByOneBit) {
  EXPECT_EQ(jensen_shannon(Values{1, 0}, Values{0, 1}), 0.6931471805599453);
  EXPECT_EQ(jensen_shannon(Values{1, 0}, Values{0, 1}, {.base = 2}), 1.0);
  const Values p{.1, .2, .7}, q{.3, .3, .4};
  EXPECT_EQ(jensen_shannon(p, p), 0);
  EXPECT_EQ(jensen_shannon(p, q), jensen_shannon(q, p));
}

TEST(Perplexity, CountsEqualChoices) {
  expect_close(perplexity(Values(5, .2)), 5);
  expect_close(perplexity(Values(5, .2), {.base = 2}), 5);
  expect_close(perplexity(std::log(50257.0)), 50257, 32);
}

TEST(JointLikelihood, SurvivesUnderflow) {
  const Likelihood few = joint_likelihood(Values{.7, .8, .97});
  expect_close(few.probability, .5432);
  expect_digits(few.nll, 0.610277702737651);
  expect_digits(few.mean, 0.203425900912550);
  expect_digits(few.typical_probability, 0.815930661800186);
  const Likelihood many = joint_likelihood(Values(1100, .5));
  EXPECT_EQ(many.probability, 0);
  expect_digits(many.nll, 762.461898615940);
  EXPECT_EQ(joint_likelihood(Values{.5, 0}).nll, kInf);
  EXPECT_EQ(joint_likelihood(Values{.5, 0}).typical_probability, 0);
  EXPECT_EQ(refusal([] {
              joint_likelihood(Values{.5, 1.5});
            }),
            "[joint_likelihood] p[1] = 1.5 is outside [0, 1]");
}

}  // namespace
}  // namespace crossent
