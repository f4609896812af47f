#include "crossent/statistics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "core/statistics_tools.h"
#include "crossent/error.h"

namespace crossent {
namespace {

using test::classes;
using test::expect_near;
using test::fingerprint;
using test::of;
using test::Rows;

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Statistics, HandComputedMeansOfThreeRows) {
  StatisticsOptions o = classes(3);
  o.top_k = 2;
  const Summary s = of({{.7, .2, .1}, {.1, .8, .1}, {.2, .25, .55}}, {0, 1, 0}, o).summary();
  const double l[] = {-std::log(.7), -std::log(.8), -std::log(.2)};
  const double mean = (l[0] + l[1] + l[2]) / 3;
  double ss = 0;
  for (double x : l) ss += (x - mean) * (x - mean);
  EXPECT_EQ(s.rows, 3);
  expect_near(s.loss_nats, mean);
  expect_near(s.se_nats, std::sqrt(ss / 2 / 3), 20);
  expect_near(s.accuracy, 2.0 / 3);
  expect_near(s.top_k_accuracy, 2.0 / 3);  // row 2: the truth is third
  expect_near(s.brier, (.09 + .04 + .01 + .01 + .04 + .01 + .64 + .0625 + .3025) / 3);
  expect_near(s.baseline_uniform_nats, std::log(3.0));
  const double prior = -(2.0 / 3 * std::log(2.0 / 3) + 1.0 / 3 * std::log(1.0 / 3));
  expect_near(s.baseline_prior_nats, prior);
  expect_near(s.skill, 1 - mean / prior, 20);
  expect_near(s.ece, (.3 + .2 + .55) / 3, 20);
  EXPECT_EQ(s.calibration[6].rows, 1);  // .7 is in (.6, .7]
  EXPECT_EQ(s.calibration[7].rows, 1);
  EXPECT_EQ(s.calibration[5].rows, 1);
  EXPECT_EQ(s.per_class[0].rows, 2);
  EXPECT_EQ(s.per_class[0].confused_with, 2);
  expect_near(s.per_class[0].loss_share, (l[0] + l[2]) / (l[0] + l[1] + l[2]));
  EXPECT_EQ(s.per_class[2].rows, 0);
  EXPECT_TRUE(std::isnan(s.per_class[2].loss_nats));
  EXPECT_EQ(s.per_class[2].predicted_rows, 1);
  EXPECT_EQ(s.worst[0].row, 2);
  EXPECT_EQ(s.worst[0].predicted, 2);
  expect_near(s.worst_percent_share, l[2] / (l[0] + l[1] + l[2]));
}

TEST(Statistics, KeepsTinyAndHugeLosses) {
  const Summary tiny = of({{40, 0}}, {0}, classes(2), Kind::logits).summary();
  expect_near(tiny.loss_nats, 4.248354255291589e-18);
  const Summary big = of({{1e30, 0}, {3e30, 0}}, {1, 1}, classes(2), Kind::logits).summary();
  expect_near(big.loss_nats, 2e30);
  expect_near(big.se_nats, 1e30);
  const Summary huge = of({{1e250, 0}, {3e250, 0}}, {1, 1}, classes(2), Kind::logits).summary();
  expect_near(huge.se_nats, 1e250);  // its square is out of range
}

TEST(Statistics, StandardErrorOfNearlyEqualLossesDoesNotCancel) {
  const double a = 0.25, b = 0.25 * (1 + 0x1p-40);
  const Summary s = of({{a}, {b}, {a}}, {1, 1, 1}, classes(2)).summary();
  const double d = std::log1p(0x1p-40);  // the difference of the two losses, but for their rounding
  EXPECT_NEAR(s.se_nats, d * std::sqrt(2.0 / 3) / std::sqrt(2.0 * 3), 0x1p-52);
  EXPECT_EQ(of({{a}, {a}, {a}}, {1, 1, 1}, classes(2)).summary().se_nats, 0);
}

TEST(Statistics, InfiniteLossesAreCountedNotClipped) {
  StatisticsOptions o = classes(2);
  o.like = Like::sklearn;
  const Summary s = of({{1, 0}, {.5, .5}, {0, 1}}, {1, 0, 0}, o).summary();
  EXPECT_EQ(s.loss_nats, kInf);
  EXPECT_EQ(s.infinite_rows, 2);
  expect_near(s.loss_finite_nats, std::numbers::ln2);
  EXPECT_TRUE(std::isnan(s.se_nats));
  ASSERT_EQ(s.first_infinite.size(), 2u);
  EXPECT_EQ(s.first_infinite[0].row, 0);
  EXPECT_EQ(s.first_infinite[1].row, 2);
  expect_near(s.like_loss_nats, (2 * 52 + 1) * std::numbers::ln2 / 3);
  EXPECT_EQ(s.per_class[1].loss_nats, kInf);
}

TEST(Statistics, OneColumnEqualsTwoColumns) {
  std::vector<std::vector<double>> one, two;
  std::vector<std::int64_t> labels;
  for (int i = 0; i <= 64; ++i) {
    one.push_back({i / 64.0});
    two.push_back({1 - i / 64.0, i / 64.0});
    labels.push_back(i * 7 % 64 > 25);
  }
  labels[0] = 0, labels[64] = 1;
  const Summary a = of(one, labels, classes(2)).summary(),
                b = of(two, labels, classes(2)).summary();
  expect_near(a.loss_nats, b.loss_nats, 2);
  expect_near(a.se_nats, b.se_nats, 8);
  EXPECT_EQ(a.accuracy, b.accuracy);
  expect_near(a.brier, b.brier);
  EXPECT_EQ(a.ece, b.ece);
  EXPECT_EQ(a.per_class[1].confused_rows, b.per_class[1].confused_rows);
  std::vector<std::vector<double>> x, z;
  for (int i = -32; i <= 32; ++i) x.push_back({i * 1.5}), z.push_back({0, i * 1.5});
  const Summary c = of(x, labels, classes(2), Kind::logits).summary();
  const Summary d = of(z, labels, classes(2), Kind::logits).summary();
  expect_near(c.loss_nats, d.loss_nats, 2);
  expect_near(c.brier, d.brier);
  EXPECT_EQ(c.accuracy, d.accuracy);
}

TEST(Statistics, LogProbabilitiesLogitsAndProbabilitiesAgree) {
  const std::vector<std::vector<double>> z{{3.2, 1.3, .2, .8}, {0, 0, 0, 0}, {-1, 2, 7, 3}};
  const std::vector<std::int64_t> y{0, 3, 1};
  std::vector<std::vector<double>> p = z, logs = z;
  for (std::size_t i = 0; i < z.size(); ++i) {
    double sum = 0;
    for (double v : z[i]) sum += std::exp(v);
    for (std::size_t j = 0; j < 4; ++j) {
      p[i][j] = std::exp(z[i][j]) / sum;
      logs[i][j] = z[i][j] - std::log(sum);
    }
  }
  const Summary a = of(z, y, classes(4), Kind::logits).summary();
  for (const Summary& b : {of(p, y, classes(4)).summary(),
                           of(logs, y, classes(4), Kind::log_probabilities).summary()}) {
    expect_near(a.loss_nats, b.loss_nats, 16);
    expect_near(a.brier, b.brier, 32);
    expect_near(a.ece, b.ece, 64);
    EXPECT_EQ(a.accuracy, b.accuracy);
  }
  StatisticsOptions divided = classes(4);
  divided.normalize = true;  // logits are log-probabilities that are not normalised
  EXPECT_EQ(of(z, y, divided, Kind::log_probabilities).summary().loss_nats, a.loss_nats);
  EXPECT_NEAR(a.worst[2].loss_nats, 0.254699302697659, 1e-15);
}

TEST(Statistics, WeightsCountAsRepeatedRowsInTheMeans) {
  StatisticsOptions o = classes(2);
  o.weighted = true;
  const std::vector<double> w{1, 3, 0, 2};
  RowInfo info;
  info.weight = w;
  const Summary a =
      of({{.3}, {.6}, {.01}, {.9}}, {0, 1, 1, 0}, o, Kind::probabilities, info).summary();
  const Summary b =
      of({{.3}, {.6}, {.6}, {.6}, {.9}, {.9}}, {0, 1, 1, 1, 0, 0}, classes(2)).summary();
  EXPECT_EQ(a.rows, 3);
  EXPECT_EQ(a.ignored, 1);
  expect_near(a.loss_nats, b.loss_nats);
  expect_near(a.accuracy, b.accuracy);
  expect_near(a.brier, b.brier);
  expect_near(a.ece, b.ece, 16);
  expect_near(a.baseline_prior_nats, b.baseline_prior_nats);
  expect_near(a.per_class[0].loss_share, b.per_class[0].loss_share);
  expect_near(a.effective_rows, 36.0 / 14);
  // se^2 = n/(n-1) sum w^2 (l-L)^2 / (sum w)^2
  const double l[] = {-std::log(.7), -std::log(.6), -std::log(.1)}, v[] = {1, 3, 2};
  double sum = 0;
  for (int i = 0; i < 3; ++i) sum += v[i] * v[i] * (l[i] - a.loss_nats) * (l[i] - a.loss_nats);
  expect_near(a.se_nats, std::sqrt(1.5 * sum) / 6, 32);
}

TEST(Statistics, GroupsWidenTheErrorOfRowsThatAreAlike) {
  StatisticsOptions o = classes(2);
  const std::vector<std::vector<double>> p{{.9}, {.9}, {.5}, {.5}, {.2}, {.2}};
  const std::vector<std::int64_t> y{1, 1, 1, 1, 1, 1};
  const std::vector<std::string_view> group{"a", "a", "b", "b", "c", "c"};
  RowInfo info;
  info.group = group;
  o.grouped = true;
  const Summary s = of(p, y, o, Kind::probabilities, info).summary();
  const double l[] = {-std::log(.9), -std::log(.5), -std::log(.2)};
  double sum = 0;
  for (double x : l) sum += 4 * (x - s.loss_nats) * (x - s.loss_nats);
  expect_near(s.se_nats, std::sqrt(1.5 * sum) / 6, 32);
  EXPECT_EQ(s.groups, 3);
  expect_near(s.design_effect, 1.5 * 2 / 1.2, 64);  // pairs: 2, with n/(n-1) of 3 and of 6
  const Summary plain = of(p, y, classes(2)).summary();
  EXPECT_GT(s.se_nats, plain.se_nats);
}

TEST(Statistics, LabelsOffByOneShowInTheShiftedReading) {
  const Summary s =
      of({{.9, .05, .05}, {.1, .8, .1}, {.8, .1, .1}}, {1, 2, 1}, classes(3)).summary();
  EXPECT_TRUE(s.shifted_down.possible);
  EXPECT_FALSE(s.shifted_up.possible);
  expect_near(s.shifted_down.loss_finite_nats, -(std::log(.9) + std::log(.8) + std::log(.8)) / 3);
}

TEST(Statistics, TiesGoToTheLowerIndex) {
  StatisticsOptions o = classes(3);
  o.top_k = 1;
  const Summary s = of({{.4, .4, .2}, {.4, .4, .2}}, {0, 1}, o).summary();
  EXPECT_EQ(s.accuracy, .5);
  EXPECT_EQ(s.top_k_accuracy, .5);
}

TEST(Statistics, TinyProbabilitiesOfTheWrongClassAreNotLost) {
  expect_near(of({{1e-20}}, {0}, classes(2)).summary().loss_nats, 1e-20);
}

TEST(Statistics, TheUnitOfTheWeightsDoesNotMatter) {
  StatisticsOptions o = classes(2);
  o.weighted = true;
  const auto with = [&](std::vector<double> w) {
    RowInfo info;
    info.weight = w;
    return of({{.3}, {.6}, {.9}}, {0, 1, 0}, o, Kind::probabilities, info).summary();
  };
  const Summary a = with({1, 3, 2}), b = with({0x1p900, 0x1.8p901, 0x1p901});
  EXPECT_EQ(a.loss_nats, b.loss_nats);
  EXPECT_EQ(a.se_nats, b.se_nats);
  EXPECT_EQ(a.accuracy, b.accuracy);
}

// 16-bit logits are exact in f64: the same rows in each type give the same bits.
TEST(Statistics, EveryTypeIsComputedInF64) {
  const std::vector<double> z{1.5, -2, .25, 0x1p-14, 3, 3};
  const std::vector<float> narrow(z.begin(), z.end());
  const std::vector<f16> half{{0x3e00}, {0xc000}, {0x3400}, {0x0400}, {0x4200}, {0x4200}};
  const std::vector<bf16> brain{{0x3fc0}, {0xc000}, {0x3e80}, {0x3880}, {0x4040}, {0x4040}};
  const std::vector<std::int64_t> y{0, 2};
  const auto result = [&]<class T>(const std::vector<T>& v) {
    Statistics s(classes(3));
    s.add(MatrixView<const T>(matrix(v.data(), 2, 3)), Kind::logits, y);
    return fingerprint(s.summary());
  };
  EXPECT_EQ(result(narrow), result(z));
  EXPECT_EQ(result(half), result(z));
  EXPECT_EQ(result(brain), result(z));
}

TEST(Statistics, OneSidedLimitsOfInfiniteLogits) {
  const Summary s =
      of({{kInf, 0}, {kInf, 0}, {0, -kInf}}, {0, 1, 0}, classes(2), Kind::logits).summary();
  EXPECT_EQ(s.infinite_rows, 1);
  EXPECT_EQ(s.first_infinite[0].row, 1);
  EXPECT_EQ(s.loss_finite_nats, 0);
}

TEST(Statistics, LimitsDropTheDetailAndSaySo) {
  std::mt19937_64 rng(3);
  const Rows rows = test::random_rows(rng, 300, 7, Kind::probabilities);
  StatisticsOptions o = classes(7);
  o.identified = o.grouped = true;
  o.max_groups = 8;
  o.max_ids = 200;
  o.max_confusions = 41;
  Statistics s(o);
  rows.add_to(s, Kind::probabilities, 0, 300);
  const Summary out = s.summary();
  EXPECT_TRUE(out.groups_dropped);
  EXPECT_TRUE(out.ids_dropped);
  EXPECT_TRUE(out.confusions_dropped);
  EXPECT_EQ(out.per_class[0].confused_with, -1);
  EXPECT_TRUE(std::isnan(out.se_finite_nats));
  o.max_groups = 9;
  o.max_ids = 300;
  o.max_confusions = 42;
  Statistics t(o);
  rows.add_to(t, Kind::probabilities, 0, 300);
  EXPECT_FALSE(t.summary().groups_dropped);
  EXPECT_FALSE(t.summary().ids_dropped);
  EXPECT_FALSE(t.summary().confusions_dropped);
  EXPECT_GT(t.summary().duplicate_ids, 0);
}

// Rows permuted, split into blocks and shards, shards merged in any tree: the same bits. Positions
// stay those of the file.
RC_GTEST_PROP(Statistics, AnySplitOrderAndMergeTreeGiveTheSameBits, ()) {
  std::mt19937_64 rng(*rc::gen::arbitrary<std::uint64_t>());
  const Kind kind = rng() % 2 ? Kind::probabilities : Kind::logits;
  const auto n = 1 + rng() % 200;
  StatisticsOptions o = classes(2 + static_cast<std::int64_t>(rng() % 5));
  const Rows rows = test::random_rows(rng, n, o.classes, kind);
  o.weighted = rng() % 2 != 0;
  o.grouped = rng() % 2 != 0;
  o.identified = rng() % 2 != 0;
  o.like = static_cast<Like>(rng() % 8);
  o.worst = static_cast<int>(rng() % 20);
  o.top_k = 2;
  o.max_groups = rng() % 12;
  o.max_ids = n - n / 8 + rng() % 20;
  o.max_confusions = rng() % 20;
  Statistics whole(o);
  rows.add_to(whole, kind, 0, n);
  std::vector<Statistics> shards(1 + rng() % 7, Statistics(o));
  for (std::size_t begin = 0; begin < n;) {
    const std::size_t end = std::min(n, begin + 1 + rng() % 40);
    rows.add_to(shards[rng() % shards.size()], kind, begin, end);
    begin = end;
  }
  while (shards.size() > 1) {
    const std::size_t from = rng() % shards.size();
    const Statistics taken = shards[from];
    shards.erase(shards.begin() + static_cast<std::ptrdiff_t>(from));
    shards[rng() % shards.size()].merge(taken);
  }
  RC_ASSERT(fingerprint(shards[0].summary()) == fingerprint(whole.summary()));
}

}  // namespace
}  // namespace crossent
