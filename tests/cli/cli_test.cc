// The parts of the program that a person never sees alone: words, numbers, lists, options,
// progress.
#include <gtest/gtest.h>

#include <cmath>

#include "cli/command_line.h"
#include "cli/errors.h"
#include "cli/label_names.h"
#include "cli/lists.h"
#include "cli/options.h"
#include "cli/output/diagnostic.h"
#include "cli/output/json.h"
#include "cli/output/progress.h"
#include "cli/output/text.h"
#include "cli/run.h"
#include "cli/scalars.h"
#include "cli/suggest.h"
#include "cli/train_axis.h"

namespace crossent::cli {
namespace {

using Words = std::vector<std::string>;

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("probs", "prbos"), 1u);
  EXPECT_EQ(edit_distance("Probs", "probs"), 0u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, FindsASlipAndNothingFarther) {
  const Words names = {"loss", "entropy", "explain", "eval"};
  EXPECT_EQ(nearest("entorpy", names), "entropy");
  EXPECT_EQ(nearest("los", names), "loss");
  EXPECT_EQ(nearest("zzz", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(1000, 'e'), names), "");
}

TEST(Escape, LeavesNothingThatDrivesATerminal) {
  EXPECT_EQ(escape("caf\xc3\xa9 \xe2\x82\xac"), "caf\xc3\xa9 \xe2\x82\xac");
  EXPECT_EQ(escape("a\x1b[31m\n"), "a\\x1b[31m\\x0a");
  EXPECT_EQ(escape("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(escape("\xc2\x9b"), "\\u{9b}");              // C1: a control sequence in one byte
  EXPECT_EQ(escape("\xe2\x80\xae"), "\\u{202e}");        // right-to-left override
  EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate is no character
  EXPECT_EQ(display_width("caf\xc3\xa9"), 4u);
}

TEST(Number, ShowsSmallAndLargeValuesByTheirDigits) {
  Context context;
  const Style six(context);
  EXPECT_EQ(six.number(0.35667494393873245), "0.356675");
  EXPECT_EQ(six.number(4.248354255291589e-18), "4.24835e-18");
  EXPECT_EQ(six.number(-0.0), "0.000000");
  EXPECT_EQ(six.number(1e30), "1e+30");
  EXPECT_EQ(six.number(INFINITY), "inf");
  EXPECT_EQ(six.percent(0.19655), "19.66 %");
  EXPECT_EQ(six.signed_number(-0.3), "-0.300");
  context.digits = 15;
  const Style fifteen(context);
  EXPECT_EQ(fifteen.number(0.2034259009125502), "0.203425900912550");
  EXPECT_EQ(fifteen.number(0), "0");
  EXPECT_EQ(fifteen.exponential(-800), "10^-347.435585522601");
}

TEST(Number, KeepsItsWholePartWithFewDigits) {
  Context context;
  context.digits = 1;
  const Style one(context);
  EXPECT_EQ(one.percent(0.4855), "49 %");
  EXPECT_EQ(one.percent(0.996), "100 %");
  EXPECT_EQ(one.percent(-INFINITY), "-inf %");
  EXPECT_EQ(one.number(1.755), "2");
  EXPECT_EQ(one.number(-1042.3), "-1042");
  EXPECT_EQ(one.number(0.00012), "0.0001");
  EXPECT_EQ(one.number(0.000012), "1e-05");
  EXPECT_EQ(one.signed_number(0.0996), "+0.1");
  context.digits = 2;
  const Style two(context);
  EXPECT_EQ(two.percent(0.9344), "93 %");
  EXPECT_EQ(two.number(9.96), "10");
  EXPECT_EQ(two.number(2.5e9), "2.5e+09");
}

TEST(Exponential, IsAPowerOfTenWhereF64HasNotAllDigits) {
  Context context;
  const Style style(context);
  EXPECT_EQ(style.exponential(-1), "0.367879");
  EXPECT_EQ(style.exponential(-700), "9.85968e-305");
  EXPECT_EQ(style.exponential(-740), "10^-321.38");
  EXPECT_EQ(style.exponential(-800), "10^-347.44");
  EXPECT_EQ(style.exponential(1000, 4), "10^434.29");
  EXPECT_EQ(style.exponential(-1e300), "10^-4.34294e+299");
  EXPECT_EQ(style.exponential(-INFINITY), "0.000000");
}

TEST(Skill, IsAFactorWhereThePercentageSaysNothing) {
  Context context;
  const Style style(context);
  EXPECT_EQ(style.skill(0.774), "77.40 %");
  EXPECT_EQ(style.skill(-10), "-1000.00 %");
  EXPECT_EQ(style.skill(-1818.4785), "far below 0, 1 819 times that loss");
  EXPECT_EQ(style.skill(-1e30), "far below 0, 1e+30 times that loss");
  EXPECT_EQ(style.against(0.123, 1), "12.3 % better than");
  EXPECT_EQ(style.against(-5.77, 1), "577.0 % worse than");
  EXPECT_EQ(style.against(-362), "363 times the loss of");
  EXPECT_EQ(style.times(-INFINITY), std::nullopt);
}

TEST(WholeNumbers, HaveNoExponent) {
  Context context;
  const Style style(context);
  EXPECT_EQ(style.rounded(6.3598), "6.36");
  EXPECT_EQ(style.rounded(999.7), "1 000");
  EXPECT_EQ(style.rounded(123456.7), "123 457");
  EXPECT_EQ(style.rounded(1.5e9), "1.5e+09");
  EXPECT_EQ(count_text(1e5), "100000");
  EXPECT_EQ(count_text(3345678), "3345678");
  EXPECT_EQ(count_text(0.1 + 0.2), "0.3");
  EXPECT_EQ(PlotAxis::linear(1, 2e6, true).text(1e6), "1000000");
}

TEST(LikelyLabel, IsTheColumnWhoseNameSaysSo) {
  const auto of = [](const std::vector<std::string>& names) {
    return likely_label(names).value_or("");
  };
  EXPECT_EQ(of({"x", "label", "z"}), "label");
  EXPECT_EQ(of({"y", "Target"}), "Target");
  EXPECT_EQ(of({"CLASS", "y"}), "CLASS");
  EXPECT_EQ(of({"x", "classy"}), "");
}

TEST(Grouped, SetsBlanksBetweenThousands) {
  EXPECT_EQ(grouped(1042), "1 042");
  EXPECT_EQ(grouped(-1234567), "-1 234 567");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(0, "row"), "0 rows");
}

TEST(ResumeCommand, PutsTheCheckpointInPlaceOfTheOldOneAndQuotesForTheShell) {
  EXPECT_EQ(resume_command({"train", "a b.csv", "--target", "it's", "--l2", "1e-3"}, "c.ckpt"),
            "crossent train 'a b.csv' --target 'it'\\''s' --l2 1e-3 --resume c.ckpt");
  EXPECT_EQ(
      resume_command({"train", "--resume", "old", "d.csv", "--resume=older", "-o", "m"}, "new"),
      "crossent train d.csv -o m --resume new");
  EXPECT_EQ(resume_command({"train", "--seed", "1", "--", "--resume"}, "c"),
            "crossent train --seed 1 --resume c -- --resume");
  EXPECT_EQ(resume_command({"train", "", "\x1b[31m'\\"}, "c"),
            "crossent train '' $'\\x1b[31m\\'\\\\' --resume c");
}

TEST(Json, TurnsWhatIsNotFiniteIntoNullAndAState) {
  Json object = json_head("loss");
  put(object, "a", INFINITY);
  put(object, "b", std::vector<double>{1, NAN});
  put(object, "c", 0.1);
  EXPECT_EQ(json_line(object),
            "{\"crossent\":1,\"verb\":\"loss\",\"a\":null,\"a_state\":\"inf\",\"b\":[1.0,null],"
            "\"b_state\":[null,\"nan\"],\"c\":0.1}\n");
}

TEST(Progress, TellsShareRatesAndTimeLeft) {
  EXPECT_EQ(progress_text(2, 8'000'000, 500, 1000),
            " 50 %  8.0 Mrows  4.0 Mrows/s  250 B/s  ETA 0:02");
  EXPECT_EQ(progress_text(1, 10, 10, 0), "10 rows  10 rows/s  10 B/s");
  EXPECT_EQ(progress_text(1, 1, 1, 7200), "  0 %  1 rows  1 rows/s  1 B/s  ETA 1:59:59");
}

TEST(ParseReal, TakesEveryDecimalAndRefusesTheRest) {
  EXPECT_EQ(parse_real("+.5"), 0.5);
  EXPECT_EQ(parse_real("5."), 5.0);
  EXPECT_EQ(parse_real("-inf"), -INFINITY);
  EXPECT_EQ(parse_real("1e-999"), 0.0);
  EXPECT_EQ(parse_real("0.1"), 0.1);
  for (const char* bad : {"", "+-1", "1e999", "0x10", "1,5", " 1", "one", "--1", "+"})
    EXPECT_FALSE(parse_real(bad).has_value()) << bad;
}

std::vector<std::vector<double>> rows_of(const std::string& text) {
  const List list = parse_list({{"--p", text}});
  std::vector<std::vector<double>> out;
  for (std::size_t i = 0; i < list.rows.size(); ++i) out.push_back(list.row(i));
  return out;
}

TEST(List, ReadsEveryWayToWriteOne) {
  using Rows = std::vector<std::vector<double>>;
  for (const char* one : {"1,2", "1 2", " 1 , 2 ", "[1,2]", "[ 1 2 ]", "+1\t2"})
    EXPECT_EQ(rows_of(one), (Rows{{1, 2}})) << one;
  for (const char* two : {"1,2;3,4", "[1,2;3,4]", "[[1,2],[3,4]]", "[1 2];[3 4]", "[[1 2];[3 4]]"})
    EXPECT_EQ(rows_of(two), (Rows{{1, 2}, {3, 4}})) << two;
}

TEST(List, RefusesAndPointsAtTheFault) {
  for (const char* bad : {"", "[]", ";", "1;", "1;;2", ",1", "1,", "1,,2", "[1", "1]", "[1]2",
                          "[[1],]", "[[1][2]]", "][", "[[[1]]]", "[[]]", "1[2]", "[1,[2]]", "[,1]"})
    EXPECT_THROW(rows_of(bad), InputError) << bad;
  try {
    rows_of("1,2x");
    FAIL() << "no refusal";
  } catch (const InputError& e) {
    EXPECT_EQ(e.excerpt.begin, 2u);
    EXPECT_EQ(e.excerpt.width, 2u);
    EXPECT_EQ(e.code, exit_code::kBadData);
  }
}

class OptionsTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.flag("-v,--verbose", verbose_, "");
    options_.value("-o,--output", "FILE", output_, "").aliases = {"--out"};
    options_.list("--probs", "P", probs_, "");
    options_.positional("FILE", files_, "");
  }
  Options options_;
  bool verbose_ = false;
  std::optional<Value> output_;
  std::vector<Value> probs_, files_;
};

TEST_F(OptionsTest, KeepsValuesAsTheyWereTyped) {
  options_.parse(
      {"--probs", "1", "-inf", "[2]", "-v", "-ofile", "x", "--probs=[1,2;3,4]", "--", "-y"});
  EXPECT_TRUE(verbose_);
  ASSERT_EQ(probs_.size(), 2u);
  EXPECT_EQ(probs_[0].text, "1 -inf [2]");
  EXPECT_EQ(probs_[1].text, "[1,2;3,4]");
  EXPECT_EQ(output_->text, "file");
  EXPECT_EQ(output_->option, "--output");
  ASSERT_EQ(files_.size(), 2u);
  EXPECT_EQ(files_[0].text, "x");
  EXPECT_EQ(files_[1].text, "-y");
}

TEST_F(OptionsTest, TakesNegativeNumbersDashAndAliases) {
  options_.parse({"--out", "-", "--probs", "-0.5,1"});
  EXPECT_EQ(output_->text, "-");
  EXPECT_EQ(probs_[0].text, "-0.5,1");
}

TEST_F(OptionsTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(options_.parse({"--prob", "1"}), UsageError);
  EXPECT_THROW(options_.parse({"--output"}), UsageError);
  EXPECT_THROW(options_.parse({"--output", "--verbose"}), UsageError);
  EXPECT_THROW(options_.parse({"-o", "a", "--out", "b"}), UsageError);
  EXPECT_THROW(options_.parse({"--verbose=1"}), UsageError);
}

TEST(Run, ColoursOnATerminalOnly) {
  Terminal terminal;
  const Words args = {"explain", "--ce", "1"};
  EXPECT_EQ(run(args, terminal).out.find('\x1b'), std::string::npos);
  terminal.stdout_is_tty = terminal.stderr_is_tty = true;
  EXPECT_EQ(run(args, terminal).out.find("\x1b[1m"), 0u);
  EXPECT_NE(run({"lss"}, terminal).err.find("\x1b[1;31merror:"), std::string::npos);
  EXPECT_EQ(run({"explain", "--ce", "1", "--color", "never"}, terminal).out.find('\x1b'),
            std::string::npos);
  terminal.no_color = true;
  EXPECT_EQ(run(args, terminal).out.find('\x1b'), std::string::npos);
}

TEST(NoteLine, LetsNoTextDriveTheTerminal) {
  EXPECT_EQ(note_line("eval", "column \"p\x1b[2J\"", false),
            "crossent: eval: note: column \"p\\x1b[2J\"\n");
  const Diagnostic d = diagnose(UsageError("x\x1b", "y\x1b", {"z\x1b", "1", 0, 1}), "eval", false);
  EXPECT_EQ(d.text.find('\x1b'), std::string::npos) << d.text;
}

TEST(Parse, JudgesTheOptionsAndRunsNothing) {
  const Outcome good = parse({"eval", "no/such/file", "--bins", "3", "--fail-if", "loss > 1"}, {});
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.out + good.err, "");
  EXPECT_EQ(parse({"curve", "-o", "no/such/folder/x"}, {}).code, 0);
  EXPECT_EQ(parse({"eval", "f", "--bons", "3"}, {}).code, exit_code::kUsage);
  EXPECT_EQ(parse({"loss", "--help"}, {}).out, run({"loss", "--help"}, {}).out);
}

TEST(Run, DrawsWithBlocksInUtf8Only) {
  Terminal terminal;
  EXPECT_EQ(run({"curve"}, terminal).out.find("\xe2\x94\x82"), std::string::npos);
  terminal.utf8 = true;
  EXPECT_NE(run({"curve"}, terminal).out.find("\xe2\x94\x82"), std::string::npos);
}

TEST(Run, HelpsWithEveryVerb) {
  for (const char* verb : {"loss", "entropy", "joint", "explain", "curve", "eval", "train",
                           "predict", "info", "completions"}) {
    const Outcome help = run({"help", verb}, {});
    EXPECT_EQ(help.code, 0) << verb;
    EXPECT_NE(help.out.find("usage: crossent " + std::string(verb)), std::string::npos);
    EXPECT_EQ(help.out, run({verb, "--help"}, {}).out);
    EXPECT_NE(run({"completions", "man"}, {}).out.find(".SH " + std::string(verb)),
              std::string::npos);
    for (const char* shell : {"bash", "zsh", "fish"})
      EXPECT_NE(run({"completions", shell}, {}).out.find(verb), std::string::npos);
  }
}

}  // namespace
}  // namespace crossent::cli
