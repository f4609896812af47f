#include "crossent/samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "train/samples_support.h"

namespace crossent::test {
namespace {

TEST(ReadSamples, ReadsIris) {
  const Samples iris = read_samples(kData + "iris.csv", {.targets = {"label"}});
  EXPECT_EQ(iris.rows, 150u);
  EXPECT_EQ(names_of(iris), (std::vector<std::string>{"sepal_length_cm", "sepal_width_cm",
                                                      "petal_length_cm", "petal_width_cm"}));
  EXPECT_EQ(iris.number_columns(), 4u);
  EXPECT_EQ(iris.text_columns(), 0u);
  EXPECT_EQ(iris.classes, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(iris.targets, std::vector<std::string>{"label"});
  EXPECT_EQ(std::vector<double>(iris.numbers.begin(), iris.numbers.begin() + 5),
            (std::vector<double>{5.1, 3.5, 1.4, 0.2, 4.9}));
  for (std::size_t row = 0; row < 150; ++row)
    EXPECT_EQ(iris.labels[row], static_cast<std::int32_t>(row / 50));
  EXPECT_EQ(iris.source, kData + "iris.csv");
}

TEST(ReadSamples, ReadsDigits) {
  const Samples digits = read_samples(kData + "digits.csv", {.targets = {"label"}});
  EXPECT_EQ(digits.rows, 1797u);
  EXPECT_EQ(digits.number_columns(), 64u);
  EXPECT_EQ(digits.classes.size(), 10u);
  EXPECT_EQ(digits.numbers.size(), 1797u * 64);
}

TEST(ReadSamples, WithoutTargetsEveryColumnIsAFeature) {
  const Samples iris = read_samples(kData + "iris.csv", {.ignore = {"petal_width_cm"}});
  EXPECT_EQ(iris.number_columns(), 4u);
  EXPECT_TRUE(iris.targets.empty() && iris.classes.empty() && iris.labels.empty());
}

constexpr const char* kMixed =
    "size,color,id,kind\n"
    "1,red,7,yes\n"
    "2,blue,8,no\n"
    "3,\"a \"\"b\"\", c\",9,yes\n"
    "4,red,10,maybe\n";

TEST(ReadSamples, MixesNumbersAndTexts) {
  const Samples mixed = read_text(kMixed, {.targets = {"kind"}, .ignore = {"id"}});
  ASSERT_EQ(names_of(mixed), (std::vector<std::string>{"size", "color"}));
  EXPECT_FALSE(mixed.columns[0].is_text());
  EXPECT_EQ(mixed.columns[1].levels, (std::vector<std::string>{"a \"b\", c", "blue", "red"}));
  EXPECT_EQ(mixed.numbers, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(mixed.codes, (std::vector<std::int32_t>{2, 1, 0, 2}));
  EXPECT_EQ(mixed.classes, (std::vector<std::string>{"maybe", "no", "yes"}));
  EXPECT_EQ(mixed.labels, (std::vector<std::int32_t>{2, 1, 2, 0}));
}

TEST(ReadSamples, ReadsNumbersAsTextsWhenTold) {
  const Samples mixed = read_text(kMixed, {.targets = {"kind"}, .text = {"size"}});
  EXPECT_EQ(mixed.columns[0].levels, (std::vector<std::string>{"1", "2", "3", "4"}));
  EXPECT_EQ(mixed.number_columns(), 1u);
  EXPECT_EQ(mixed.codes, (std::vector<std::int32_t>{0, 2, 1, 1, 2, 0, 3, 2}));
}

TEST(ReadSamples, SortsClassesByNumberOnlyWhenAllAreIntegers) {
  const auto classes = [](const std::string& labels) {
    return read_text("x,y\n" + labels, {.targets = {"y"}}).classes;
  };
  EXPECT_EQ(classes("1,10\n1,9\n1,-3\n1,9\n"), (std::vector<std::string>{"-3", "9", "10"}));
  EXPECT_EQ(classes("1,10\n1,9\n1,x\n"), (std::vector<std::string>{"10", "9", "x"}));
  EXPECT_EQ(classes("1,10.0\n1,9.0\n"), (std::vector<std::string>{"10.0", "9.0"}));
  EXPECT_EQ(classes("1,9223372036854775807\n1,9223372036854775806\n"),
            (std::vector<std::string>{"9223372036854775806", "9223372036854775807"}));
  EXPECT_EQ(classes("1,9223372036854775808\n1,9\n"),
            (std::vector<std::string>{"9", "9223372036854775808"}));
  // An integer is one class, however it is written.
  EXPECT_EQ(classes("1, 1\n1,+1\n1,01\n1,0\n"), (std::vector<std::string>{"0", "1"}));
}

TEST(ReadSamples, SeveralTargetsAreIndependent) {
  const Samples samples = read_text("a,x,b\n1,5,0\n0,6,1\n", {.targets = {"b", "a"}});
  EXPECT_EQ(samples.targets, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(samples.target_values, (std::vector<float>{0, 1, 1, 0}));
  EXPECT_EQ(samples.numbers, (std::vector<double>{5, 6}));
  EXPECT_TRUE(samples.classes.empty() && samples.labels.empty());
}

TEST(ReadSamples, KeepsMissingNumbersWhenAllowed) {
  const Samples samples =
      read_text("x,c,y\n,r,0\n2,,1\nNaN,r,1\n", {.targets = {"y"}, .allow_missing = true});
  EXPECT_TRUE(std::isnan(samples.numbers[0]) && std::isnan(samples.numbers[2]));
  EXPECT_EQ(samples.numbers[1], 2);
  EXPECT_EQ(samples.columns[1].levels, std::vector<std::string>{"r"});
  EXPECT_EQ(samples.codes, (std::vector<std::int32_t>{0, kMissingCode, 0}));
}

TEST(ReadSamples, TheUsualWordsForMissingAreMissing) {
  for (const std::string word : {"NA", "n/a", "#N/A", "<NA>", "NaN", "null", "NULL", "None", "?",
                                 "", " NA ", "\"NA\"", "\" \""}) {
    const Samples samples = read_text("x,c,y\n1,r,0\n" + word + "," + word + ",1\n",
                                      {.targets = {"y"}, .allow_missing = true});
    EXPECT_TRUE(std::isnan(samples.numbers[1])) << word;
    EXPECT_EQ(samples.codes, (std::vector<std::int32_t>{0, kMissingCode})) << word;
  }
}

TEST(ReadSamples, WordsForMissingStandAsTheyAreInColumnsNamedAsText) {
  const Samples samples = read_text("c,y\nNA,0\n?,1\nr,1\n", {.targets = {"y"}, .text = {"c"}});
  EXPECT_EQ(samples.columns[0].levels, (std::vector<std::string>{"?", "NA", "r"}));
}

TEST(ReadSamples, TheFirstValueThatIsNotMissingMakesTheKindOfAColumn) {
  std::string text = "n,c,m,y\n";
  for (int i = 0; i < 300; ++i) text += "NA,?,,0\n";
  text += "1.5,red,,1\n";
  const SampleOptions options = {.targets = {"y"}, .ignore = {"m"}, .allow_missing = true};
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{100}, std::size_t{100000}})
    for (const int threads : {1, 3}) {
      SampleOptions with = options;
      with.threads = threads;
      const Samples samples = read_text(text, with, chunk);
      ASSERT_EQ(samples.rows, 301u);
      EXPECT_FALSE(samples.columns[0].is_text());
      EXPECT_EQ(samples.numbers.back(), 1.5);
      EXPECT_EQ(samples.columns[1].levels, std::vector<std::string>{"red"});
      EXPECT_EQ(samples.codes.front(), kMissingCode);
      EXPECT_EQ(samples.codes.back(), 0);
    }
}

TEST(ReadSamples, IsTheSameForEveryCutAndNumberOfThreads) {
  std::string text = "n,c,y\n";
  for (int i = 0; i < 500; ++i)
    text += std::to_string(i * 0.1) + ",level" + std::to_string(i * i % 83) + "," +
            std::to_string(i * 7 % 12) + "\n";
  const Samples whole = read_text(text, {.targets = {"y"}, .threads = 1});
  EXPECT_EQ(whole.rows, 500u);
  EXPECT_EQ(whole.classes[11], "11");
  EXPECT_TRUE(std::is_sorted(whole.columns[1].levels.begin(), whole.columns[1].levels.end()));
  for (const int threads : {1, 2, 3, 7})
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{100}, std::size_t{5000}})
      expect_same(whole, read_text(text, {.targets = {"y"}, .threads = threads}, chunk));
}

}  // namespace
}  // namespace crossent::test
