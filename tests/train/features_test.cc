#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/samples_support.h"

namespace crossent::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// One column of numbers.
Samples column(std::vector<double> values) {
  Samples samples;
  samples.rows = values.size();
  samples.columns = {{.name = "x"}};
  samples.numbers = std::move(values);
  return samples;
}

InputColumn fitted(const Samples& samples, const FeatureOptions& options) {
  return fit_inputs(samples, all_rows(samples), options)[0];
}

TEST(FitInputs, StandardizesByThePopulationsDeviation) {
  // Mean 5, squares of the differences 32 / 8.
  const InputColumn x = fitted(column({2, 4, 4, 4, 5, 5, 7, 9}), {.standardize = true});
  EXPECT_EQ(x.center, 5);
  EXPECT_EQ(x.factor, 0.5);
  EXPECT_FALSE(x.fill);
}

TEST(FitInputs, LooksAtTheRowsGivenAlone) {
  const Samples samples = column({1, 100, 3, 100});
  const std::vector<std::size_t> rows = {0, 2};
  const InputColumn x = fit_inputs(samples, rows, {.standardize = true})[0];
  EXPECT_EQ(x.center, 2);
  EXPECT_EQ(x.factor, 1);
}

TEST(FitInputs, LeavesAConstantColumnUnscaled) {
  // The sum of equal numbers, divided by their count, is not always that number.
  for (std::size_t count = 1; count < 20; ++count)
    for (int k = 1; k < 50; ++k) {
      const double value = 0.1 * k;
      const InputColumn x =
          fitted(column(std::vector<double>(count, value)), {.standardize = true, .impute = true});
      ASSERT_EQ(x.center, value);
      ASSERT_EQ(x.factor, 1);
      ASSERT_EQ(x.fill, value);
    }
  EXPECT_EQ(fitted(column({0, 0}), {.standardize = true}).factor, 1);
}

TEST(FitInputs, HoldsWhereSquaresWouldOverflowOrVanish) {
  const InputColumn large = fitted(column({-1.5e308, 1.5e308}), {.standardize = true});
  EXPECT_EQ(large.center, 0);
  EXPECT_NEAR(large.factor * 1.5e308, 1, 0x1p-51);
  const InputColumn small = fitted(column({1e-300, 3e-300}), {.standardize = true});
  EXPECT_NEAR(small.factor * 1e-300, 1, 0x1p-50);
  // 1 / sd is infinite: as good as constant.
  EXPECT_EQ(fitted(column({0, 5e-324}), {.standardize = true}).factor, 1);
  // A large mean does not eat the deviation.
  const InputColumn shifted = fitted(column({1e15 + 0.125, 1e15 + 0.375}), {.standardize = true});
  EXPECT_EQ(shifted.factor, 8);
  // Nor does the rounding of the mean, which lies between two neighbouring numbers.
  const InputColumn between = fitted(column({1e15 + 0.125, 1e15 + 0.25}), {.standardize = true});
  EXPECT_EQ(between.factor, 16);
}

TEST(FitInputs, IsExactWhereALargeMeanHidesTheDeviation) {
  // Mean 1e8, deviation 1; the blocks of rows do not balance.
  std::vector<double> values;
  for (int i = 0; i < 10000; ++i) values.push_back(1e8 + (i < 5000 ? 1 : -1));
  const InputColumn x = fitted(column(values), {.standardize = true});
  EXPECT_EQ(x.center, 1e8);
  EXPECT_EQ(x.factor, 1);
}

TEST(FitInputs, IsAccurateInEveryOrderOfTheRows) {
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) values.push_back(1e8 + std::sin(i) * std::pow(10, i % 5));
  long double mean = 0, square = 0;
  for (const double value : values) mean += value;
  mean /= static_cast<long double>(values.size());
  for (const double value : values) square += (value - mean) * (value - mean);
  const auto factor = static_cast<double>(1 / std::sqrt(square / static_cast<long double>(20000)));
  for (int turn = 0; turn < 2; ++turn) {
    const InputColumn x = fitted(column(values), {.standardize = true});
    EXPECT_DOUBLE_EQ(x.center, static_cast<double>(mean));  // within 4 ulps
    EXPECT_DOUBLE_EQ(x.factor, factor);
    std::sort(values.begin(), values.end());
  }
}

TEST(FitInputs, SeesEveryRowOfEveryColumn) {
  // More of both than are summed together.
  constexpr std::size_t kRows = 5000, kColumns = 520;
  Samples samples;
  samples.rows = kRows;
  samples.columns.resize(kColumns);
  for (std::size_t i = 0; i < kRows * kColumns; ++i)
    samples.numbers.push_back(static_cast<double>(i % kColumns) + (i / kColumns < 2500 ? 1 : -1));
  const auto inputs = fit_inputs(samples, all_rows(samples), {.standardize = true});
  for (std::size_t c = 0; c < kColumns; ++c) {
    ASSERT_EQ(inputs[c].center, static_cast<double>(c));
    ASSERT_EQ(inputs[c].factor, 1);
  }
}

TEST(FitInputs, IsTheSameForEveryNumberOfThreads) {
  std::vector<double> values;
  for (int i = 0; i < 50000; ++i) values.push_back(std::sin(i) * std::pow(10, i % 17));
  const Samples samples = column(std::move(values));
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const InputColumn alone = fitted(samples, {.standardize = true, .impute = true});
  for (const int threads : {2, 3, 7}) {
    omp_set_num_threads(threads);
    EXPECT_EQ(fitted(samples, {.standardize = true, .impute = true}), alone);
  }
  omp_set_num_threads(before);
}

TEST(FitInputs, Scales) {
  const InputColumn x = fitted(column({3, 5}), {.scale = 0.0625});
  EXPECT_EQ(x.center, 0);
  EXPECT_EQ(x.factor, 0.0625);
  EXPECT_EQ(fitted(column({3, 5}), {.standardize = true, .scale = 0.0625}).factor, 1);
}

TEST(FitInputs, ImputesTheMeanOfWhatIsPresent) {
  const InputColumn x = fitted(column({1, kNaN, 3}), {.standardize = true, .impute = true});
  EXPECT_EQ(x.fill, 2);
  EXPECT_EQ(x.center, 2);
  EXPECT_EQ(x.factor, 1);
}

TEST(FitInputs, LeavesTextsAsTheyAre) {
  const Samples samples = read_text("c,x\nr,1\nb,3\n", {});
  const auto inputs = fit_inputs(samples, all_rows(samples), {.standardize = true});
  EXPECT_EQ(inputs[0], samples.columns[0]);
  EXPECT_EQ(inputs[1].center, 2);
}

TEST(FitInputs, ImputesTheMostFrequentTextOfTheRowsGiven) {
  const Samples samples = read_text("c\nr\nb\nNA\nb\nr\nr\nr\n", {.allow_missing = true});
  const std::vector<std::size_t> first = {0, 1, 2, 3};
  EXPECT_EQ(fit_inputs(samples, first, {.impute = true})[0].fill, 0);  // "b"
  EXPECT_EQ(fit_inputs(samples, all_rows(samples), {.impute = true})[0].fill, 1);
  const std::vector<std::size_t> even = {0, 1};
  EXPECT_EQ(fit_inputs(samples, even, {.impute = true})[0].fill, 0);  // as often: the first
  EXPECT_FALSE(fit_inputs(samples, first, {})[0].fill);
  const std::vector<std::size_t> none = {2};
  EXPECT_EQ(error_of([&] { fit_inputs(samples, none, {.impute = true}); }),
            "[fit_inputs] column \"c\" has nothing but missing values in the rows (ignore it)");
}

TEST(KeepLevels, LeavesThoseOfTheRowsGiven) {
  Samples samples = read_text("c,x,d\nr,1,p\ng,2,q\nb,3,p\ng,4,\nr,5,q\n", {.allow_missing = true});
  const std::vector<std::size_t> rows = {0, 2};
  const auto unseen = keep_levels(rows, &samples);
  EXPECT_EQ(samples.columns[0].levels, (std::vector<std::string>{"b", "r"}));
  EXPECT_EQ(samples.columns[2].levels, std::vector<std::string>{"p"});
  EXPECT_EQ(samples.codes, (std::vector<std::int32_t>{1, 0, -1, -1, 0, 0, -1, -1, 1, -1}));
  ASSERT_EQ(unseen.size(), 2u);
  EXPECT_EQ(unseen[0].column + unseen[0].level + std::to_string(unseen[0].row), "cg1");
  EXPECT_EQ(unseen[1].column + unseen[1].level + std::to_string(unseen[1].row), "dq1");
}

TEST(KeepLevels, ChangesNothingWhereAllAreSeen) {
  Samples samples = read_text("c\nr\nb\nr\n", {});
  const Samples before = samples;
  const std::vector<std::size_t> rows = {0, 1};
  EXPECT_TRUE(keep_levels(rows, &samples).empty());
  expect_same(samples, before);
}

TEST(KeepLevels, Refuses) {
  Samples samples = read_text("c\n\"\"\nb\n", {.text = {"c"}, .allow_missing = true});
  const std::vector<std::size_t> empty = {0}, beyond = {2};
  EXPECT_EQ(error_of([&] { keep_levels(empty, &samples); }),
            "[keep_levels] column \"c\" has nothing but missing values in the rows (ignore it)");
  EXPECT_EQ(error_of([&] { keep_levels(beyond, &samples); }),
            "[keep_levels] rows = 2 is outside [0, 2)");
}

TEST(FitInputs, Refuses) {
  const auto error = [](const Samples& samples, const FeatureOptions& options) {
    return error_of([&] { fitted(samples, options); });
  };
  EXPECT_EQ(error(column({1}), {.scale = 0}),
            "[fit_inputs] scale = 0 is outside the finite numbers but 0");
  EXPECT_EQ(error(column({1}), {.scale = kNaN}),
            "[fit_inputs] scale = nan is outside the finite numbers but 0");
  EXPECT_EQ(error(column({kNaN, kNaN}), {}),
            "[fit_inputs] column \"x\" has nothing but missing values in the rows (ignore it)");
  const std::vector<std::size_t> beyond = {1};
  EXPECT_EQ(error_of([&] { fit_inputs(column({1}), beyond, {}); }),
            "[fit_inputs] rows = 1 is outside [0, 1)");
}

TEST(Encode, MakesFeaturesOfNumbersAndTexts) {
  Samples samples = read_text("x,c,z\n1,r,5\n2,b,\n3,g,7\n", {.allow_missing = true});
  std::vector<InputColumn> inputs = samples.columns;
  inputs[0].center = 1;
  inputs[0].factor = 0.5;
  inputs[2].fill = 6;
  const std::vector<std::size_t> rows = {2, 1};
  const std::vector<double> want = {1, 0, 1, 0, 7, 0.5, 1, 0, 0, 6};
  EXPECT_EQ(encode<double>(samples, inputs, rows), want);
  EXPECT_EQ(encode<float>(samples, inputs, rows), std::vector<float>(want.begin(), want.end()));
  samples.columns.clear();  // as in a stream
  EXPECT_EQ(encode<double>(samples, inputs, rows), want);
}

TEST(Encode, FillsInMissingTexts) {
  const Samples samples = read_text("c\nr\nb\n?\n", {.allow_missing = true});
  std::vector<InputColumn> inputs = samples.columns;
  EXPECT_EQ(error_of([&] { encode<double>(samples, inputs, all_rows(samples)); }),
            "[encode] column \"c\" is missing in row 2 (impute, or remove the row)");
  inputs[0].fill = 1;
  const std::vector<double> want = {0, 1, 1, 0, 0, 1};
  EXPECT_EQ(encode<double>(samples, inputs, all_rows(samples)), want);
}

TEST(Encode, RoundsOnceToTheNetworksType) {
  std::vector<InputColumn> inputs = {{.name = "x", .center = 0.1, .factor = 3}};
  const std::vector<std::size_t> rows = {0};
  EXPECT_EQ(encode<float>(column({0.3}), inputs, rows)[0], static_cast<float>((0.3 - 0.1) * 3));
}

TEST(Encode, IsTheSameInParallel) {
  const Samples digits = read_samples(kData + "digits.csv", {.targets = {"label"}});
  const auto inputs = fit_inputs(digits, all_rows(digits), {.scale = 0.0625});
  const std::vector<double> features = encode<double>(digits, inputs, all_rows(digits));
  ASSERT_EQ(features.size(), 1797u * 64);
  for (std::size_t i = 0; i < features.size(); ++i) ASSERT_EQ(features[i], digits.numbers[i] / 16);
}

TEST(Encode, Refuses) {
  const std::vector<std::size_t> rows = {1}, beyond = {2};
  const std::vector<InputColumn> inputs = {{.name = "x"}};
  const Samples samples = column({1, kNaN});
  EXPECT_EQ(error_of([&] { encode<double>(samples, inputs, rows); }),
            "[encode] column \"x\" is missing in row 1 (impute, or remove the row)");
  EXPECT_EQ(error_of([&] { encode<double>(samples, inputs, beyond); }),
            "[encode] rows = 2 is outside [0, 2)");
  EXPECT_EQ(error_of([&] {
              encode<float>(column({0, 1e39}), inputs, rows);
            }),
            "[encode] numbers[1] = 1e+39 is outside the finite numbers of the network (column "
            "\"x\"; standardise it, or train in f64)");
  EXPECT_EQ(error_of([&] { encode<double>(column({0, 1e39}), inputs, rows); }), "");
  const std::vector<InputColumn> more = {{.name = "x"}, {.name = "c", .levels = {"r"}}};
  EXPECT_EQ(error_of([&] { encode<double>(samples, more, rows); }),
            "[encode] inputs have 1 columns of numbers and 1 of texts, which is not what the "
            "samples hold");
  Samples texts = read_text("c\nr\nb\n", {});
  texts.codes[1] = 2;
  EXPECT_EQ(error_of([&] { encode<double>(texts, texts.columns, rows); }),
            "[encode] codes[1] = 2 is outside [0, 2)");
  texts.codes[1] = -2;
  EXPECT_EQ(error_of([&] { encode<double>(texts, texts.columns, rows); }),
            "[encode] codes[1] = -2 is outside [0, 2)");
}

TEST(Encode, RefusesInputsThatAreNotTheSamples) {
  const Samples samples = read_text("a,c,b\n1,x,2\n3,y,4\n", {});
  const auto error = [&](const std::vector<InputColumn>& inputs) {
    return error_of([&] { encode<double>(samples, inputs, all_rows(samples)); });
  };
  EXPECT_EQ(error(samples.columns), "");
  std::vector<InputColumn> inputs = samples.columns;
  std::swap(inputs[0], inputs[2]);
  EXPECT_EQ(
      error(inputs),
      "[encode] inputs[0] is column \"b\", but the samples' is column \"a\" (read the samples "
      "for the model)");
  inputs = samples.columns;
  inputs[1].levels = {"y", "x"};
  EXPECT_EQ(error(inputs),
            "[encode] inputs[1] (column \"c\") has level[0] = \"y\", but the samples' has \"x\" "
            "(read the samples for the model)");
  inputs[1].levels = {"x", "y", "z"};
  EXPECT_EQ(error(inputs),
            "[encode] inputs[1] (column \"c\") has 3 levels, but the samples' has 2 (read the "
            "samples for the model)");
  try {
    encode<double>(samples, inputs, all_rows(samples));
  } catch (const ValueError& e) {
    EXPECT_EQ(e.argument, "inputs");
    EXPECT_EQ(e.row, 1);
  }
}

TEST(StratifiedSplit, TakesTheShareOfEveryClass) {
  const Samples iris = read_samples(kData + "iris.csv", {.targets = {"label"}});
  const Split split = stratified_split(iris, 0.33, 1);
  EXPECT_EQ(split.validation.size(), 51u);  // round(16.5) = 17 of each 50
  std::vector<int> counts(3);
  for (const std::size_t row : split.validation)
    ++counts[static_cast<std::size_t>(iris.labels[row])];
  EXPECT_EQ(counts, (std::vector<int>{17, 17, 17}));
  std::vector<std::size_t> both = split.training;
  EXPECT_TRUE(std::is_sorted(both.begin(), both.end()));
  EXPECT_TRUE(std::is_sorted(split.validation.begin(), split.validation.end()));
  both.insert(both.end(), split.validation.begin(), split.validation.end());
  std::sort(both.begin(), both.end());
  EXPECT_EQ(both, all_rows(iris));
}

TEST(StratifiedSplit, IsDrawnByTheSeed) {
  const Samples iris = read_samples(kData + "iris.csv", {.targets = {"label"}});
  EXPECT_EQ(stratified_split(iris, 0.2, 1).validation, stratified_split(iris, 0.2, 1).validation);
  EXPECT_NE(stratified_split(iris, 0.2, 1).validation, stratified_split(iris, 0.2, 2).validation);
}

TEST(StratifiedSplit, KeepsARowOfEveryClassInTraining) {
  const Samples samples = read_text("x,y\n1,a\n1,a\n1,b\n", {.targets = {"y"}});
  const Split split = stratified_split(samples, 0.9, 0);
  EXPECT_EQ(split.validation.size(), 1u);
  EXPECT_EQ(split.training.back(), 2u);
}

TEST(StratifiedSplit, SplitsRowsOfSeveralTargetsAsOne) {
  const Samples samples = read_text("x,a,b\n1,0,1\n1,1,1\n1,0,0\n1,1,0\n", {.targets = {"a", "b"}});
  EXPECT_EQ(stratified_split(samples, 0.25, 0).validation.size(), 1u);
}

TEST(StratifiedSplit, Refuses) {
  const Samples samples = read_text("x,y\n1,a\n1,a\n1,b\n", {.targets = {"y"}});
  const auto error = [&](double fraction) {
    return error_of([&] { stratified_split(samples, fraction, 0); });
  };
  for (const double wrong : {0.0, 1.0, -0.5, 2.0, kNaN})
    EXPECT_EQ(error(wrong).substr(0, 29), "[stratified_split] fraction =") << wrong;
  EXPECT_EQ(error(1), "[stratified_split] fraction = 1 is outside (0, 1)");
  EXPECT_EQ(error(0.1), "[stratified_split] fraction = 0.1 of 3 rows leaves one side empty");
}

}  // namespace
}  // namespace crossent::test
