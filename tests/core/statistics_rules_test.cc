// What Statistics refuses, and the numbers of other tools.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <utility>

#include "core/hash_set.h"
#include "core/statistics_tools.h"
#include "crossent/error.h"
#include "crossent/statistics.h"

namespace crossent {
namespace {

using test::classes;
using test::expect_near;
using test::fingerprint;
using test::of;

constexpr double kInf = std::numeric_limits<double>::infinity();

// Classes that cannot be lead from the kernel of few classes to the loop of many.
TEST(Statistics, ImpossibleClassesChangeNoScore) {
  std::mt19937_64 rng(8);
  for (const Kind kind : {Kind::probabilities, Kind::logits, Kind::log_probabilities}) {
    const double impossible = kind == Kind::probabilities ? 0 : -kInf;
    std::vector<std::vector<double>> few, many;
    std::vector<std::int64_t> labels;
    for (int i = 0; i < 70; ++i) {
      std::vector<double> row(7);
      double sum = 0;
      for (double& v : row) sum += v = static_cast<double>(1 + rng() % 1000);
      for (double& v : row) v = kind == Kind::probabilities ? v / sum : std::log(v / sum);
      few.push_back(row);
      row.resize(300, impossible);
      many.push_back(row);
      labels.push_back(1 + static_cast<std::int64_t>(rng() % 5));
    }
    StatisticsOptions a = classes(7), b = classes(300);
    a.top_k = b.top_k = 3;
    Summary short_rows = of(few, labels, a, kind).summary();
    const Summary long_rows = of(many, labels, b, kind).summary();
    short_rows.per_class.resize(300, long_rows.per_class[299]);
    EXPECT_EQ(fingerprint(short_rows), fingerprint(long_rows)) << static_cast<int>(kind);
  }
}

// Eight rows share a vector: whether their exponentials may be subnormal must not show in the bits.
TEST(Statistics, SubnormalProbabilitiesHaveTheSameBitsBesideAnyRows) {
  std::mt19937_64 rng(9);
  std::vector<std::vector<double>> few, many;
  std::vector<std::int64_t> labels;
  std::vector<double> got(96), want(96);
  for (int i = 0; i < 96; ++i) {
    const int least = i < 48 ? 650 : 704;  // with rows of normal ones only, and without
    std::vector<double> row = {0, -1, -least - static_cast<double>(rng() % 8'000'000) * 1e-6};
    few.push_back(row);
    row.resize(200, -kInf);
    many.push_back(row);
    labels.push_back(2);
  }
  const auto p_true = [&](const std::vector<std::vector<double>>& rows, std::vector<double>& out) {
    Statistics s(classes(static_cast<std::int64_t>(rows[0].size())));
    std::vector<double> flat;
    for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
    s.add(MatrixView<const double>(matrix(flat.data(), rows.size(), rows[0].size())), Kind::logits,
          labels, {}, {.loss = {}, .p_true = out, .predicted = {}});
  };
  p_true(few, got);
  p_true(many, want);
  EXPECT_EQ(got, want);
}

TEST(Statistics, AsManyConfusionsAreKeptOfManyClassesAsOfFew) {
  for (const std::int64_t n : {3, 64, 65, 300})
    for (const std::size_t most : {2, 3}) {
      StatisticsOptions o = classes(n);
      o.max_confusions = most;
      std::vector<double> row(static_cast<std::size_t>(n));
      Statistics a(o), b(o);
      const auto add = [&](Statistics& s, std::int64_t label, std::size_t predicted) {
        std::fill(row.begin(), row.end(), 0.0);
        row[predicted] = 1;
        s.add(MatrixView<const double>(matrix(row.data(), 1, row.size())), Kind::logits,
              Labels(&label, 1));
      };
      add(a, 0, 1);
      add(a, 0, 1);
      add(a, 0, 2);
      add(b, 1, 2);
      add(b, 0, 1);
      EXPECT_FALSE(a.summary().confusions_dropped);
      a.merge(b);
      const Summary s = a.summary();
      EXPECT_EQ(s.confusions_dropped, most == 2);
      EXPECT_EQ(s.per_class[0].confused_with, most == 2 ? -1 : 1);
      EXPECT_EQ(s.per_class[0].confused_rows, most == 2 ? 0 : 3);
    }
}

TEST(Statistics, TheFirstBadRowIsNamedWhetherItsLabelOrItsValueIsBad) {
  const auto argument_of = [](std::size_t value_row, std::size_t label_row) {
    std::vector<std::vector<double>> rows(70, {0.25, 0.5, 0.25});
    std::vector<std::int64_t> labels(70, 2);
    rows[value_row][1] = 1.5;
    labels[label_row] = 3;
    try {
      of(rows, labels, classes(3));
    } catch (const ValueError& e) {
      return e.argument + std::to_string(e.row);
    }
    return std::string();
  };
  EXPECT_EQ(argument_of(3, 5), "x3");
  EXPECT_EQ(argument_of(5, 3), "label3");
  EXPECT_EQ(argument_of(5, 5), "label5");
  EXPECT_EQ(argument_of(66, 68), "x66");
  EXPECT_EQ(argument_of(68, 2), "label2");
}

// The table of evaluate.md: the loss of a truth that was given probability 0.
TEST(Statistics, EveryToolsClippedLossOfAnImpossibleTruth) {
  const auto like = [](Like tool, bool binary, bool single) {
    StatisticsOptions o = classes(2);
    o.like = tool;
    Statistics s(o);
    const std::vector<std::int64_t> label{0};
    const std::vector<double> wide = binary ? std::vector<double>{1} : std::vector<double>{0, 1};
    const std::vector<float> narrow(wide.begin(), wide.end());
    if (single)
      s.add(MatrixView<const float>(matrix(narrow.data(), 1, narrow.size())), Kind::probabilities,
            label);
    else
      s.add(MatrixView<const double>(matrix(wide.data(), 1, wide.size())), Kind::probabilities,
            label);
    return s.summary().like_loss_nats;
  };
  for (bool binary : {false, true}) {
    EXPECT_NEAR(like(Like::sklearn, binary, false), 36.044, 5e-4);
    EXPECT_NEAR(like(Like::sklearn, binary, true), 15.942, 5e-4);
    EXPECT_NEAR(like(Like::kaggle, binary, false), 34.539, 5e-4);
    EXPECT_NEAR(like(Like::lightgbm, binary, false), 34.539, 5e-4);
    EXPECT_NEAR(like(Like::xgboost, binary, false), 36.841, 5e-4);
    EXPECT_NEAR(like(Like::yardstick, binary, false), 36.044, 5e-4);
  }
  EXPECT_EQ(like(Like::torch, true, false), 100);
  EXPECT_EQ(like(Like::torch, false, false), kInf);
  EXPECT_NEAR(like(Like::keras, false, false), 16.118, 5e-4);
  EXPECT_NEAR(like(Like::keras, true, false), 15.942, 5e-4);  // 1 - 1e-7 rounds in f32
}

TEST(Statistics, ToolsThatClipAtOneDoNotGiveAPerfectRowZero) {
  const auto like = [](Like tool) {
    StatisticsOptions o = classes(2);
    o.like = tool;
    return of({{1, 0}}, {0}, o).summary().like_loss_nats;
  };
  expect_near(like(Like::sklearn), 0x1p-52);
  expect_near(like(Like::yardstick), 0x1p-52);
  EXPECT_NEAR(like(Like::kaggle), 1e-15, 2e-16);
  EXPECT_NEAR(like(Like::keras), 0x1p-23, 1e-9);
  EXPECT_EQ(like(Like::xgboost), 0);
  EXPECT_EQ(like(Like::lightgbm), 0);
}

TEST(Statistics, UnnormalisedRowsAreRefusedOrDivided) {
  StatisticsOptions o = classes(3);
  EXPECT_THROW(of({{.2, .2, .2}}, {0}, o), ValueError);
  o.normalize = true;
  o.like = Like::sklearn;
  const Summary s = of({{.2, .2, .2}}, {0}, o).summary();
  expect_near(s.loss_nats, std::log(3.0));
  expect_near(s.like_loss_nats, std::log(5.0));  // scikit-learn does not divide: 1.6094
  EXPECT_EQ(s.unnormalized_rows, 1);
  o.like = Like::keras;
  EXPECT_NEAR(of({{.2, .2, .2}}, {0}, o).summary().like_loss_nats, std::log(3.0), 1e-7);
}

TEST(Statistics, TheToleranceOfRowSumsFollowsTheType) {
  const std::vector<double> wide{.5, .5, 0, 0, 0, 0, 0, 2e-6};  // 4 C eps of f32: 3.8e-6
  const std::vector<float> narrow(wide.begin(), wide.end());
  const std::vector<std::int64_t> y{0};
  Statistics s(classes(8));
  s.add(MatrixView<const float>(matrix(narrow.data(), 1, 8)), Kind::probabilities, y);
  EXPECT_THROW(s.add(MatrixView<const double>(matrix(wide.data(), 1, 8)), Kind::probabilities, y),
               ValueError);
}

TEST(Statistics, RefusesABadBlockWhole) {
  Statistics s(classes(2));
  const std::vector<double> good{.5, .5}, bad{.5, .5, 1.7, -.7, .5, .5};
  const std::vector<std::int64_t> y{0}, yyy{0, 1, 5};
  s.add(MatrixView<const double>(matrix(good.data(), 1, 2)), Kind::probabilities, y);
  const auto before = fingerprint(s.summary());
  try {
    s.add(MatrixView<const double>(matrix(bad.data(), 3, 2)), Kind::probabilities, yyy);
    FAIL() << "no throw";
  } catch (const ValueError& e) {  // row 1 comes before the label of row 2
    EXPECT_STREQ(e.what(), "[statistics] x[1][0] = 1.7 is outside [0, 1]");
    EXPECT_EQ(e.argument, "x");
    EXPECT_EQ(e.row, 1);
    EXPECT_EQ(e.column, 0);
  }
  EXPECT_EQ(fingerprint(s.summary()), before);
}

TEST(Statistics, NamesEveryKindOfBadRow) {
  const auto message = [](std::vector<double> row, std::int64_t y, Kind kind) -> std::string {
    try {
      of({{row}}, {y}, classes(static_cast<std::int64_t>(row.size())), kind);
    } catch (const ValueError& e) {
      return e.what();
    }
    return "";
  };
  const double nan = std::nan("");
  EXPECT_EQ(message({.5, nan}, 0, Kind::probabilities),
            "[statistics] x[0][1] = nan is outside [0, 1]");
  EXPECT_EQ(message({.5, .4}, 0, Kind::probabilities), "[statistics] x[0] sums to 0.9, not to 1");
  EXPECT_EQ(message({.5, .5}, 2, Kind::probabilities),
            "[statistics] label[0] = 2 is outside [0, 2)");
  EXPECT_EQ(message({0, nan}, 0, Kind::logits), "[statistics] x[0][1] = nan is not a number");
  EXPECT_EQ(message({kInf, kInf}, 0, Kind::logits),
            "[statistics] x[0][1] = inf is the row's second +inf");
  EXPECT_EQ(message({-kInf, -kInf}, 0, Kind::logits),
            "[statistics] x[0] has no class left: all are -inf");
  EXPECT_EQ(message({1, -1}, 0, Kind::log_probabilities),
            "[statistics] x[0][0] = 1 is no log-probability: it is above 0");
  EXPECT_EQ(message({kInf, 0}, 0, Kind::logits), "");
  EXPECT_EQ(message({1.0 / 3, 1.0 / 3, 1.0 / 3 + 9e-7}, 0, Kind::probabilities), "");
}

TEST(Statistics, IgnoredRowsAreNotRead) {
  StatisticsOptions o = classes(2);
  o.ignore_label = -1;
  const Summary s = of({{std::nan(""), 3}, {.5, .5}}, {-1, 1}, o).summary();
  EXPECT_EQ(s.rows, 1);
  EXPECT_EQ(s.ignored, 1);
  expect_near(s.loss_nats, std::numbers::ln2);
}

TEST(Statistics, AFunctionForLinesThatThrowsLeavesNothingBehind) {
  Statistics s = of({{.3, .7}}, {1}, classes(2));
  const auto before = fingerprint(s.summary());
  const std::vector<double> x{1, 0, .5, .5, 0, 1};
  const std::vector<std::int64_t> y{1, 0, 0};
  RowInfo info;
  info.line = [calls = 0](std::size_t) mutable -> std::int64_t {
    if (++calls == 2) throw std::runtime_error("no line");
    return 7;
  };
  std::vector<double> loss(3, -1);
  RowOutputs outputs;
  outputs.loss = loss;
  EXPECT_THROW(s.add(MatrixView<const double>(matrix(x.data(), 3, 2)), Kind::probabilities, y, info,
                     outputs),
               std::runtime_error);
  EXPECT_EQ(fingerprint(s.summary()), before);
  EXPECT_EQ(loss, std::vector<double>(3, -1));
}

TEST(Statistics, RefusesWeightsThatCannotBeSummed) {
  StatisticsOptions o = classes(2);
  o.weighted = true;
  const auto with = [&](std::vector<double> w) {
    RowInfo info;
    info.weight = w;
    return of({{.3}, {.6}}, {0, 1}, o, Kind::probabilities, info).summary();
  };
  for (double bad : {1e308, 1.1e280, 0.9e-280, 0x1p-1074}) {
    try {
      with({1, bad});
      FAIL() << bad;
    } catch (const ValueError& e) {
      EXPECT_EQ(e.argument, "weight");
      EXPECT_EQ(e.row, 1);
      EXPECT_NE(std::string(e.what()).find("is outside [1e-280, 1e280]"), std::string::npos);
    }
  }
  RowInfo one;
  const std::vector<double> big{1e280};
  one.weight = big;
  EXPECT_THROW(of({{0, 1e300}}, {0}, o, Kind::logits, one), ValueError);
  for (double good : {1e280, 1e-280})
    expect_near(with({good, good}).loss_nats, with({1, 1}).loss_nats);
}

TEST(Statistics, ATotalBeyondTheRangeOfDoublesHasItsMean) {
  const Summary s = of({{0, 1.5e308}, {0, 1.5e308}}, {0, 0}, classes(2), Kind::logits).summary();
  expect_near(s.loss_nats, 1.5e308);
  EXPECT_EQ(s.infinite_rows, 0);
}

// 16-bit probabilities of many classes sum to 1 within their own rounding, not that of f32.
TEST(Statistics, ToleratesTheRoundingOfTheTypeGiven) {
  const auto add = [](auto values) {
    Statistics s(classes(3));
    s.add(MatrixView(matrix(std::as_const(values).data(), 1, 3)), Kind::probabilities,
          std::vector<std::int64_t>{0});
    return s.summary().max_sum_error;
  };
  const f16 third{0x3555};   // 1/3 rounded in f16: 0.33325
  const bf16 brain{0x3eaa};  // below 1/3 in bf16: 0.33203
  EXPECT_NEAR(add(std::vector<f16>(3, third)), 2.4e-4, 1e-5);
  EXPECT_NEAR(add(std::vector<bf16>(3, brain)), 3.9e-3, 1e-4);
  EXPECT_THROW(add(std::vector<float>(3, .33325f)), ValueError);
}

TEST(Statistics, ALogProbabilityJustAboveZeroIsOneHoweverManyColumns) {
  const Summary one = of({{1e-9}, {1e-9}}, {1, 0}, classes(2), Kind::log_probabilities).summary();
  const Summary two =
      of({{-kInf, 1e-9}, {-kInf, 1e-9}}, {1, 0}, classes(2), Kind::log_probabilities).summary();
  for (const Summary& s : {one, two}) {
    EXPECT_EQ(s.loss_finite_nats, 0);
    EXPECT_EQ(s.infinite_rows, 1);
    EXPECT_EQ(s.accuracy, .5);
  }
  EXPECT_THROW(of({{2e-6}}, {1}, classes(2), Kind::log_probabilities), ValueError);
  EXPECT_THROW(of({{-kInf, 2e-6}}, {1}, classes(2), Kind::log_probabilities), ValueError);
}

// Percentages would all be clipped to 1 - eps: the tool sees such rows divided.
TEST(Statistics, OtherToolsAreGivenPercentagesDivided) {
  StatisticsOptions o = classes(2);
  o.normalize = true;
  for (Like tool : {Like::sklearn, Like::kaggle, Like::yardstick, Like::lightgbm, Like::torch}) {
    o.like = tool;
    const Summary s = of({{70, 30}, {20, 80}}, {0, 0}, o).summary();
    expect_near(s.like_loss_nats, -(std::log(.7) + std::log(.2)) / 2, 8);
  }
}

TEST(Statistics, RefusesMoreChoicesThanClasses) {
  StatisticsOptions o = classes(3);
  o.top_k = 3;
  EXPECT_NO_THROW(Statistics{o});
  o.top_k = 4;
  EXPECT_THROW(Statistics{o}, ValueError);
}

// Hashes that come in the order of a table's slots must not search ever longer runs.
TEST(HashSet, MergesInStepsThatGrowWithTheHashes) {
  constexpr std::size_t kHashes = 1 << 16;
  const auto filled = [](std::uint64_t first) {
    HashSet set(4 * kHashes);
    for (std::uint64_t i = 0; i < kHashes; ++i)
      set.insert(text_hash("row " + std::to_string(first + i)));
    return set;
  };
  for (std::size_t limit : {2 * kHashes, 4 * kHashes}) {
    HashSet total(limit);
    total.merge(filled(0));
    total.merge(filled(kHashes / 2));
    total.merge(filled(kHashes));
    EXPECT_EQ(total.size(), 2 * kHashes);
    EXPECT_LT(total.steps(), 40 * kHashes);
  }
}

TEST(Statistics, RefusesToMergeOtherOptions) {
  StatisticsOptions o = classes(2);
  o.bins = 3;
  Statistics a(classes(2));
  EXPECT_THROW(a.merge(Statistics(o)), ValueError);
}

}  // namespace
}  // namespace crossent
