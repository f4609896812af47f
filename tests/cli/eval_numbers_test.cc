// The numbers of `crossent eval`, from files.
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "cli/eval_tools.h"
#include "io/npy_support.h"

namespace crossent::test {
namespace {

template <class T>
std::string npy(const std::string& type, const std::string& shape, const std::vector<T>& values) {
  return npy_file(npy_header(type, shape), bytes_of(values));
}

void expect_near(const Json& got, double want, double ulps = 4) {
  ASSERT_TRUE(got.is_number()) << got;
  EXPECT_NEAR(got.get<double>(), want, ulps * 0x1p-53 * std::fabs(want));
}

// Rows with probabilities of 1/1024 steps (some 0), names as classes, weights and groups.
struct Table {
  std::string header = "id,y_true,w,g,p_ant,p_bee,p_cow\n";
  std::vector<std::string> rows;

  explicit Table(int n) {
    std::mt19937_64 rng(7);
    const char* names[] = {"ant", "bee", "cow"};
    for (int i = 0; i < n; ++i) {
      const auto a = static_cast<int>(rng() % 1025);
      const auto b = static_cast<int>(rng() % static_cast<unsigned>(1025 - a));
      std::ostringstream row;
      row.precision(17);
      row << "id" << i << "," << names[rng() % 3] << "," << rng() % 7 << ",g" << rng() % 11 << ","
          << a / 1024.0 << "," << b / 1024.0 << "," << (1024 - a - b) / 1024.0 << "\n";
      rows.push_back(row.str());
    }
  }
  std::string text(std::size_t begin, std::size_t end) const {
    std::string out = header;
    for (std::size_t i = begin; i < end; ++i) out += rows[i];
    return out;
  }
};

TEST(EvalNumbers, BinaryDataSetOfTheIntroductions) {
  const TemporaryFolder folder;
  const auto file = folder.write("b.csv", "y,p\n1,.4\n0,.6\n1,.1\n1,.5\n");
  const Json j = eval_json({file, "--prob", "p"});
  EXPECT_NEAR(j["loss"].get<double>(), 1.20707843432558, 5e-15);
  EXPECT_EQ(j["rows"], 4);
  EXPECT_EQ(j["classes"], 2);
  expect_near(j["loss_bits"], j["loss"].get<double>() / std::log(2.0));
  expect_near(j["perplexity"], std::exp(j["loss"].get<double>()));
  expect_near(j["brier"], (.36 + .36 + .81 + .25) / 4);
  EXPECT_EQ(j["accuracy"], 0);  // .5 is a tie: the lower class
  const double prior = -(.75 * std::log(.75) + .25 * std::log(.25));
  expect_near(j["baseline_prior"], prior);
  expect_near(j["baseline_uniform"], std::log(2.0));
  expect_near(j["skill"], 1 - j["loss"].get<double>() / prior, 16);
  const double half = 1.959963984540054 * j["se"].get<double>();
  expect_near(j["ci95"][0], j["loss"].get<double>() - half);
  expect_near(j["ci95"][1], j["loss"].get<double>() + half);
  EXPECT_EQ(j["worst"][0]["row"], 2);
  EXPECT_EQ(j["worst"][0]["line"], 4);
  EXPECT_EQ(j["worst"][0]["label"], 1);
  EXPECT_EQ(j["worst"][0]["p_true"], .1);
}

TEST(EvalNumbers, ScikitLearnsNumbersForTheDigits) {
  const Json scores = Json::parse(slurp(data("digits_scores.json")));
  for (const std::string name : {"digits_logreg.csv", "digits_forest.csv"}) {
    const Json& want = scores[name];
    const Json j = eval_json({data(name), "--id", "row", "--like", "sklearn"});
    EXPECT_EQ(j["rows"], want["rows"]);
    expect_near(j["like"]["loss"], want["log_loss"].get<double>(), 64);  // theirs rounds each sum
    expect_near(j["loss_finite"], want["log_loss_of_the_other_rows"].get<double>(), 64);
    expect_near(j["accuracy"], want["accuracy"].get<double>());
    EXPECT_EQ(j["infinite_rows"], want["zero_rows"]);
  }
  const Json forest = eval_json({data("digits_forest.csv")});
  EXPECT_TRUE(forest["loss"].is_null());
  EXPECT_EQ(forest["loss_state"], "inf");
  EXPECT_TRUE(forest["se"].is_null());
  EXPECT_EQ(forest["skill_state"], "-inf");
  EXPECT_EQ(forest["worst"][0]["loss_state"], "inf");
}

TEST(EvalNumbers, SevenFilesInAnyOrderAreTheWhole) {
  const TemporaryFolder folder;
  const Table table(2000);
  const auto whole = folder.write("whole.csv", table.text(0, 2000));
  Args parts;
  const std::size_t cuts[] = {0, 1, 300, 301, 900, 1500, 1990, 2000};
  for (int i = 0; i < 7; ++i)
    parts.push_back(
        folder.write("part" + std::to_string(i) + ".csv", table.text(cuts[i], cuts[i + 1])));
  const Args options{"--id",  "id",      "--weight", "w",       "--group", "g",        "--like",
                     "keras", "--top-k", "2",        "--worst", "50",      "--threads"};
  const auto with = [&](Args args, const std::string& threads) {
    args.insert(args.end(), options.begin(), options.end());
    args.push_back(threads);
    return without_positions(eval_json(args)).dump();
  };
  const std::string want = with({whole}, "1");
  EXPECT_GT(Json::parse(want)["infinite_rows"], 0);
  for (int round = 0; round < 4; ++round) {
    EXPECT_EQ(with(parts, round % 2 ? "3" : "1"), want);
    std::rotate(parts.begin(), parts.begin() + 3, parts.end());
    std::swap(parts[0], parts[4]);
  }
}

TEST(EvalNumbers, ThreadsDoNotChangeAByte) {
  const TemporaryFolder folder;
  const auto file = folder.write("t.csv", Table(20000).text(0, 20000));
  const std::string losses = (folder.path() / "l.csv").string();
  std::string out, rows;
  for (const std::string threads : {"1", "2", "3", "7", "64"}) {
    const auto o = eval(
        {file, "--id", "id", "--group", "g", "--json", "--threads", threads, "--losses", losses});
    ASSERT_EQ(o.code, 0) << o.err;
    if (threads == "1") out = o.out, rows = slurp(losses);
    EXPECT_EQ(o.out, out) << threads;
    EXPECT_EQ(slurp(losses), rows) << threads;
  }
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 20001);
}

TEST(EvalNumbers, OneColumnAndTwoColumnsAgree) {
  const TemporaryFolder folder;
  std::string one = "y,p\n", two = "y,p_0,p_1\n";
  for (int i = 0; i <= 32; ++i) {
    const int y = i == 0 ? 0 : i == 32 ? 1 : i * 5 % 7 > 2;
    one += std::to_string(y) + "," + std::to_string(i / 32.0) + "\n";
    two += std::to_string(y) + "," + std::to_string(1 - i / 32.0) + "," + std::to_string(i / 32.0) +
           "\n";
  }
  const Json a = eval_json({folder.write("1.csv", one), "--prob", "p"});
  const Json b = eval_json({folder.write("2.csv", two)});
  for (const char* key : {"loss", "se", "brier", "accuracy", "ece", "skill", "baseline_prior"})
    expect_near(a[key], b[key].get<double>(), 16);
}

TEST(EvalNumbers, LogitsLogProbabilitiesAndProbabilitiesAgree) {
  const TemporaryFolder folder;
  const Json z = eval_json({folder.write("z.csv", "y,z_a,z_b\na,0.5,-0.25\nb,3,1\n")});
  const double l[] = {std::log1p(std::exp(-.75)), 2 + std::log1p(std::exp(-2))};
  expect_near(z["loss"], (l[0] + l[1]) / 2);
  std::ostringstream logs;
  logs.precision(17);
  logs << "y,l_a,l_b\na," << -l[0] << "," << -l[0] - .75 << "\nb," << -l[1] + 2 << "," << -l[1]
       << "\n";
  expect_near(eval_json({folder.write("l.csv", logs.str()), "--log-probs", "l_*"})["loss"],
              z["loss"].get<double>(), 8);
}

TEST(EvalNumbers, ClassNamesAreMatchedWhateverTheOrderOfColumns) {
  const TemporaryFolder folder;
  const Json a = eval_json(
      {folder.write("a.csv", "label,p_dog,p_cat\ncat,.25,.75\ndog,.5,.5\ndog,.75,.25\n")});
  const Json b = eval_json(
      {folder.write("b.csv", "p_cat,label,p_dog\n.75,cat,.25\n.5,dog,.5\n.25,dog,.75\n")});
  EXPECT_EQ(a["loss"], b["loss"]);
  EXPECT_EQ(a["per_class"][0]["class"], "dog");
  EXPECT_EQ(b["per_class"][0]["class"], "cat");
  const Json numbered =
      eval_json({folder.write("n.csv", "label,p_10,p_9,p_8\n8,.1,.2,.7\n10,.7,.2,.1\n")});
  EXPECT_EQ(numbered["per_class"][0]["class"], 8);
  expect_near(numbered["loss"], -std::log(.7));
}

TEST(EvalNumbers, NumbersWithGapsAreNames) {
  const TemporaryFolder folder;
  const Json j = eval_json({folder.write("g.csv", "y,p_1,p_2,p_5\n5,.1,.2,.7\n1,.7,.2,.1\n")});
  expect_near(j["loss"], -std::log(.7));
  EXPECT_EQ(j["per_class"][2]["class"], "5");
}

TEST(EvalNumbers, LabelsFromOne) {
  const TemporaryFolder folder;
  const std::string rows = "1,.7,.2,.1\n2,.1,.8,.1\n3,.2,.2,.6\n";
  const auto file = folder.write("a.csv", "y,p_0,p_1,p_2\n" + rows);
  const Json j = eval_json({file, "--labels-from", "1"});
  EXPECT_NEAR(j["loss"].get<double>(), .363548039672978, 1e-15);
  EXPECT_EQ(j["worst"][0]["label"], 3);
  EXPECT_EQ(eval_json({folder.write("b.csv", "y,p_1,p_2,p_3\n" + rows)})["loss"], j["loss"]);
}

TEST(EvalNumbers, ClusteredErrorAndDesignEffect) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("g.csv", "y,p,user\n1,.9,a\n1,.9,a\n1,.5,b\n1,.5,b\n1,.2,c\n1,.2,c\n");
  const Json j = eval_json({file, "--prob", "p", "--group", "user"});
  const double l[] = {-std::log(.9), -std::log(.5), -std::log(.2)};
  double sum = 0;
  for (double x : l) sum += 4 * (x - j["loss"].get<double>()) * (x - j["loss"].get<double>());
  expect_near(j["se"], std::sqrt(1.5 * sum) / 6, 32);
  expect_near(j["design_effect"], 2.5, 64);
  EXPECT_EQ(j["groups"], 3);
}

TEST(EvalNumbers, EveryToolsNumber) {
  const TemporaryFolder folder;
  const auto file = folder.write("l.csv", "y,p_0,p_1\n0,0,1\n");
  const auto binary = folder.write("b.csv", "y,p\n0,1\n");
  const std::vector<std::pair<std::string, double>> want{{"sklearn", 36.044},   {"kaggle", 34.539},
                                                         {"lightgbm", 34.539},  {"xgboost", 36.841},
                                                         {"yardstick", 36.044}, {"keras", 16.118}};
  for (const auto& [tool, loss] : want) {
    const Json j = eval_json({file, "--like", tool});
    EXPECT_EQ(j["like"]["tool"], tool);
    EXPECT_NEAR(j["like"]["loss"].get<double>(), loss, 5e-4) << tool;
    EXPECT_FALSE(j["like"]["rule"].get<std::string>().empty());
  }
  EXPECT_EQ(eval_json({file, "--like", "torch"})["like"]["loss_state"], "inf");
  EXPECT_EQ(eval_json({binary, "--prob", "p", "--like", "torch"})["like"]["loss"], 100);
  EXPECT_NEAR(eval_json({binary, "--prob", "p", "--like", "keras"})["like"]["loss"].get<double>(),
              15.942, 5e-4);
  const auto thirds = folder.write("t.csv", "y,p_0,p_1,p_2\n0,.2,.2,.2\n");
  const Json j = eval_json({thirds, "--normalize", "--like", "sklearn"});
  expect_near(j["like"]["loss"], std::log(5.0));  // it does not divide
  expect_near(j["loss"], std::log(3.0));
}

TEST(EvalNumbers, ArraysOfEveryFloatAreEvaluated) {
  const TemporaryFolder folder;
  const std::vector<double> z{.5, -.25, 3, 1};
  const std::vector<float> narrow(z.begin(), z.end());
  const std::vector<std::int32_t> labels{0, 1};
  const auto y = folder.write("y.npy", npy("<i4", "(2,)", labels));
  const Json wide =
      eval_json({folder.write("z.npy", npy("<f8", "(2, 2)", z)), "--label", y, "--as", "logits"});
  const Json single = eval_json(
      {folder.write("f.npy", npy("<f4", "(2, 2)", narrow)), "--label", y, "--as", "logits"});
  expect_near(wide["loss"], (std::log1p(std::exp(-.75)) + 2 + std::log1p(std::exp(-2))) / 2);
  EXPECT_EQ(wide["loss"], single["loss"]);
  const std::vector<float> certain{0, 1};
  const std::vector<std::int32_t> zero{0};
  const Json like = eval_json({folder.write("p.npy", npy("<f4", "(1, 2)", certain)), "--label",
                               folder.write("0.npy", npy("<i4", "(1,)", zero)), "--as", "probs",
                               "--like", "sklearn"});
  EXPECT_NEAR(like["like"]["loss"].get<double>(), 15.942, 5e-4);
}

TEST(EvalNumbers, LossesOfEveryRowInOrder) {
  const TemporaryFolder folder;
  const auto a = folder.write("a.csv", "y,p_x,\"p_y,z\"\nx,1,0\n\"y,z\",1,0\n");
  const auto b = folder.write("b.csv", "y,p_x,\"p_y,z\"\nx,.25,.75\n");
  const std::string out = (folder.path() / "losses.csv").string();
  eval_json({a, b, "--losses", out});
  EXPECT_EQ(slurp(out),
            "id,loss,p_true,predicted\n0,0,1,x\n1,inf,0,x\n2,1.3862943611198906,0.25,\"y,z\"\n");
}

TEST(EvalNumbers, PipesLoseNoByteToTheDetectionOfFormats) {
  const TemporaryFolder folder;
  const std::string pipe = (folder.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string text = "label,p_0,p_1\n0,.5,.5\n1,.25,.75\n";
  const std::vector<unsigned char> gz{0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                      0xcb, 0x49, 0x4c, 0x4a, 0xcd, 0xd1, 0x29, 0x88, 0x37, 0x00,
                                      0x62, 0x43, 0x2e, 0x03, 0x1d, 0x3d, 0x53, 0x20, 0xe2, 0x32,
                                      0xd4, 0xd1, 0x33, 0x02, 0x32, 0xcc, 0x4d, 0xb9, 0x00, 0xb2,
                                      0x40, 0x0d, 0x82, 0x20, 0x00, 0x00, 0x00};  // gzip of text
  const Json want = eval_json({folder.write("t.csv", text)});
  for (const std::string& bytes : {text, std::string(gz.begin(), gz.end())}) {
    std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << bytes; });
    const Json got = eval_json({pipe});
    writer.join();
    EXPECT_EQ(got["loss"], want["loss"]);
    EXPECT_EQ(got["rows"], 2);
  }
}

TEST(EvalNumbers, TablesWithoutAHeaderCountTheirColumns) {
  const TemporaryFolder folder;
  const auto bare = folder.write("bare.csv", "0,.25,.75\n1,.5,.5\n");
  const Args columns{"--label", "column_1", "--probs", "column_*"};
  const auto with = [&](const std::string& file, Args args, const Args& more) {
    args.insert(args.begin(), file);
    args.insert(args.end(), more.begin(), more.end());
    return eval_json(args);
  };
  const double want = (std::log(4.0) + std::log(2.0)) / 2;
  expect_near(with(bare, columns, {})["loss"], want);
  const auto named = folder.write("named.csv", "label,0,1\n0,.25,.75\n1,.5,.5\n");
  expect_near(with(named, {"--header", "yes"}, {"--probs", "0,1"})["loss"], want);
  EXPECT_EQ(eval({named}).code, 3);
  const auto texts = folder.write("t.csv", "a,b,c\n0,.25,.75\n");
  EXPECT_NE(eval({texts, "--header", "no", "--label", "column_1", "--prob", "column_2"})
                .err.find("t.csv:1:3: error: \"b\" is not a number"),
            std::string::npos);
}

TEST(EvalNumbers, ColumnNumbersBelowZeroAreNames) {
  const TemporaryFolder folder;
  const auto file = folder.write("n.csv", "y,p_-1,p_0\n-1,.25,.75\n0,.5,.5\n");
  const Json j = eval_json({file});
  expect_near(j["loss"], (std::log(4.0) + std::log(2.0)) / 2);
  EXPECT_EQ(j["per_class"][0]["class"], "-1");
  const auto top = folder.write("t.csv", "y,p_-1,p_0\n9223372036854775807,.25,.75\n");
  EXPECT_NE(eval({top}).err.find("\"9223372036854775807\" matches no class"), std::string::npos);
}

TEST(EvalNumbers, ManyThreadsAndFewRows) {
  const Json one = eval_json({data("digits_logreg.csv"), "--threads", "1"});
  EXPECT_EQ(eval_json({data("digits_logreg.csv"), "--threads", "4096"}), one);
}

TEST(EvalNumbers, ChecksDecideTheExitCode) {
  const TemporaryFolder folder;
  const auto file = folder.write("b.csv", "y,p\n1,.5\n0,.5\n");
  const auto code = [&](const std::string& check) {
    return eval({file, "--prob", "p", "--fail-if", check}).code;
  };
  EXPECT_EQ(code("loss > 0.7"), 0);
  EXPECT_EQ(code("loss>0.6"), 1);
  EXPECT_EQ(code("rows >= 2"), 1);
  EXPECT_EQ(code("rows > 2"), 0);
  EXPECT_EQ(code("rows <= 2"), 1);
  EXPECT_EQ(code("rows < 2"), 0);
  EXPECT_EQ(code("design_effect > 0"), 1);  // there is none: a null key fails
  EXPECT_EQ(eval({data("digits_forest.csv"), "--fail-if", "loss < 1"}).code, 1);  // infinite
  EXPECT_EQ(code("loss ! 2"), 2);
  EXPECT_EQ(code("loos > 2"), 2);
  const auto o = eval({file, "--prob", "p", "--fail-if", "loss > 0.6", "--fail-if", "ece > 1"});
  EXPECT_NE(o.err.find("check failed: loss = 0.6931471805599453 > 0.6"), std::string::npos)
      << o.err;
  EXPECT_EQ(o.err.find("ece ="), std::string::npos);
  EXPECT_FALSE(o.out.empty());
}

}  // namespace
}  // namespace crossent::test
