#include "crossent/explain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "crossent/error.h"

namespace crossent {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Wilson, MatchesTheWorkedExampleAndStaysInside) {
  const Interval i = wilson_interval(0.34, 5000);
  EXPECT_NEAR(i.low, 0.3269970026518126, 1e-15);
  EXPECT_NEAR(i.high, 0.3532486619706058, 1e-15);
  EXPECT_EQ(wilson_interval(0, 1).low, 0);
  EXPECT_EQ(wilson_interval(1, 1).high, 1);
}

// h(e) + e ln(C-1) = L with libm; the root's slope is ln((1-e)(C-1)/e).
TEST(LeastCalibratedError, IsTheRootOfFanosEquation) {
  for (const std::int64_t c : {2, 3, 10, 1000, 128256}) {
    const double top = std::log(static_cast<double>(c));
    for (const double share : {1e-12, 1e-3, 0.1, 0.5, 0.9, 0.99}) {
      const double e = least_calibrated_error(share * top, c);
      const double back =
          -e * std::log(e) - (1 - e) * std::log1p(-e) + e * std::log(static_cast<double>(c - 1));
      EXPECT_NEAR(back, share * top, 8e-16 * (1 + share * top)) << c << " " << share;
    }
    EXPECT_EQ(least_calibrated_error(0, c), 0);
    EXPECT_EQ(least_calibrated_error(top, c), 1 - 1 / static_cast<double>(c));
  }
  EXPECT_EQ(least_calibrated_error(0, 1), 0);
}

TEST(LargestCalibratedError, IsPiecewiseLinearThroughEqualChoices) {
  for (const std::int64_t c : {2, 3, 10, 1000}) {
    for (std::int64_t i = 1; i <= c; ++i) {
      const auto k = static_cast<double>(i);
      EXPECT_NEAR(largest_calibrated_error(std::log(k), c), (k - 1) / k, 1e-14);
    }
  }
  const double nats = 0.5;  // up to ln 2: L / (2 ln 2)
  EXPECT_NEAR(largest_calibrated_error(nats, 10), nats / (2 * std::log(2)), 1e-15);
  EXPECT_NEAR(largest_calibrated_error((std::log(2) + std::log(3)) / 2, 10), (0.5 + 2.0 / 3) / 2,
              1e-15);
}

TEST(CalibratedErrors, EncloseEachOther) {
  for (const std::int64_t c : {2, 5, 100})
    for (double share = 0.01; share < 1; share += 0.01) {
      const double nats = share * std::log(static_cast<double>(c));
      EXPECT_LE(least_calibrated_error(nats, c), largest_calibrated_error(nats, c) + 1e-12);
    }
}

// The argument that a refusal names.
template <class F>
std::string refused(F f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.argument;
  }
  return "nothing";
}

TEST(Explain, ItsPartsRefuseWhatIsOutsideTheirRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {-0.1, 1.1, kNan, kInf})
    EXPECT_EQ(refused([&] { wilson_interval(bad, 10); }), "share") << bad;
  for (const double bad : {-1.0, 0.0, kNan, kInf})
    EXPECT_EQ(refused([&] { wilson_interval(0.5, bad); }), "n") << bad;
  for (const double bad : {-1.0, kNan, kInf})
    EXPECT_EQ(refused([&] { wilson_interval(0.5, 10, bad); }), "z") << bad;
  for (const double bad : {-1e-300, -kInf, kNan}) {
    EXPECT_EQ(refused([&] { least_calibrated_error(bad, 3); }), "nats") << bad;
    EXPECT_EQ(refused([&] { largest_calibrated_error(bad, 3); }), "nats") << bad;
    EXPECT_EQ(refused([&] { share_below_at_most(bad, 0.1); }), "nats") << bad;
  }
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX}) {
    EXPECT_EQ(refused([&] { least_calibrated_error(1, bad); }), "classes") << bad;
    EXPECT_EQ(refused([&] { largest_calibrated_error(1, bad); }), "classes") << bad;
  }
  for (const double bad : {-0.5, 0.0, 1.0, 2.0, kNan, kInf})
    EXPECT_EQ(refused([&] { share_below_at_most(1, bad); }), "t") << bad;
  EXPECT_EQ(least_calibrated_error(kInf, 4), 0.75);
  EXPECT_EQ(largest_calibrated_error(kInf, 4), 0.75);
  EXPECT_EQ(share_below_at_most(kInf, 0.5), 1);
  EXPECT_EQ(share_below_at_most(0, 0.5), 0);
}

TEST(Explain, RefusesWhatContradictsItself) {
  ExplainInput input;
  input.loss = 0.1;
  input.accuracy = 0.5;
  try {
    explain(input);
    FAIL() << "no refusal";
  } catch (const ValueError& e) {
    EXPECT_EQ(e.argument, "contradiction");
  }
  input.loss = 0.5 * std::log(2);  // the least loss of that accuracy
  EXPECT_NO_THROW(explain(input));
  input.accuracy = 1;
  input.loss = std::log(3) * 1.01;
  input.classes = 3;
  EXPECT_THROW(explain(input), ValueError);
  EXPECT_THROW(explain({.loss = -1}), ValueError);
  EXPECT_THROW(explain({.loss = NAN}), ValueError);
  EXPECT_THROW(explain({.loss = 1, .accuracy = 1.5}), ValueError);
  EXPECT_THROW(explain({.loss = 1, .classes = 0}), ValueError);
  EXPECT_THROW(explain({.loss = 1, .rows = 0}), ValueError);
}

TEST(Explain, LeavesOutWhatDoesNotFollow) {
  const Explanation bare = explain({.loss = 1});
  EXPECT_FALSE(bare.uniform || bare.baseline || bare.accuracy_interval || bare.wrong_loss_range ||
               bare.calibrated_accuracy_range || bare.code_length_bits);
  EXPECT_EQ(bare.diagnosis, Diagnosis::unknown);
  const Explanation no_classes = explain({.loss = 1, .accuracy = 0.5});
  EXPECT_DOUBLE_EQ(no_classes.wrong_loss_range->low, std::log(2));
  EXPECT_DOUBLE_EQ(no_classes.wrong_loss_range->high, 2);
  const Explanation all_right = explain({.loss = 0.1, .accuracy = 1});
  EXPECT_TRUE(all_right.no_wrong_rows);
  EXPECT_FALSE(all_right.wrong_loss_range.has_value());
}

TEST(Explain, DiagnosesAgainstFrequenciesAndUniform) {
  const std::vector<double> counts = {26, 4};  // H(y) = 0.392674
  const auto of = [&](double loss) { return explain({.loss = loss, .counts = counts}).diagnosis; };
  EXPECT_EQ(of(kInf), Diagnosis::infinite);
  EXPECT_EQ(of(0.9), Diagnosis::far_above_uniform);
  EXPECT_EQ(of(0.7), Diagnosis::above_uniform);
  EXPECT_EQ(of(0.42), Diagnosis::above_frequencies);
  EXPECT_EQ(of(0.395), Diagnosis::near_frequencies);
  EXPECT_EQ(of(0.38), Diagnosis::below_frequencies);
  EXPECT_EQ(of(0.3), Diagnosis::clearly_below_frequencies);
  const auto uniform = [](double loss) { return explain({.loss = loss, .classes = 3}).diagnosis; };
  EXPECT_EQ(uniform(1.4), Diagnosis::far_above_uniform);
  EXPECT_EQ(uniform(1.2), Diagnosis::above_uniform);
  EXPECT_EQ(uniform(1.1), Diagnosis::near_uniform);
  EXPECT_EQ(uniform(0.5), Diagnosis::below_uniform);
}

TEST(Explain, GivesNoCalibratedRangeAboveTheBaseline) {
  const std::vector<double> counts = {26, 4};
  EXPECT_TRUE(explain({.loss = 0.42, .counts = counts}).cannot_be_calibrated);
  EXPECT_FALSE(explain({.loss = 0.42, .counts = counts}).calibrated_accuracy_range.has_value());
  EXPECT_TRUE(explain({.loss = 0.42, .classes = 2}).calibrated_accuracy_range.has_value());
}

}  // namespace
}  // namespace crossent
