// What `crossent eval` refuses, word for word.
#include <filesystem>

#include "cli/eval_tools.h"
#include "io/npy_support.h"

namespace crossent::test {
namespace {

// stderr of a run over a file `f.csv` that holds `text`; the folder's name is left out.
class Refusals : public ::testing::Test {
 protected:
  std::string refused(const std::string& text, Args options = {}, int code = 3) {
    return message(folder_.write("f.csv", text), std::move(options), code);
  }
  std::string message(const std::string& path, Args options, int code) {
    options.insert(options.begin(), path);
    const cli::Outcome o = eval(std::move(options));
    EXPECT_EQ(o.code, code) << o.err;
    EXPECT_EQ(o.out, "");
    std::string err = o.err;
    const std::string prefix = folder_.path().string() + "/";
    for (std::size_t at; (at = err.find(prefix)) != std::string::npos;)
      err.erase(at, prefix.size());
    return err;
  }
  TemporaryFolder folder_;
};

TEST_F(Refusals, AValueThatIsNoProbability) {
  EXPECT_EQ(refused("id,label,p_cat,p_dog\na,cat,.7,.3\nb,cat,1.7,-.7\n"),
            "crossent: f.csv:3:7: error: probability 1.7 is outside [0, 1] (column \"p_cat\")\n"
            "  3 | b,cat,1.7,-.7\n"
            "    |       ^~~\n"
            "  hint: values below 0 or above 1 look like logits; use --logits 'p_*'\n"
            "  (1 good row read; exit 3)\n");
  EXPECT_EQ(refused("label,p_0,p_1\n0,-.7,-.9\n"),
            "crossent: f.csv:2:3: error: probability -0.7 is outside [0, 1] (column \"p_0\")\n"
            "  2 | 0,-.7,-.9\n"
            "    |   ^~~\n"
            "  hint: values at or below 0 look like log-probabilities; use --log-probs 'p_*'\n"
            "  (0 good rows read; exit 3)\n");
  EXPECT_NE(refused("label,p_0,p_1\n0,70,30\n").find("percentages?"), std::string::npos);
  EXPECT_NE(
      refused("label,p_0,p_1\n0,nan,1\n").find("f.csv:2:3: error: probability is not a number"),
      std::string::npos);
  EXPECT_NE(
      refused("label,p_0,p_1\n0,inf,0\n").find("f.csv:2:3: error: probability inf is outside"),
      std::string::npos);
  EXPECT_NE(refused("label,p_0,p_1\n0,1e999,0\n").find("f.csv:2:3: error:"), std::string::npos);
  EXPECT_NE(refused("y,p\n0,1.5\n", {"--prob", "p"}).find("use --logits 'p'"), std::string::npos);
}

TEST_F(Refusals, RowsThatDoNotSumToOne) {
  EXPECT_EQ(
      refused("label,p_0,p_1\n0,.7,.3\n1,.7,.4\n"),
      "crossent: f.csv:3:3: error: the probabilities of the row sum to 1.1, not 1\n"
      "  3 | 1,.7,.4\n"
      "    |   ^~\n"
      "  hint: up to 1e-6 off is taken as rounding; --normalize divides every row by its sum\n"
      "  (1 good row read; exit 3)\n");
  EXPECT_NE(refused("label,p_0,p_1\n0,0,0\n", {"--normalize"}).find("sum to 0"), std::string::npos);
  EXPECT_NE(refused("label,l_0,l_1\n0,-.1,-.2\n", {"--log-probs", "l_*"})
                .find("not normalised? use --logits 'l_*'"),
            std::string::npos);
}

TEST_F(Refusals, OneKindOfNumbersGivenAsAnother) {
  EXPECT_EQ(
      refused("label,z_0,z_1\n0,.7,.3\n1,.4,.6\n"),
      "crossent: f.csv: error: every row lies in [0, 1] and sums to 1: these are probabilities, "
      "not logits\n"
      "  hint: use --probs 'z_*' (logits that happen to look so: add a constant to each row)\n");
  EXPECT_EQ(refused("label,l_0,l_1\n0,.7,.3\n", {"--log-probs", "l_*"}),
            "crossent: f.csv:2:3: error: log-probability 0.7 is above 0 (column \"l_0\")\n"
            "  2 | 0,.7,.3\n"
            "    |   ^~\n"
            "  hint: probabilities? use --probs 'l_*'; logits? use --logits 'l_*'\n"
            "  (0 good rows read; exit 3)\n");
  EXPECT_NE(refused("label,z_0,z_1\n0,-inf,-inf\n").find("no class is left"), std::string::npos);
  EXPECT_NE(refused("label,z_0,z_1\n0,inf,inf\n")
                .find("f.csv:2:7: error: two logits of the row are +inf"),
            std::string::npos);
}

TEST_F(Refusals, LabelsOutsideTheClasses) {
  EXPECT_EQ(refused("label,p_0,p_1\n1,.7,.3\n2,.7,.3\n1,.7,.3\n"),
            "crossent: f.csv:3:1: error: label 2 is outside 0..1 (column \"label\")\n"
            "  3 | 2,.7,.3\n"
            "    | ^\n"
            "  hint: labels run 1..2 for 2 classes: they count from 1; use --labels-from 1\n"
            "  (1 good row read; exit 3)\n");
  EXPECT_NE(refused("label,p_0,p_1\n2,.7,.3\n0,.7,.3\n")
                .find("hint: labels run 0..2 for 2 classes: are columns of classes missing?\n  (0"),
            std::string::npos);
  EXPECT_NE(refused("label,p_0,p_1\n-1,.7,.3\n").find("label -1 is outside 0..1"),
            std::string::npos);
  EXPECT_NE(
      refused("label,p_0,p_1\n0,.7,.3\n", {"--labels-from", "1"}).find("label 0 is outside 1..2"),
      std::string::npos);
  EXPECT_NE(refused("label,p_0,p_1\n-9223372036854775808,.7,.3\n").find("is outside 0..1"),
            std::string::npos);
  EXPECT_NE(refused("label,p_0,p_1\n0.5,.7,.3\n").find("\"0.5\" is not an integer"),
            std::string::npos);
}

TEST_F(Refusals, ClassNamesThatMatchNoColumn) {
  EXPECT_EQ(refused("label,p_cat,p_dog\ncat,.7,.3\ncatt,.7,.3\n"),
            "crossent: f.csv:3:1: error: label \"catt\" matches no class (column \"label\")\n"
            "  3 | catt,.7,.3\n"
            "    | ^~~~\n"
            "  hint: did you mean 'cat'?\n"
            "  (1 good row read; exit 3)\n");
  EXPECT_NE(refused("label,p_cat,p_dog\n5,.7,.3\n").find("add --labels-from 0 or 1"),
            std::string::npos);
  EXPECT_NE(refused("label,p_cat,p_dog\nparrot,.7,.3\n")
                .find("the classes, by their columns, are cat, dog"),
            std::string::npos);
}

TEST_F(Refusals, TheFirstBadRowOfTheFileWhateverTheThreads) {
  std::string text = "label,p_0,p_1\n";
  for (int i = 0; i < 60000; ++i)
    text += i == 41000 ? "0,.5,.6\n" : i > 41000 ? "7,2,2\n" : "0,.5,.5\n";
  for (const std::string threads : {"1", "2", "7"}) {
    const std::string err = refused(text, {"--threads", threads});
    EXPECT_NE(err.find("f.csv:41002:3: error: the probabilities of the row sum to 1.1"),
              std::string::npos)
        << err;
    EXPECT_NE(err.find("(41 000 good rows read; exit 3)"), std::string::npos) << err;
  }
}

TEST_F(Refusals, GoodRowsOfEarlierFilesAreCounted) {
  const auto good = folder_.write("good.csv", "label,p_0,p_1\n0,.5,.5\n1,.5,.5\n");
  const auto bad = folder_.write("bad.csv", "label,p_0,p_1\n0,.5,.5\n1,.5,.6\n");
  EXPECT_NE(message(good, {bad}, 3).find("(3 good rows read; exit 3)"), std::string::npos);
  const auto other = folder_.write("other.csv", "label,p_0,p_2\n0,.5,.5\n");
  EXPECT_NE(message(good, {other}, 3).find("other.csv:1: error: there is no column \"p_1\""),
            std::string::npos);
}

TEST_F(Refusals, Columns) {
  const std::string row = "id,label,p_0,p_1\n1,0,.5,.5\n";
  EXPECT_EQ(refused(row, {"--label", "lable"}),
            "crossent: f.csv:1: error: there is no column \"lable\" (--label)\n"
            "  hint: did you mean 'label'?\n");
  EXPECT_NE(refused(row, {"--weight", "mass"}).find("hint: columns: id, label, p_0, p_1"),
            std::string::npos);
  EXPECT_NE(refused(row, {"--probs", "q_*"}).find("no column matches --probs 'q_*'"),
            std::string::npos);
  EXPECT_NE(refused(row, {"--probs", "p_0"}).find("two classes, one probability: --prob p_0"),
            std::string::npos);
  EXPECT_NE(refused("a,p_0,p_1\n0,.5,.5\n").find("no column is called label, y, y_true or target"),
            std::string::npos);
  EXPECT_NE(refused("y,target,p_0,p_1\n0,0,.5,.5\n")
                .find("several columns could be the label: y, target"),
            std::string::npos);
  EXPECT_NE(refused("y,p_0,p_1,z_0,z_1\n0,.5,.5,1,2\n")
                .find("several readings exist: p_* (2 columns), z_*"),
            std::string::npos);
  EXPECT_NE(refused("y,a,b\n0,.5,.5\n").find("no columns share a prefix"), std::string::npos);
  EXPECT_NE(refused("label,p_0,p_0\n0,.5,.5\n").find("f.csv:1:11: error:"), std::string::npos);
}

TEST_F(Refusals, FilesWithoutRows) {
  EXPECT_NE(refused("").find("the file is empty"), std::string::npos);
  EXPECT_NE(refused("\n\n").find("there are no rows: nothing but 2 blank lines"),
            std::string::npos);
  EXPECT_NE(refused("label,p_0,p_1\n").find("there are no rows: the file has a header only"),
            std::string::npos);
  EXPECT_NE(refused("y,p,w\n0,.5,0\n", {"--prob", "p", "--weight", "w"})
                .find("the total weight of the rows is 0"),
            std::string::npos);
  EXPECT_NE(refused("y,p,w\n0,.5,-1\n", {"--prob", "p", "--weight", "w"})
                .find("f.csv:2:6: error: weight -1 is outside [0, inf)"),
            std::string::npos);
}

TEST_F(Refusals, FilesThatCannotBeRead) {
  EXPECT_NE(message(folder_.path().string(), {}, 4).find("directory"), std::string::npos);
  EXPECT_NE(message(folder_.path().string() + "/none.csv", {}, 4).find("No such file"),
            std::string::npos);
}

TEST_F(Refusals, OptionsThatContradict) {
  const std::string row = "label,p_0,p_1\n0,.5,.5\n";
  EXPECT_NE(refused(row, {"--probs", "p_*", "--logits", "p_*"}, 2).find("give one of --probs"),
            std::string::npos);
  EXPECT_NE(refused(row, {"--as", "probs"}, 2).find("--as is for NPY"), std::string::npos);
  EXPECT_NE(refused(row, {"--like", "sklear"}, 2).find("sklearn"), std::string::npos);
  EXPECT_NE(refused(row, {"--labels-from", "2"}, 2).find("--labels-from"), std::string::npos);
  EXPECT_NE(refused(row, {"--bins", "0"}, 2).find("--bins"), std::string::npos);
  EXPECT_EQ(refused(row, {"--fail-if", "los > 1"}, 2),
            "crossent: eval: error: --fail-if: there is no number \"los\"\n"
            "  --fail-if los > 1\n"
            "            ^~~\n"
            "  hint: did you mean 'loss'?\n");
  EXPECT_EQ(eval({}).code, 2);
}

TEST_F(Refusals, Arrays) {
  const auto npy = [&](const char* name, const char* type, const char* shape, const auto& values) {
    return folder_.write(name, npy_file(npy_header(type, shape), bytes_of(values)));
  };
  const auto z = npy("z.npy", "<f8", "(2, 2)", std::vector<double>{.5, .5, .5, .6});
  const auto y = npy("y.npy", "<i4", "(2,)", std::vector<std::int32_t>{1, 2});
  EXPECT_EQ(message(z, {}, 2),
            "crossent: eval: error: an NPY file does not say what its numbers are\n"
            "  hint: --as probs, --as logits or --as log-probs\n");
  EXPECT_NE(message(z, {"--as", "probs"}, 2).find("--label Y.npy"), std::string::npos);
  EXPECT_EQ(message(z, {"--as", "probs", "--label", y}, 3),
            "crossent: y.npy: error: [1]: label 2 is outside 0..1\n"
            "  hint: labels run 1..2 for 2 classes: they count from 1; use --labels-from 1\n");
  EXPECT_EQ(
      message(z, {"--as", "probs", "--label", y, "--labels-from", "1"}, 3),
      "crossent: z.npy: error: [1]: the probabilities of the row sum to 1.1, not 1\n"
      "  hint: up to 1e-6 off is taken as rounding; --normalize divides every row by its sum\n");
  const auto three = npy("3.npy", "<i4", "(3,)", std::vector<std::int32_t>{1, 2, 3});
  EXPECT_NE(
      message(z, {"--as", "probs", "--label", three}, 3).find("3 rows, but the values have 2"),
      std::string::npos);
}

TEST_F(Refusals, NoLossesFileStaysAfterAnError) {
  const std::string out = (folder_.path() / "losses.csv").string();
  refused("label,p_0,p_1\n0,.7,.3\n1,.7,.4\n", {"--losses", out});
  EXPECT_FALSE(std::filesystem::exists(out));
  refused("label,p_0,p_1\n0,.7,.3\n", {"--losses", (folder_.path() / "no" / "l.csv").string()}, 4);
}

TEST_F(Refusals, LossesInThePlaceOfAnInput) {
  const std::string text = "label,p_0,p_1\n0,.7,.3\n", path = folder_.path() / "f.csv";
  const std::string link = folder_.path() / "link.csv";
  std::filesystem::create_symlink(path, link);
  for (const std::string& losses : {path, link, (folder_.path() / "." / "f.csv").string()}) {
    EXPECT_NE(refused(text, {"--losses", losses}, 2).find("--losses would replace the input f.csv"),
              std::string::npos);
    EXPECT_EQ(slurp(path), text);
  }
  const auto z = folder_.write(
      "z.npy", npy_file(npy_header("<f8", "(1, 2)"), bytes_of(std::vector<double>{.5, .5})));
  const auto y =
      folder_.write("y.npy", npy_file(npy_header("<i4", "(1,)"), bytes_of(std::vector<int>{1})));
  EXPECT_NE(message(z, {"--as", "probs", "--label", y, "--losses", y}, 2)
                .find("would replace the input y.npy"),
            std::string::npos);
}

TEST_F(Refusals, LossesOnStandardOutput) {
  for (const std::string name : {"-", "/dev/stdout", "/dev/fd/1"})
    for (const Args& more : {Args{}, Args{"--json"}}) {
      Args args{"--losses", name};
      args.insert(args.end(), more.begin(), more.end());
      EXPECT_NE(refused("label,p_0,p_1\n0,.7,.3\n", args, 2)
                    .find("--losses cannot go to standard output"),
                std::string::npos);
    }
}

TEST_F(Refusals, NamesOfArraysWhereThereAreNone) {
  const auto npy = [&](const char* name, const char* type, const char* shape, const auto& values) {
    return folder_.write(name, npy_file(npy_header(type, shape), bytes_of(values)));
  };
  const auto z = npy("z.npy", "<f8", "(1, 2)", std::vector<double>{.5, .5});
  const auto y = npy("y.npy", "<i4", "(1,)", std::vector<std::int32_t>{1});
  for (const std::string flag : {"--probs", "--logits", "--log-probs", "--prob"})
    EXPECT_EQ(message(z, {flag, "nonsense", "--label", y}, 2),
              "crossent: eval: error: an NPY file has one array, and no name \"nonsense\" in it\n"
              "  hint: --as probs, --as logits or --as log-probs\n");
}

TEST_F(Refusals, ALabelThatNamesTwoColumns) {
  const std::string err = refused("label,p_p_a,p_a\np_p_a,.5,.5\np_a,.5,.5\n");
  EXPECT_NE(err.find("f.csv:3:1: error: label \"p_a\" is the name of one column and the class of "
                     "another"),
            std::string::npos)
      << err;
}

TEST_F(Refusals, MoreChoicesThanClasses) {
  EXPECT_NE(refused("label,p_0,p_1\n0,.7,.3\n", {"--top-k", "3"}, 2).find("there are 2 classes"),
            std::string::npos);
}

TEST_F(Refusals, WeightsThatCannotBeSummed) {
  EXPECT_NE(refused("y,p,w\n0,.5,1e308\n0,.5,1e308\n", {"--prob", "p", "--weight", "w"})
                .find("f.csv:2:6: error: weight 1e+308 is outside [1e-280, 1e280]"),
            std::string::npos);
  EXPECT_NE(refused("y,z_0,z_1,w\n0,0,1e300,1e200\n", {"--weight", "w"})
                .find("f.csv:2:11: error: weight 1e+200 times the loss of the row is above 1e289"),
            std::string::npos);
}

TEST_F(Refusals, AFullDiskUnderTheLosses) {
  if (!std::filesystem::is_character_file("/dev/full"))
    GTEST_SKIP() << "/dev/full is no device here";
  EXPECT_NE(refused("label,p_0,p_1\n0,.7,.3\n", {"--losses", "/dev/full"}, 4).find("No space left"),
            std::string::npos);
}

}  // namespace
}  // namespace crossent::test
