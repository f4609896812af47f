// What `crossent eval` says to people: the whole text once, then every warning.
#include "cli/eval_tools.h"

namespace crossent::test {
namespace {

class EvalText : public ::testing::Test {
 protected:
  // Warnings of a run, as the JSON lists them.
  std::string warnings(const std::string& text, Args options = {}) {
    options.insert(options.begin(), folder_.write("f.csv", text));
    std::string all;
    const Json object = eval_json(options);
    for (const Json& w : object["warnings"]) all += w.get<std::string>() + "\n";
    return all;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
  static std::string repeated(std::string out, const std::string& row, int n) {
    for (int i = 0; i < n; ++i) out += row;
    return out;
  }
  TemporaryFolder folder_;
};

// Of four rows of two classes; the folder's name is left out.
constexpr const char* kWhole =
    R"(The log loss of 4 rows is 0.7651 nats: a typical probability of 0.4653 for the truth, 10.4 % worse than knowing only the class frequencies.
f.csv | 4 rows | label=label (2 classes) | probs=p_cat,p_dog | sums to 1 within 0 | id=name

LOSS
                                 value  95 % interval
  log loss (nats)               0.7651  0.0000 .. 1.6679
  bits per row                  1.1038  0.0000 .. 2.4062
  perplexity                    2.1491  1.0000 .. 5.3008
  skill vs class frequencies   -10.4 %                    (knowing only those costs 0.6931)
  uniform guessing would cost   0.6931                    (ln 2)
  as keras prints it            0.7651                    (rows divided by their sum, then clipped to [1e-7, 1 - 1e-7], in f32)
  accuracy                     50.00 %
  Brier score                   0.2695                    (mean of (p - y)^2)

CALIBRATION   of the first choice: expected error 0.2812 over 2 equal bins
  confidence  rows   mean  accuracy
  0 .. 0.5       1  0.500     0.000
  0.5 .. 1       3  0.875     0.667  #############

CLASS
       rows    loss  95 % interval     accuracy  most confused with   share  of the loss
  cat     2  1.1836  0.0000 .. 2.9395    50.0 %  dog (1)             77.4 %  ###############
  dog     2  0.3466  0.0000 .. 1.0258    50.0 %  cat (1)             22.6 %  #####

WORST ROWS
    loss  p(truth)  truth  said  where
  2.0794    0.1250  cat    dog   f.csv:5, name d
  0.6931    0.5000  dog    cat   f.csv:3, name b
)";

TEST_F(EvalText, TheWholeText) {
  const auto file = folder_.write(
      "f.csv", "name,label,p_cat,p_dog\na,cat,.75,.25\nb,dog,.5,.5\nc,dog,0,1\nd,cat,.125,.875\n");
  const cli::Outcome o =
      eval({file, "--id", "name", "--bins", "2", "--like", "keras", "--worst", "2"});
  EXPECT_EQ(o.code, 0);
  std::string out = o.out;
  const std::string folder = file.substr(0, file.size() - 5);
  for (std::size_t at; (at = out.find(folder)) != std::string::npos;) out.erase(at, folder.size());
  EXPECT_EQ(out, kWhole);
}

TEST_F(EvalText, InfiniteLossesAreNamedWithTheirPlace) {
  const std::string w = warnings("y,p_0,p_1\n0,1,0\n1,1,0\n");
  EXPECT_TRUE(has(w, "1 row gave the true class probability 0")) << w;
  EXPECT_TRUE(has(w, "f.csv:3)")) << w;
}

TEST_F(EvalText, RowsThatWereDividedByTheirSum) {
  const std::string w = warnings("y,p_0,p_1\n0,.2,.2\n1,.5,.5\n", {"--normalize"});
  EXPECT_TRUE(has(w, "1 row did not sum to 1 (by up to 0.6)")) << w;
}

TEST_F(EvalText, DecisionsInsteadOfProbabilities) {
  EXPECT_TRUE(has(warnings("y,p_0,p_1\n0,1,0\n1,0,1\n"), "every probability is 0 or 1"));
  EXPECT_TRUE(
      has(warnings("y,p_0,p_1\n0,1,0\n1,0,1\n1,.5,.5\n"), "2 of 3 rows are nothing but 0 and 1"));
  EXPECT_FALSE(has(warnings("y,p_0,p_1\n0,1,0\n1,.5,.5\n"), "0 and 1"));
}

TEST_F(EvalText, DuplicateIds) {
  const std::string text = "y,id,p\n1,a,.5\n0,b,.5\n1,a,.5\n";
  EXPECT_TRUE(
      has(warnings(text, {"--prob", "p", "--id", "id"}), "1 row with an id that came before"));
  EXPECT_FALSE(has(warnings(text, {"--prob", "p"}), "id that came before"));
}

TEST_F(EvalText, ClassesNeverTrueOrNeverSaid) {
  const std::string w = warnings("y,p_a,p_b,p_c\na,.5,.3,.2\nb,.5,.3,.2\n");
  EXPECT_TRUE(has(w, "never the true class: c")) << w;
  EXPECT_TRUE(has(w, "never the first choice: b, c")) << w;
}

TEST_F(EvalText, LabelsOffByOne) {
  const std::string down = repeated("y,p_0,p_1,p_2\n", "1,.9,.05,.05\n2,.05,.9,.05\n", 5);
  EXPECT_TRUE(
      has(warnings(down), "read as 1-based they give a loss of 0.105361 instead of 2.99573"));
  const std::string up = repeated("y,p_0,p_1,p_2\n", "0,.05,.9,.05\n1,.05,.05,.9\n", 5);
  EXPECT_TRUE(has(warnings(up), "every label plus 1 gives a loss of 0.105361"));
  const std::string good = repeated("y,p_0,p_1,p_2\n", "1,.05,.9,.05\n2,.05,.05,.9\n", 5);
  EXPECT_FALSE(has(warnings(good), "off by one"));
}

TEST_F(EvalText, WorseThanGuessing) {
  EXPECT_TRUE(
      has(warnings("y,p\n1,.1\n0,.9\n", {"--prob", "p"}), "worse than that of uniform guessing"));
}

TEST_F(EvalText, FewRowsABin) {
  const std::string text = repeated("y,p\n", "1,.6\n0,.4\n", 30);
  EXPECT_TRUE(has(warnings(text, {"--prob", "p"}),
                  "60 rows in 10 bins: the calibration error is mostly "
                  "noise; try --bins 3"));
  EXPECT_FALSE(has(warnings(text, {"--prob", "p", "--bins", "3"}), "noise"));
}

TEST_F(EvalText, UnevenWeightsAndGroupsThatAreAlike) {
  const std::string w =
      warnings(repeated("y,p,w,g\n1,.9,100,z\n", "1,.6,1,a\n1,.6,1,a\n0,.3,0,b\n", 4),
               {"--prob", "p", "--weight", "w"});
  EXPECT_TRUE(has(w, "4 rows of weight 0 left out")) << w;
  EXPECT_TRUE(has(w, "the weights are uneven: 9 rows count as 1.165 equal ones")) << w;
  const std::string g = warnings(repeated(repeated("y,p,g\n", "1,.9,a\n", 9), "1,.5,b\n", 9),
                                 {"--prob", "p", "--group", "g"});
  EXPECT_TRUE(has(g, "2 groups: the standard error itself is uncertain")) << g;
  EXPECT_TRUE(has(g, "rows of one group are alike: the design effect is 17")) << g;
}

TEST_F(EvalText, LogitsThatLookLikeProbabilities) {
  const std::string text = repeated("y,z\n", "1,.9\n0,.2\n", 5);
  EXPECT_TRUE(has(warnings(text, {"--logits", "z"}),
                  "every logit lies in [0, 1]: probabilities? then use "
                  "--prob z"));
}

TEST_F(EvalText, WarningsGoToStderrAndNamesAreEscaped) {
  const auto file = folder_.write("f.csv", "y,p_a,p_\x1b[31m\na,.5,.5\na,.5,.5\n");
  const cli::Outcome o = eval({file});
  EXPECT_TRUE(has(o.err, "crossent: eval: note: never the true class: "));
  EXPECT_FALSE(has(o.out + o.err, "\x1b"));
  EXPECT_TRUE(has(o.out, "\\x1b[31m"));
}

}  // namespace
}  // namespace crossent::test
