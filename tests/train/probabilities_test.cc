#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "crossent/model.h"
#include "train/model_tools.h"

namespace crossent::test {
namespace {

template <class T>
Model with_outputs(Activation output, std::size_t columns, bool multi_label = false) {
  return made_up_model<T>(number_inputs(), {}, HiddenActivation::tanh, output, columns,
                          multi_label);
}

template <class T>
std::vector<double> of(const Model& model, std::vector<T> logits) {
  const std::size_t rows = logits.size() / model.architecture().outputs;
  std::vector<double> out(rows * model.columns());
  probabilities<T>(model, matrix<const T>(logits.data(), rows, model.architecture().outputs),
                   matrix(out.data(), rows, model.columns()));
  return out;
}

// exp, the sum, the division and, against the rest, the logarithm and exp again: some ulps of f64.
constexpr double kRelative = 16 * std::numeric_limits<double>::epsilon();

TEST(Probabilities, AreThoseOfTheDefinitions) {
  for (const NamedModel& named : every_model())
    for (const RawRow& row : made_up_rows(named.model, 20)) {
      const std::vector<double> logits = definition_logits(named.model, row);
      const std::vector<double> expected = definition_probabilities(named.model, logits);
      const std::vector<double> found = of<double>(named.model, logits);
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t j = 0; j < found.size(); ++j)
        EXPECT_NEAR(found[j], expected[j], kRelative * expected[j]) << named.name;
    }
}

TEST(Probabilities, OfF32LogitsAreThoseOfTheSameNumbersInF64) {
  const Model model = with_outputs<float>(Activation::softmax, 3);
  EXPECT_EQ(of<float>(model, {0.1F, 2, -3}), of<double>(model, {double{0.1F}, 2, -3}));
}

TEST(Probabilities, OfTwoClassesKeepTheSmallOneAtBothEnds) {
  const Model model = with_outputs<double>(Activation::sigmoid, 2);
  const std::vector<double> p = of<double>(model, {50, -50, -700});
  const double tiny = std::exp(-50.0);
  EXPECT_NEAR(p[0], tiny, kRelative * tiny);  // 1 - p would be 0
  EXPECT_EQ(p[1], 1);
  EXPECT_EQ(p[2], 1);
  EXPECT_NEAR(p[3], tiny, kRelative * tiny);
  EXPECT_NEAR(p[5], std::exp(-700.0), 800 * kRelative * std::exp(-700.0));
}

TEST(Probabilities, AgainstTheRestSumToOneAlsoWhereEveryOutputUnderflows) {
  const Model model = with_outputs<float>(Activation::sigmoid, 3);
  const std::vector<double> p = of<float>(model, {-2000, -2001, -2000, 900, 900, -900});
  EXPECT_NEAR(p[1] / p[0], std::exp(-1.0), 1e-12);
  EXPECT_NEAR(p[2], p[0], kRelative);
  EXPECT_NEAR(p[0] + p[1] + p[2], 1, kRelative);
  EXPECT_EQ(p[3], 0.5);
  EXPECT_EQ(p[5], 0);
}

TEST(Probabilities, OfSeveralTargetsStandAlone) {
  const Model model = with_outputs<float>(Activation::sigmoid, 2, true);
  EXPECT_EQ(of<float>(model, {0, 1000, -1000, 0}), (std::vector<double>{0.5, 1, 0, 0.5}));
}

TEST(Probabilities, AreNanInARowThatHoldsOneAlone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t columns : {2u, 3u})
    for (const Activation output : {Activation::softmax, Activation::sigmoid}) {
      const Model model = with_outputs<float>(output, columns);
      std::vector<float> logits(2 * model.architecture().outputs, 1);
      logits[0] = nan;
      const std::vector<double> p = of<float>(model, logits);
      EXPECT_TRUE(std::isnan(p[0]));
      EXPECT_NEAR(std::accumulate(p.begin() + static_cast<long>(columns), p.end(), 0.0), 1,
                  kRelative);
    }
}

TEST(Probabilities, AreWrittenByAnyStrides) {
  const Model model = with_outputs<double>(Activation::softmax, 3);
  const std::vector<double> logits{1, 2, 3, 4, 4, 4};
  std::vector<double> turned(6);
  probabilities<double>(model, matrix<const double>(logits.data(), 2, 3),
                        MatrixView<double>{turned.data(), 2, 3, 1, 2});
  const std::vector<double> p = of<double>(model, logits);
  EXPECT_EQ(turned, (std::vector<double>{p[0], p[3], p[1], p[4], p[2], p[5]}));
}

TEST(Probabilities, RefuseOtherShapes) {
  const Model model = with_outputs<float>(Activation::softmax, 3);
  std::vector<float> logits(8);
  std::vector<double> out(8);
  const auto said = [&](std::size_t cols, std::size_t rows, std::size_t columns) -> std::string {
    try {
      probabilities<float>(model, matrix<const float>(logits.data(), 2, cols),
                           matrix(out.data(), rows, columns));
    } catch (const ValueError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(said(3, 2, 3), "accepted");
  EXPECT_EQ(said(4, 2, 3), "[probabilities] logits are 2 x 4, the network has 3 outputs");
  EXPECT_EQ(said(3, 1, 3), "[probabilities] out is 1 x 3, not 2 x 3");
  EXPECT_EQ(said(3, 2, 4), "[probabilities] out is 2 x 4, not 2 x 3");
}

TEST(Probabilities, RefuseClassesThatDoNotFitTheOutputs) {
  const auto said = [](Model model, auto change) -> std::string {
    const std::size_t outputs = model.architecture().outputs;
    change(model);
    const std::vector<float> logits(outputs);
    std::vector<double> out(model.columns());
    try {
      probabilities<float>(model, matrix(logits.data(), 1, outputs),
                           matrix(out.data(), 1, out.size()));
    } catch (const ValueError& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto one_more = [](Model& model) { model.classes.push_back("one more"); };
  EXPECT_EQ(said(with_outputs<float>(Activation::softmax, 2), one_more),
            "[probabilities] the network has 2 outputs, 3 classes with softmax make 3");
  EXPECT_EQ(said(with_outputs<float>(Activation::sigmoid, 2), one_more),
            "[probabilities] the network has 1 output, 3 classes with sigmoid make 3");
  EXPECT_EQ(said(with_outputs<float>(Activation::sigmoid, 2, true),
                 [](Model& model) { model.targets.push_back("one more"); }),
            "[probabilities] the network has 2 outputs, 3 targets with sigmoid make 3");
}

}  // namespace
}  // namespace crossent::test
