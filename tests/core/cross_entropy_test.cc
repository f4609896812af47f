#include "crossent/cross_entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "crossent/error.h"

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
struct Answer {
  Result result;
  std::vector<double> loss;
  std::vector<T> gradient;
};

template <class T>
Answer<T> run(const std::vector<T>& x, const std::vector<int>& y, const Options& options = {}) {
  const std::size_t rows = y.size(), cols = x.size() / y.size();
  Answer<T> a{{}, std::vector<double>(rows), std::vector<T>(x.size())};
  Outputs<T> out;
  out.loss = a.loss;
  out.gradient = matrix(a.gradient.data(), rows, cols);
  a.result = cross_entropy<T>(matrix(x.data(), rows, cols), y, options, out);
  return a;
}

TEST(CrossEntropy, KeepsTheDigitsOfTinyLosses) {
  const auto a = run<double>({40, 0}, {0});
  EXPECT_NEAR(a.loss[0], 4.248354255291589e-18, 1e-33);
  EXPECT_NEAR(a.gradient[0], -4.248354255291589e-18, 1e-33);
  EXPECT_NEAR(a.gradient[1], 4.248354255291589e-18, 1e-33);
  EXPECT_NEAR(run<double>({700, 0}, {0}).loss[0] / 9.8596765437597708e-305, 1, 1e-15);
  EXPECT_NEAR(run<float>({500, 0}, {0}).loss[0] / 7.1245764067412855e-218, 1, 1e-7);
}

TEST(CrossEntropy, KeepsTheDifferenceOfLargeLogits) {
  for (float offset : {1e4f, -1e4f, 1e8f, -1e8f})
    EXPECT_EQ(run<float>({offset, offset}, {1}).loss[0], 0.69314718055994529);
  EXPECT_EQ(run<double>({9e307, -8e307}, {1}).loss[0], 1.7e308);
}

TEST(CrossEntropy, SoftcapLeavesMaskedClassesAndPaddingOut) {
  Options options;
  options.softcap = 30;
  EXPECT_NEAR(run<double>({-1e4, -1e4, -1e4}, {0}, options).loss[0], std::log(3.0), 3e-16);
  EXPECT_NEAR(run<double>({-1e4, -1e4, -kInf}, {0}, options).loss[0], std::log(2.0), 3e-16);
}

TEST(CrossEntropy, TakesTheLimitOfOneInfiniteLogit) {
  const auto right = run<double>({kInf, 0, 0}, {0});
  EXPECT_EQ(right.loss[0], 0);
  EXPECT_EQ(right.gradient, (std::vector<double>{0, 0, 0}));
  const auto wrong = run<double>({kInf, 0, 0}, {1});
  EXPECT_EQ(wrong.result.mean, kInf);
  EXPECT_EQ(wrong.result.infinite, 1);
  EXPECT_EQ(wrong.result.first_infinite, 0);
  EXPECT_EQ(wrong.gradient, (std::vector<double>{1, -1, 0}));
}

template <class F>
std::string message_of(const F& call) {
  try {
    call();
  } catch (const ValueError& e) {
    return e.what();
  }
  return "no error";
}

TEST(CrossEntropy, NamesTheBadRowAndFinishesTheOthers) {
  std::vector<double> loss(3);
  const std::vector<double> x = {1, 2, 3, 1, kNaN, 3, 0, 0, 0};
  Outputs<double> out;
  out.loss = loss;
  EXPECT_EQ(message_of([&] {
              cross_entropy<double>(matrix(x.data(), 3, 3), std::vector<int>{2, 2, 0}, {}, out);
            }),
            "[cross_entropy] x[1][1] = nan is not a number");
  EXPECT_NEAR(loss[0], 0.4076059644443803, 2e-16);
  EXPECT_TRUE(std::isnan(loss[1]));
  EXPECT_NEAR(loss[2], 1.0986122886681098, 2e-16);
  EXPECT_EQ(message_of([&] {
              run<double>({-kInf, -kInf}, {0});
            }),
            "[cross_entropy] row 0 has no class left: every logit is -inf or masked");
}

TEST(CrossEntropy, RefusesLabelsOutsideTheClassesBeforeWriting) {
  std::vector<double> loss(3, 7);
  const std::vector<double> x(9, 0.0);
  Outputs<double> out;
  out.loss = loss;
  EXPECT_EQ(message_of([&] {
              cross_entropy<double>(matrix(x.data(), 3, 3), std::vector<int>{1, 2, 3}, {}, out);
            }),
            "[cross_entropy] label[2] = 3 is outside [0, 3) (labels run 1..3 for 3 classes: "
            "1-based? subtract 1)");
  EXPECT_EQ(loss, (std::vector<double>{7, 7, 7}));
}

TEST(CrossEntropy, IgnoredRowsAreNotRead) {
  Options options;
  options.ignore_index = -100;
  const auto a = run<double>({kNaN, kInf, 0, 1, 2, 3}, {-100, 2}, options);
  EXPECT_NEAR(a.result.mean, 0.4076059644443803, 2e-16);
  EXPECT_EQ(a.result.ignored, 1);
  EXPECT_EQ(a.loss[0], 0);
  for (int j = 0; j < 3; ++j) EXPECT_FALSE(std::signbit(a.gradient[j]) || a.gradient[j] != 0);
}

TEST(CrossEntropy, ComparesUnsignedLabelsExactlyWithTheIgnoreIndex) {
  Options options;
  options.ignore_index = std::numeric_limits<std::int64_t>::max();
  const std::vector<double> x(2);
  EXPECT_EQ(message_of([&] {
              cross_entropy<double>(matrix(x.data(), 1, 2), std::vector<std::uint64_t>{~0ull},
                                    options);
            }),
            "[cross_entropy] label[0] = 18446744073709551615 is outside [0, 2)");
}

TEST(CrossEntropy, RefusesWeightsThatOverflow) {
  Options options;
  const std::vector<double> w = {1e308, 1e308};
  options.row_weight = w;
  EXPECT_EQ(
      message_of([&] {
        run<double>({1, 2, 3, 4}, {0, 1}, options);
      }),
      "[cross_entropy] row_weight up to 1e+308 overflows: scale it, the mean does not change");
  const std::vector<double> c = {1, 4};
  options.class_weight = c;
  EXPECT_EQ(message_of([&] {
              run<double>({1, 2, 3, 4}, {0, 1}, options);
            }),
            "[cross_entropy] row_weight up to 1e+308, times class_weight up to 4, overflows: scale "
            "it, the mean does not change");
}

TEST(CrossEntropy, DividesByTheWeightsOrTheRows) {
  Options options;
  const std::vector<double> c = {1, 2, 4};
  options.class_weight = c;
  EXPECT_NEAR(run<double>({1, 2, 3, 0, 0, 0}, {0, 2}, options).result.mean, 1.3604110238233638,
              4e-16);
  options.divisor = Divisor::rows;
  EXPECT_NEAR(run<double>({1, 2, 3, 0, 0, 0}, {0, 2}, options).result.mean, 3.4010275595584094,
              8e-16);
}

TEST(CrossEntropy, ReadsProbabilitiesAndRefusesLogits) {
  Options options;
  options.kind = Kind::probabilities;
  EXPECT_NEAR(run<double>({.2, .7, .1}, {1}, options).result.mean, 0.356674943938732, 1e-15);
  EXPECT_EQ(run<double>({0, .5, .5}, {0}, options).result.mean, kInf);
  EXPECT_EQ(message_of([&] {
              run<double>({.2, 1.7, -.9}, {1}, options);
            }),
            "[cross_entropy] x[0][1] = 1.7 is outside [0, 1]: looks like logits (kind = logits)");
  EXPECT_EQ(message_of([&] {
              run<double>({.2, .2, .2}, {1}, options);
            }),
            "[cross_entropy] x[0] sums to 0.6000000000000001, not to 1 (within 1e-06); "
            "normalize = true divides by the sum");
  options.normalize = true;
  EXPECT_NEAR(run<double>({.2, .2, .2}, {1}, options).result.mean, 1.0986122886681098, 3e-16);
}

TEST(CrossEntropy, GradientMayReplaceTheLogitsButNotOverlapThem) {
  std::vector<double> x = {1, 2, 3, 4, 5, 6, 7};
  const std::vector<double> apart = run<double>({1, 2, 3, 4, 5, 6}, {0, 2}).gradient;
  Outputs<double> out;
  out.gradient = matrix(x.data(), 2, 3);
  cross_entropy<double>(matrix<const double>(x.data(), 2, 3), std::vector<int>{0, 2}, {}, out);
  EXPECT_EQ(std::vector<double>(x.begin(), x.end() - 1), apart);
  out.gradient = matrix(x.data() + 1, 2, 3);
  EXPECT_EQ(message_of([&] {
              cross_entropy<double>(matrix<const double>(x.data(), 2, 3), std::vector<int>{0, 2},
                                    {}, out);
            }),
            "[cross_entropy] gradient overlaps x in part: give the same view, or separate memory");
}

}  // namespace
}  // namespace crossent
