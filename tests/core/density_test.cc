#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "crossent/entropy.h"
#include "crossent/error.h"

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void expect_close(double got, double want, double ulps = 4) {
  EXPECT_NEAR(got, want, ulps * std::numeric_limits<double>::epsilon() * std::fabs(want));
}

TEST(DensityEntropy, KnownValues) {
  expect_close(entropy(Density::normal(0, 1)), 1.41893853320467, 16);
  EXPECT_EQ(entropy(Density::uniform(0, .5), 2), -1);
  EXPECT_EQ(entropy(Density::exponential(1)), 1);
  expect_close(entropy(Density::normal(5, 3)), 1.41893853320467274 + std::log(3.0));
  EXPECT_FALSE(std::signbit(entropy(Density::uniform(2, 3))));
}

TEST(DensityCrossEntropy, KnownValues) {
  expect_close(cross_entropy(Density::normal(0, 1), Density::normal(1, 2)), 1.86208571376462, 16);
  expect_close(cross_entropy(Density::uniform(0, 1), Density::uniform(-1, 2)), std::log(3.0));
  expect_close(cross_entropy(Density::exponential(2), Density::exponential(3)),
               1.5 - std::log(3.0));
  expect_close(cross_entropy(Density::uniform(1, 3), Density::exponential(.5)), 1 + std::log(2.0));
  // E (x - 1)^2 over uniform(0, 1) is 1/3; over exponential(1) it is 1.
  const double half_log_2_pi = 0.9189385332046727;
  expect_close(cross_entropy(Density::uniform(0, 1), Density::normal(1, 1)),
               half_log_2_pi + 1 / 6.0);
  expect_close(cross_entropy(Density::exponential(1), Density::normal(1, 1)), half_log_2_pi + .5);
}

TEST(DensityCrossEntropy, IsInfiniteWhereTheModelHasNoMass) {
  const Density normal = Density::normal(0, 1), exponential = Density::exponential(1);
  EXPECT_EQ(cross_entropy(normal, exponential), kInf);
  EXPECT_EQ(cross_entropy(normal, Density::uniform(-1e9, 1e9)), kInf);
  EXPECT_EQ(cross_entropy(exponential, Density::uniform(0, 1e9)), kInf);
  EXPECT_EQ(cross_entropy(Density::uniform(-1, 1), exponential), kInf);
  EXPECT_EQ(cross_entropy(Density::uniform(0, 2), Density::uniform(0, 1)), kInf);
  EXPECT_EQ(kl_divergence(normal, exponential), kInf);
  EXPECT_EQ(kl_divergence(Density::uniform(0, 1), Density::uniform(0, 1)), 0);
}

TEST(DensityDivergence, IsCrossEntropyMinusEntropyAndZeroForItself) {
  const std::vector<Density> all{Density::normal(0, 1),      Density::normal(1, 2),
                                 Density::normal(.1, 1.01),  Density::uniform(1, 2),
                                 Density::uniform(0, 2.5),   Density::exponential(1),
                                 Density::exponential(1.125)};
  for (const Density& p : all) {
    EXPECT_EQ(kl_divergence(p, p), 0);
    for (const Density& q : all) {
      const double kl = kl_divergence(p, q), cross = cross_entropy(p, q);
      EXPECT_GE(kl, 0);
      if (std::isfinite(cross)) {
        EXPECT_NEAR(kl, cross - entropy(p), 4e-16 * (1 + std::fabs(cross)));
      }
    }
  }
}

TEST(DensityDivergence, KeepsItsDigitsNearEquality) {
  const double d = 0x1p-30;  // KL of normals whose sd differ by d: d^2 - 5/3 d^3 + ...
  expect_close(kl_divergence(Density::normal(0, 1), Density::normal(0, 1 + d)),
               d * d - 5 * d * d * d / 3 + 9 * d * d * d * d / 4, 4);
  // of exponentials: d - log(1 + d)
  expect_close(kl_divergence(Density::exponential(1), Density::exponential(1 + d)),
               d * d / 2 - d * d * d / 3 + d * d * d * d / 4, 4);
}

TEST(Density, RefusesParametersOutsideTheirRange) {
  EXPECT_THROW(Density::normal(0, 0), ValueError);
  EXPECT_THROW(Density::normal(0, -1), ValueError);
  EXPECT_THROW(Density::normal(kNaN, 1), ValueError);
  EXPECT_THROW(Density::normal(0, kInf), ValueError);
  EXPECT_THROW(Density::uniform(1, 1), ValueError);
  EXPECT_THROW(Density::uniform(-1e308, 1e308), ValueError);
  EXPECT_THROW(Density::exponential(0), ValueError);
  EXPECT_THROW(entropy(Density::normal(0, 1), 1), ValueError);
}

}  // namespace
}  // namespace crossent
