#include "crossent/relatives.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "crossent/error.h"

namespace crossent {
namespace {

using Values = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void expect_close(double got, double want, double ulps = 8) {
  EXPECT_NEAR(got, want, ulps * std::numeric_limits<double>::epsilon() * std::fabs(want));
}

double focal(double x, double t, const FocalOptions& options) {
  return focal_sigmoid(Values{x}, Values{t}, options);
}

double focal_slope(double x, double t, const FocalOptions& options) {
  double gradient;
  focal_sigmoid(Values{x}, Values{t}, options, Reduction::mean, {.gradient = {&gradient, 1}});
  return gradient;
}

TEST(FocalSigmoid, KnownValues) {
  expect_close(focal(0, 1, {.25, 2}), 0.04332169878499658);
  expect_close(focal(0, 0, {.25, 2}), 3 * 0.04332169878499658);
  expect_close(focal(0, 1, {.gamma = 2}), 4 * 0.04332169878499658);
  expect_close(focal(-100, 1, {.25, 2}), 25);
  expect_close(focal(2, .3, {.25, 2, SoftFocal::mixed_pt}), 0.38984291382742087);
}

TEST(FocalSigmoid, KeepsTheDigitsOfTinyLosses) {
  EXPECT_NEAR(focal(40, 1, {.25, 2}), 1.9169120184305e-53, 1e-64);
  EXPECT_EQ(focal(40, 1, {.25, 2}), focal(-40, 0, {.75, 2}));
  EXPECT_NEAR(focal_slope(40, 1, {.25, .5}), -3.2836915360111954e-27, 4e-41);
}

TEST(FocalSigmoid, HasItsLimitsAtInfinityAndAtGammaZero) {
  EXPECT_EQ(focal(kInf, 1, {.25, 2}), 0);
  EXPECT_EQ(focal(kInf, 1, {.25, 0}), 0);
  EXPECT_EQ(focal(-kInf, 1, {.25, 2}), kInf);
  EXPECT_EQ(focal(-kInf, 1, {0, 2}), 0);
  EXPECT_EQ(focal_slope(1000, 1, {.25, 0}), 0);
  EXPECT_FALSE(std::signbit(focal_slope(1000, 1, {.25, 0})));
  EXPECT_EQ(focal_slope(-kInf, 1, {.25, 2}), -.25);
  expect_close(focal(1.5, .3, {.gamma = 0}), std::log1p(std::exp(1.5)) - .3 * 1.5);
}

TEST(FocalSigmoid, GradientIsTheDerivativeOfTheLoss) {
  for (const auto soft : {SoftFocal::expected, SoftFocal::mixed_pt})
    for (const double x : {-3.0, -.5, 0.0, .25, 2.0})
      for (const double t : {0.0, .125, .5, .875, 1.0})
        for (const double gamma : {0.0, .5, 1.0, 2.0, 5.0}) {
          const FocalOptions options{.25, gamma, soft};
          const double h = 0x1p-13;  // five points: error h^4 f^(5) / 30
          const double finite = (8 * (focal(x + h, t, options) - focal(x - h, t, options)) -
                                 (focal(x + 2 * h, t, options) - focal(x - 2 * h, t, options))) /
                                (12 * h);
          EXPECT_NEAR(focal_slope(x, t, options), finite, 1e-11) << x << " " << t << " " << gamma;
        }
}

TEST(FocalSigmoid, MeanDividesTheGradientToo) {
  const Values x{0, 1}, t{1, 0};
  Values sum(2), mean(2), loss(2);
  const double total =
      focal_sigmoid(x, t, {.25, 2}, Reduction::sum, {.loss = loss, .gradient = sum});
  EXPECT_EQ(focal_sigmoid(x, t, {.25, 2}, Reduction::mean, {.gradient = mean}), total / 2);
  EXPECT_EQ(loss[0] + loss[1], total);
  EXPECT_EQ(mean[1], sum[1] / 2);
  EXPECT_TRUE(std::isnan(focal_sigmoid({}, {})));
}

TEST(FocalSigmoid, RefusesWhatIsOutsideItsRange) {
  EXPECT_THROW(focal(0, 1, {.25, -1}), ValueError);
  EXPECT_THROW(focal(0, 1, {.25, kNaN}), ValueError);
  EXPECT_THROW(focal(0, 1, {1.25, 1}), ValueError);
  EXPECT_THROW(focal(0, 1.5, {.25, 1}), ValueError);
  EXPECT_THROW(focal(kNaN, 1, {.25, 1}), ValueError);
  EXPECT_THROW(focal_sigmoid(Values{1}, Values{1, 0}), ValueError);
}

const Values kRow{1, 2, 3};
const std::vector<int> kLabel{2};

TEST(FocalSoftmax, KnownValuesAndLimits) {
  const auto row = matrix(kRow.data(), 1, 3);
  expect_close(focal_softmax(row, kLabel, {1, 2}), 0.04567779896788489);
  expect_close(focal_softmax(row, kLabel, {.gamma = 0}), 0.4076059644443803);
  const Values wide{50, 0};
  expect_close(focal_softmax(matrix(wide.data(), 1, 2), std::vector<int>{1}, {.25, 2}), 12.5);
  // (1 - p)^2 (-log p) with 1 - p = e^-50: e^-150
  EXPECT_NEAR(focal_softmax(matrix(wide.data(), 1, 2), std::vector<int>{0}) * std::exp(150), 1,
              1e-13);
  const Values one{kInf, 0};
  EXPECT_EQ(focal_softmax(matrix(one.data(), 1, 2), std::vector<int>{0}, {.gamma = 0}), 0);
  EXPECT_EQ(focal_softmax(matrix(one.data(), 1, 2), std::vector<int>{1}), kInf);
  EXPECT_EQ(focal_softmax(matrix(kRow.data(), 1, 1), std::vector<int>{0}), 0);
}

TEST(FocalSoftmax, RefusesRowsWithoutADistribution) {
  for (const Values& z : {Values{-kInf, -kInf}, Values{kInf, kInf}, Values{0, kNaN}})
    EXPECT_THROW(focal_softmax(matrix(z.data(), 1, 2), std::vector<int>{0}), ValueError);
  EXPECT_THROW(focal_softmax(matrix(kRow.data(), 1, 3), std::vector<int>{3}), ValueError);
}

TEST(Poly1, AddsTheLinearTerm) {
  const auto row = matrix(kRow.data(), 1, 3);
  expect_close(poly1(row, kLabel, 2), 1.0771240528947366);
  expect_close(poly1(row, kLabel, 0), 0.4076059644443803);
  EXPECT_THROW(poly1(row, kLabel, kNaN), ValueError);
}

TEST(GeneralizedCrossEntropy, GoesFromAbsoluteErrorToCrossEntropy) {
  const Values p{.25, .75};
  const auto row = matrix(p.data(), 1, 2);
  const std::vector<int> y{0};
  expect_close(generalized_cross_entropy(row, y, .5), 1);
  expect_close(generalized_cross_entropy(row, y, 1), .75);
  expect_close(generalized_cross_entropy(row, y, 0), std::log(4.0));
  expect_close(generalized_cross_entropy(row, y, 0x1p-60), std::log(4.0));
  EXPECT_THROW(generalized_cross_entropy(row, y, 1.5), ValueError);
  const Values bad{.25, .7};
  const auto unnormalised = matrix(bad.data(), 1, 2);
  EXPECT_THROW(generalized_cross_entropy(unnormalised, y, .5), ValueError);
  expect_close(generalized_cross_entropy(unnormalised, y, .5, Reduction::mean, {}, Checks::off), 1);
}

TEST(SoftMargin, KnownValuesAndGradient) {
  Values gradient(2);
  expect_close(soft_margin(Values{-800, 0}, Values{1, -1}, Reduction::sum, {.gradient = gradient}),
               800 + std::log(2.0));
  EXPECT_EQ(gradient, (Values{-1, .5}));
  EXPECT_THROW(soft_margin(Values{0}, Values{0}), ValueError);
}

TEST(MultilabelSoftMargin, AveragesLabelsThenRows) {
  const Values x{-800, 1, 0, 0}, t{1, 0, 1, .5}, weight{1, 3};
  expect_close(multilabel_soft_margin(matrix(x.data(), 1, 2), matrix(t.data(), 1, 2)),
               400.6566308437591);
  expect_close(multilabel_soft_margin(matrix(x.data() + 2, 1, 2), matrix(t.data() + 2, 1, 2),
                                      Reduction::mean, {}, weight),
               2 * std::log(2.0));
  const Values bad{1, 2};
  EXPECT_THROW(multilabel_soft_margin(matrix(x.data(), 1, 2), matrix(bad.data(), 1, 2)),
               ValueError);
}

TEST(GaussianNll, KnownValuesAndRange) {
  const Values mu{1}, y{2}, var{2};
  expect_close(gaussian_nll(mu, y, var), 0.5965735902799727);
  expect_close(gaussian_nll(mu, y, var, true), 1.5155121234846454);
  for (const double bad : {0.0, -1.0, kNaN, kInf})
    EXPECT_THROW(gaussian_nll(mu, y, Values{bad}), ValueError);
}

}  // namespace
}  // namespace crossent
