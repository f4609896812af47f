#include "crossent/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "crossent/error.h"

namespace crossent {
namespace {

using Values = std::vector<double>;
using Ints = std::vector<std::int64_t>;

void expect_close(double got, double want, double ulps = 8) {
  EXPECT_NEAR(got, want, ulps * std::numeric_limits<double>::epsilon() * std::fabs(want));
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}

const Values kP{.9, .1, .2, .8};
const auto kMatrix = matrix(kP.data(), 2, 2);

TEST(LogLoss, WeightsDivideByTheirTotal) {
  expect_close(log_loss(Values{.1, .5}, Ints{0, 1}, {.weight = Values{1, 3}}), 0.5462005143344155);
  expect_close(log_loss(kMatrix, Ints{0, 1}), -(std::log(.9) + std::log(.8)) / 2);
  expect_close(log_loss(Values{1e-17}, Ints{0}), 1e-17);
}

// Both ways through the kernels: values normalized and clipped, a row of weight 0, a row whose sum
// is off.
TEST(LogLoss, TakesWhatTheOtherScoresTake) {
  const Values p{3, 1, 2, 8, 5, 0};
  const Values weight{1, 3, 0};
  const ScoreOptions normalized{.weight = weight, .normalize = true};
  expect_close(log_loss(matrix(p.data(), 3, 2), Ints{0, 1, 1}, normalized),
               -(std::log(.75) + 3 * std::log(.8)) / 4);
  const ScoreOptions clipped{.clip = .1, .normalize = true};
  expect_close(log_loss(matrix(p.data(), 3, 2), Ints{0, 1, 1}, clipped),
               -(std::log(.75) + std::log(.8) + std::log(.1)) / 3);
  EXPECT_EQ(refusal([&] {
              log_loss(matrix(p.data(), 3, 2), Ints{0, 1, 1}, {.checks = Checks::full});
            }),
            "[log_loss] p[0] = 3 is outside [0, 1] (row 0)");
  const Values off{.5, .5, .5, .25};
  EXPECT_EQ(refusal([&] {
              log_loss(matrix(off.data(), 2, 2), Ints{0, 1});
            }),
            "[log_loss] p sums to 0.75, not 1 (weights or counts: normalize) (row 1)");
  EXPECT_TRUE(std::isnan(log_loss(Values{NAN}, Ints{0}, {.checks = Checks::off})));
}

TEST(LogLoss, LabelsNameTheColumns) {
  const Ints names{7, -3};
  expect_close(log_loss(kMatrix, Ints{7, -3}, {.labels = names}), log_loss(kMatrix, Ints{0, 1}));
  expect_close(log_loss(Values{.25}, Ints{-3}, {.labels = names}), std::log(4.0));
  EXPECT_EQ(refusal([&] {
              log_loss(kMatrix, Ints{7, 5}, {.labels = names});
            }),
            "[log_loss] label[1] = 5 is not among labels");
}

TEST(LogLoss, IsInfiniteUnlessClippingIsAskedFor) {
  EXPECT_EQ(log_loss(Values{0}, Ints{1}), std::numeric_limits<double>::infinity());
  expect_close(log_loss(Values{0}, Ints{1}, {.clip = 1e-15}), 34.538776394910684);
  expect_close(log_loss(Values{1}, Ints{0}, {.clip = 0x1p-52}), -std::log(0x1p-52));
}

TEST(LogLoss, Refusals) {
  EXPECT_EQ(refusal([] { log_loss(Values{}, Ints{}); }), "[log_loss] p has no rows");
  EXPECT_EQ(refusal([] { log_loss(Values{.5}, Ints{0}, {.weight = Values{0}}); }),
            "[log_loss] weight sums to 0");
  EXPECT_EQ(refusal([] {
              log_loss(kMatrix, Ints{0, 2});
            }),
            "[log_loss] label[1] = 2 is outside [0, 2)");
  EXPECT_EQ(refusal([] { log_loss(Values{1.5}, Ints{0}); }),
            "[log_loss] p[0] = 1.5 is outside [0, 1]");
  const Values logits{2, -1};
  EXPECT_EQ(refusal([&] { log_loss(matrix(logits.data(), 1, 2), Ints{0}); }),
            "[log_loss] p[0] = 2 is outside [0, 1] (row 0)");
  EXPECT_NE(refusal([] { log_loss(Values{.5}, Ints{0}, {.weight = Values{-1}}); }), "accepted");
  EXPECT_NE(refusal([] { log_loss(Values{.5}, Ints{0}, {.clip = .5}); }), "accepted");
  EXPECT_EQ(refusal([] { log_loss(Values{.5}, Ints{0}, {.threads = -1}); }),
            "[log_loss] threads = -1 is outside [0, 65536]");
  EXPECT_EQ(refusal([] {
              log_loss(kMatrix, Ints{0, 1}, {.weight = Values{1e308, 1}});
            }),
            "[log_loss] weights up to 1e+308 overflow: scale them, the mean does not change");
}

TEST(Brier, BinaryAndManyClasses) {
  expect_close(brier(Values{.1, .9}, Ints{0, 1}), 0.01, 16);
  const Values p{.5, .25, .25, .25, .25, .5};
  EXPECT_EQ(brier_multiclass(matrix(p.data(), 2, 3), Ints{0, 2}), .375);
  expect_close(brier_multiclass(matrix(p.data(), 2, 3), Ints{0, 1}, {.weight = Values{0, 2}}),
               .0625 + .5625 + .25);
  EXPECT_THROW(brier(Values{-.1}, Ints{0}), ValueError);
}

TEST(D2LogLoss, ComparesWithTheClassFrequencies) {
  expect_close(d2_log_loss(kMatrix, Ints{0, 1}), 0.7630344058337939);
  const Values frequencies{.25, .25, .25, .25};
  EXPECT_NEAR(d2_log_loss(frequencies, Ints{0, 0, 0, 1}), 0, 1e-15);
  EXPECT_NE(refusal([] { d2_log_loss(kMatrix, Ints{1, 1}); }), "accepted");
}

TEST(ExpectedCalibrationError, BinsAreClosedOnTheRight) {
  expect_close(expected_calibration_error(Values{.9, .9, .7, .7}, Ints{1, 0, 1, 1}, 5), .35);
  // .5 belongs to (0, .5]: gaps |.5 - 1| and |.75 - 0|, over 3 rows
  expect_close(expected_calibration_error(Values{0, .5, .75}, Ints{0, 1, 0}, 2), 1.25 / 3);
  expect_close(expected_calibration_error(Values{.5, 1}, Ints{1, 1}, 2, Values{3, 1}), .375);
  EXPECT_NE(refusal([] { expected_calibration_error(Values{}, Ints{}); }), "accepted");
  EXPECT_NE(refusal([] { expected_calibration_error(Values{.5}, Ints{2}); }), "accepted");
  EXPECT_NE(refusal([] { expected_calibration_error(Values{.5}, Ints{1}, 0); }), "accepted");
}

}  // namespace
}  // namespace crossent
