#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "io/temporary_folder.h"
#include "train/samples_support.h"

namespace crossent::test {
namespace {

std::string text_error(std::string_view text, const SampleOptions& options) {
  return error_of([&] { read_text(text, options); });
}

const SampleOptions kLabelled = {.targets = {"y"}};

TEST(ReadSamplesErrors, ColumnsThatAreNotThere) {
  const std::string columns = " (its columns are \"x\", \"y\")";
  EXPECT_EQ(text_error("x,y\n1,0\n", {.targets = {"z"}}),
            "t.csv:1:0+1: there is no column \"z\" (target)" + columns);
  EXPECT_EQ(text_error("x,y\n1,0\n", {.ignore = {"z"}}),
            "t.csv:1:0+1: there is no column \"z\" (ignored)" + columns);
  EXPECT_EQ(text_error("x,y\n1,0\n", {.text = {"z"}}),
            "t.csv:1:0+1: there is no column \"z\" (text)" + columns);
  EXPECT_EQ(text_error("1,0\n", {.targets = {"z"}}),
            "t.csv:0:0+1: there is no column \"z\" (target) (its columns are \"column_1\", "
            "\"column_2\")");
  EXPECT_EQ(text_error("x,y\n1,0\n", {.targets = {"y"}, .ignore = {"x"}}),
            "t.csv:1:0+1: no column is left to learn from" + columns);
}

TEST(ReadSamplesErrors, OptionsThatContradict) {
  EXPECT_EQ(text_error("x,y\n1,0\n", {.targets = {"y"}, .ignore = {"y"}}),
            "[read_samples] ignore names the target \"y\"");
  EXPECT_EQ(text_error("x,y\n1,0\n", {.targets = {"y", "y"}}),
            "[read_samples] targets name \"y\" twice");
}

TEST(ReadSamplesErrors, NoRows) {
  EXPECT_EQ(text_error("x,y\n", kLabelled), "t.csv:0:0+1: the file has no rows ()");
}

TEST(ReadSamplesErrors, TextInAColumnOfNumbers) {
  EXPECT_EQ(text_error("x,y\n1,0\n2,1\nred,0\n", kLabelled),
            "t.csv:4:1+3: \"red\" is not a number (column \"x\") (its first value is a number: "
            "--text COL reads the column as texts)");
  EXPECT_EQ(text_error("x,y\n1,0\n-,1\n", kLabelled),
            "t.csv:3:1+1: \"-\" is not a number (column \"x\") (a missing value cannot be read: "
            "fill it in or remove the row)");
  // A missing first value leaves the kind to those after it.
  EXPECT_EQ(
      text_error("x,y\n,0\n1,0\nred,0\n", {.targets = {"y"}, .allow_missing = true}).substr(0, 19),
      "t.csv:4:1+3: \"red\" ");
  EXPECT_EQ(text_error("x,y\n,0\nred,0\n", {.targets = {"y"}, .allow_missing = true}), "");
  std::string late = "x,y\n";
  for (int i = 0; i < 600000; ++i) late += ",0\n";
  EXPECT_EQ(text_error(late + "red,0\n", {.targets = {"y"}, .allow_missing = true}),
            "t.csv:600002:1+3: \"red\" is not a number (column \"x\") (its first values are "
            "missing: --text COL reads the column as texts)");
}

TEST(ReadSamplesErrors, DecimalCommasMakeNoTexts) {
  const std::string at = "\"1,5\" is not a number (column \"x\") (it looks like a decimal comma: ";
  EXPECT_EQ(text_error("x;y\n1,5;0\n2,5;1\n", kLabelled), "t.csv:2:1+3: " + at + "write 1.5)");
  EXPECT_EQ(text_error("x;y\n1;0\n1,5;1\n", kLabelled), "t.csv:3:1+3: " + at + "write 1.5)");
  EXPECT_EQ(text_error("x,y\n\"1,5\",0\n", kLabelled), "t.csv:2:1+5: " + at + "write 1.5)");
  EXPECT_EQ(text_error("x;y\n1,5;0\n2,5;1\n", {.targets = {"y"}, .text = {"x"}}), "");
  EXPECT_EQ(text_error("x;y\n1,5,6;0\n2,5;1\n", kLabelled), "");  // a list
}

TEST(ReadSamplesErrors, NumbersThatAreNotFinite) {
  EXPECT_EQ(text_error("x,y\n1,0\n-inf,1\n", {.targets = {"y"}, .allow_missing = true}),
            "t.csv:3:1+4: column \"x\" is -inf, not a finite number (correct the value or remove "
            "the row)");
}

TEST(ReadSamplesErrors, MissingValues) {
  const std::string missing =
      "a number is missing (column \"x\") (fill it in or remove the row; --impute fills in the "
      "column's mean)";
  EXPECT_EQ(text_error("x,y\n1,0\n,1\n", kLabelled), "t.csv:3:1+1: " + missing);
  EXPECT_EQ(text_error("x,y\n,0\n1,1\n", kLabelled), "t.csv:2:1+1: " + missing);
  EXPECT_EQ(text_error("a,x,y\n1,nan,1\n", kLabelled), "t.csv:2:3+3: " + missing);
  EXPECT_EQ(text_error("c,y\nr,0\n\"\",1\n", kLabelled),
            "t.csv:3:1+2: a text is missing (column \"c\") (fill it in or remove the row; --impute "
            "takes the column's most frequent text)");
  EXPECT_EQ(text_error("c,y\nr,0\nNA,1\n", kLabelled),
            "t.csv:3:1+2: a text is missing (column \"c\") (fill it in or remove the row; --impute "
            "takes the column's most frequent text, --text COL this one as it stands)");
  EXPECT_EQ(text_error("x,y\nNA,0\n1,1\n", kLabelled), "t.csv:2:1+2: " + missing);
  EXPECT_EQ(text_error("c,y\n,0\n,1\n", {.targets = {"y"}, .text = {"c"}, .allow_missing = true}),
            "t.csv:0:0+1: column \"c\" has nothing but missing values (there is nothing to learn "
            "from it: --ignore it)");
  const std::string label =
      "t.csv:3:3+1: the label is missing (column \"y\") (remove the row: there is nothing to learn "
      "from it or to compare with)";
  EXPECT_EQ(text_error("x,y\n1,0\n1,\n", kLabelled), label);
  EXPECT_EQ(text_error("x,y\n1,0\n1,\n", {.targets = {"y"}, .allow_missing = true}), label);
}

TEST(ReadSamplesErrors, TextsThatAreNotUtf8) {
  const std::string hint = " (convert the file, as in: iconv -f LATIN1 -t UTF-8)";
  EXPECT_EQ(text_error("c,y\nb,0\nr\xf6t,1\n", kLabelled),
            "t.csv:3:1+3: a text is not UTF-8 (column \"c\")" + hint);
  EXPECT_EQ(text_error("x,y\n1,ja\n2,n\xf6\n", kLabelled),
            "t.csv:3:3+2: a text is not UTF-8 (column \"y\")" + hint);
  EXPECT_EQ(text_error("l\xe4nge,y\n1,0\n", kLabelled),
            "t.csv:1:0+1: the name of column \"l\xe4nge\" is not UTF-8" + hint);
  EXPECT_EQ(text_error("x,\xe4\n1,0\n", {.targets = {"\xe4"}}),
            "t.csv:1:0+1: the name of column \"\xe4\" is not UTF-8" + hint);
  EXPECT_EQ(text_error("r\xc3\xb6t,y\nr\xc3\xb6t,n\xc3\xb6\n", kLabelled), "");
  EXPECT_EQ(text_error("\xe4,x,y\n\xe4,1,0\n", {.targets = {"y"}, .ignore = {"\xe4"}}), "");
}

TEST(ReadSamplesErrors, SeveralTargetsThatAreNot0Or1) {
  const SampleOptions options = {.targets = {"a", "b"}, .allow_missing = true};
  EXPECT_EQ(text_error("a,x,b\n0,5,1\n1,5,2\n", options),
            "t.csv:3:5+1: target \"b\" is 2, not 0 or 1 (each of several targets is 0 or 1)");
  EXPECT_EQ(text_error("a,x,b\n0,5,1\n,5,1\n", options).substr(0, 49),
            "t.csv:3:1+1: the label is missing (column \"a\") (e");
  EXPECT_EQ(text_error("a,x,b\n0,5,1\n1,5,no\n", options),
            "t.csv:3:5+2: \"no\" is not a number (column \"b\") (each of several targets is 0 or "
            "1)");
}

TEST(ReadSamplesErrors, TheFirstInTheFileIsReportedForEveryCutAndNumberOfThreads) {
  std::string text = "c,x,y\n";
  for (int i = 0; i < 400; ++i)
    text += (i % 100 == 57 ? std::string(",inf,") : "c" + std::to_string(i) + ",0.5,") +
            (i > 50 && i % 100 == 56 ? "\n" : "1\n");
  for (const int threads : {1, 2, 3, 7})
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{64}, std::size_t{100000}}) {
      const SampleOptions options = {.targets = {"y"}, .threads = threads};
      EXPECT_EQ(error_of([&] { read_text(text, options, chunk); }).substr(0, 45),
                "t.csv:58:9+1: the label is missing (column \"y");
    }
  // Two in a row: the first column.
  EXPECT_EQ(text_error("c,x,y\na,1,0\n,inf,1\n", kLabelled).substr(0, 12), "t.csv:3:1+1:");
}

TEST(ReadSamplesErrors, FilesThatCannotBeRead) {
  EXPECT_THROW(read_samples("/nowhere/x.csv", SampleOptions{}), IoError);
  EXPECT_THROW(read_samples("/nowhere/x.libsvm", SampleOptions{}), IoError);
  EXPECT_THROW(read_samples("/nowhere/x-ubyte.gz", SampleOptions{}), IoError);
  EXPECT_THROW(read_samples("/nowhere/x.npz[a]", SampleOptions{}), IoError);
}

TEST(ReadSamplesErrors, AStopIsAnInterruption) {
  const TemporaryFolder folder;
  const std::atomic<bool> stop = true;
  for (const std::string& path :
       {kData + "iris.csv", folder.write("a.svm", "1 1:1\n"),
        folder.write("a.idx", std::string("\0\0\x08\x02\0\0\0\1\0\0\0\1x", 13))})
    try {
      read_samples(path, {.stop = &stop});
      ADD_FAILURE() << "no throw for " << path;
    } catch (const IoError& e) {
      EXPECT_EQ(e.code(), std::errc::interrupted);
    }
}

// ------------------------------------------------------------------------------- rows for a model

const training::Schema kSchema = {
    {{.name = "size"}, {.name = "color", .levels = {"blue", "red"}}, {.name = "age", .fill = 30}},
    {"kind"},
    {"no", "yes"}};

Samples read_known(std::string_view text, bool need_targets = true) {
  return read_text(text, {}, 0, kSchema, need_targets);
}

std::string known_error(std::string_view text, bool need_targets = true) {
  return error_of([&] { read_known(text, need_targets); });
}

TEST(ReadSamplesForAModel, FindsColumnsByName) {
  const Samples samples = read_known("id,age,kind,color,size\na,40,yes,red,1.5\nb,,no,blue,2.5\n");
  EXPECT_EQ(samples.columns, kSchema.inputs);
  EXPECT_EQ(samples.numbers[0], 1.5);
  EXPECT_EQ(samples.numbers[1], 40);
  EXPECT_EQ(samples.numbers[2], 2.5);
  EXPECT_TRUE(std::isnan(samples.numbers[3]));
  EXPECT_EQ(samples.codes, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(samples.classes, kSchema.classes);
  EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{1, 0}));
  const std::vector<double> want = {1.5, 0, 1, 40, 2.5, 1, 0, 30};
  EXPECT_EQ(encode<double>(samples, kSchema.inputs, all_rows(samples)), want);
}

TEST(ReadSamplesForAModel, TargetsMayBeAbsentUnlessNeeded) {
  const std::string text = "color,size,age\nred,1,2\n";
  const Samples samples = read_known(text, false);
  EXPECT_EQ(samples.rows, 1u);
  EXPECT_TRUE(samples.targets.empty() && samples.labels.empty() && samples.classes.empty());
  EXPECT_EQ(known_error(text),
            "t.csv:1:0+1: there is no column \"kind\" (target) (its columns are \"color\", "
            "\"size\", \"age\")");
}

TEST(ReadSamplesForAModel, TargetsMayStandInColumnsOfOtherNames) {
  const std::string text = "answer,color,size,age,kind\nno,red,1,2,yes\n";
  const auto error = [&](const std::vector<std::string>& targets) {
    return error_of([&] { read_text(text, {.targets = targets}, 0, kSchema, false); });
  };
  const Samples samples = read_text(text, {.targets = {"answer"}}, 0, kSchema);
  EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{0}));
  EXPECT_EQ(samples.classes, kSchema.classes);
  EXPECT_EQ(error({"answers"}).substr(0, 49),
            "t.csv:1:0+1: there is no column \"answers\" (target");
  EXPECT_EQ(error({"size"}),
            "[read_samples] targets name \"size\", which is a feature of the model");
  EXPECT_EQ(error({"answer", "kind"}),
            "[read_samples] targets.size() = 2 is not 1, the number of the model's");
}

TEST(ReadSamplesForAModel, SeveralTargetsAreTakenInTheOrderOfTheModel) {
  const training::Schema schema = {{{.name = "x"}}, {"a", "b"}, {}};
  const Samples samples = read_text("b,c,x\n0,1,5\n", {.targets = {"c", "b"}}, 0, schema);
  EXPECT_EQ(samples.target_values, (std::vector<float>{1, 0}));
}

TEST(ReadSamplesForAModel, RefusesWhatTheModelDoesNotKnow) {
  const std::string header = "size,color,age,kind\n1,red,2,yes\n";
  EXPECT_EQ(known_error("size,age,kind\n1,1,yes\n"),
            "t.csv:1:0+1: there is no column \"color\" (the model needs it) (its columns are "
            "\"size\", \"age\", \"kind\")");
  EXPECT_EQ(known_error(header + "1,green,2,yes\n"),
            "t.csv:3:3+5: the model knows no \"green\" in column \"color\" (it knows \"blue\", "
            "\"red\"; trained with --impute, it takes others as missing)");
  EXPECT_EQ(known_error(header + "1,,2,yes\n").substr(0, 43),
            "t.csv:3:3+1: the model knows no \"\" in colum");
  EXPECT_EQ(known_error(header + "1,r\xf6t,2,yes\n").substr(0, 50),
            "t.csv:3:3+3: the model knows no \"r\xf6t\" in column \"c");
  EXPECT_EQ(known_error(header + "1,red,2,perhaps\n"),
            "t.csv:3:9+7: the model knows no class \"perhaps\" (its classes are \"no\", \"yes\")");
  EXPECT_EQ(known_error(header + "1,red,2,\n").substr(0, 33), "t.csv:3:9+1: the label is missing");
  EXPECT_EQ(known_error(header + ",red,2,yes\n"),
            "t.csv:3:1+1: a number is missing (column \"size\") (the model was trained without "
            "missing values here (--impute))");
  EXPECT_EQ(
      known_error(header + "big,red,2,yes\n"),
      "t.csv:3:1+3: \"big\" is not a number (column \"size\") (the model takes numbers here)");
}

TEST(ReadSamplesForAModel, TextsThatAreMissingOrUnknownAreAllowedWhereSomethingStandsForThem) {
  training::Schema filled = kSchema;
  filled.inputs[1].fill = 0;
  const Samples samples =
      read_text("size,color,age,kind\n1,green,,yes\n1,NA,n/a,yes\n1,red,1,no\n", {}, 0, filled);
  EXPECT_EQ(samples.codes, (std::vector<std::int32_t>{kMissingCode, kMissingCode, 1}));
  EXPECT_TRUE(std::isnan(samples.numbers[3]));
  // A word that the model learned is itself, whatever else it stands for.
  filled.inputs[1].levels = {"NA", "red"};
  EXPECT_EQ(read_text("size,color,age,kind\n1,NA,1,yes\n", {}, 0, filled).codes[0], 0);
}

TEST(ReadSamplesForAModel, ShowsTheFirstOfManyLevels) {
  training::Schema many = kSchema;
  for (int i = 10; i < 40; ++i) many.inputs[1].levels.push_back("l" + std::to_string(i));
  const std::string error =
      error_of([&] { read_text("size,color,age,kind\n1,x,1,no\n", {}, 0, many); });
  EXPECT_NE(error.find("\"l18\", \"l19\", ... (32 in all);"), std::string::npos) << error;
}

TEST(ReadSamplesForAModel, IntegerLabelsAreAlikeWhenTheirValuesAre) {
  const training::Schema schema = {{{.name = "x"}}, {"y"}, {"-1", "1", "3"}};
  EXPECT_EQ(read_text("x,y\n1,+1\n1, 03\n1,-1\n", {}, 0, schema).labels,
            (std::vector<std::int32_t>{1, 2, 0}));
  const training::Schema texts = {{{.name = "x"}}, {"y"}, {"1", "x"}};
  EXPECT_EQ(error_of([&] { read_text("x,y\n1, 1\n", {}, 0, texts); }).substr(0, 43),
            "t.csv:2:3+2: the model knows no class \" 1\" ");
}

TEST(ReadSamplesForAModel, ReportsTheFirstFaultInTheOrderOfTheFile) {
  EXPECT_EQ(known_error("age,kind,color,size\n1,no,green,inf\n").substr(0, 12), "t.csv:2:6+5:");
  EXPECT_EQ(known_error("age,kind,color,size\ninf,perhaps,green,inf\n").substr(0, 12),
            "t.csv:2:1+3:");
}

TEST(ReadSamplesForAModel, SeveralTargets) {
  const training::Schema schema = {{{.name = "x"}}, {"a", "b"}, {}};
  const Samples samples = read_text("b,x,a\n1,5,0\n", {}, 0, schema);
  EXPECT_EQ(samples.target_values, (std::vector<float>{0, 1}));
  EXPECT_TRUE(read_text("b,x\n7,5\n", {}, 0, schema, false).targets.empty());
}

TEST(ReadSamplesForAModel, TakesAModel) {
  const Samples iris = read_samples(kData + "iris.csv", {.targets = {"label"}});
  const Model model{.inputs = iris.columns, .targets = iris.targets, .classes = iris.classes};
  expect_same(read_samples(kData + "iris.csv", model, {.ignore = {"no column of this file"}}, true),
              iris);
}

}  // namespace
}  // namespace crossent::test
