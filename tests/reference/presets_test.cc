#include "crossent/presets.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "crossent/dataset.h"
#include "crossent/error.h"

namespace crossent {
namespace {

struct Iris {
  std::vector<double> x;
  std::vector<std::int64_t> label;
  MatrixView<const double> view() const { return matrix(x.data(), label.size(), 4); }
};

Iris iris() {
  Iris read{std::vector<double>(600), std::vector<std::int64_t>(150)};
  TableReader table(std::string(CROSSENT_SOURCE_DIR) + "/data/iris.csv");
  std::vector<Column> columns;
  for (std::size_t j = 0; j < 4; ++j) columns.push_back({table.names()[j]});
  columns.push_back({"label", ColumnKind::integer});
  table.read(columns, [&](const TableBlock& block) {
    for (std::size_t i = 0; i < block.rows; ++i) {
      const std::size_t row = static_cast<std::size_t>(block.first_row) + i;
      for (std::size_t j = 0; j < 4; ++j) read.x[row * 4 + j] = block.reals(i, j);
      read.label[row] = block.integers(4)[i];
    }
  });
  return read;
}

// The error after every tenth epoch, as it was printed.
std::vector<std::string> printed(const PresetRun& run) {
  std::vector<std::string> errors;
  for (const PresetEpoch& epoch : run.history) {
    char text[16];
    std::snprintf(text, sizeof text, "%.4f", epoch.error);
    if (epoch.epoch % 10 == 0) errors.push_back(text);
  }
  return errors;
}

TEST(Presets, SquaredErrorPrintsTheClassicDigits) {
  const Iris data = iris();
  const PresetRun run = run_preset(Preset::mccaffrey_mse, data.view(), data.label);
  EXPECT_EQ(printed(run),
            (std::vector<std::string>{"0.2500", "0.0990", "0.1005", "0.0595", "0.0709"}));
  EXPECT_EQ(run.history.back().correct_training, 112);
  EXPECT_EQ(run.history.back().correct_test, 29);
  EXPECT_EQ(run.history.back().error, run.history.back().squared_error);
}

TEST(Presets, CrossEntropyPrintsTheClassicDigits) {
  const Iris data = iris();
  const PresetRun run = run_preset(Preset::mccaffrey_ce, data.view(), data.label);
  EXPECT_EQ(printed(run), (std::vector<std::string>{"0.4466", "0.2487", "0.2184", "0.1562",
                                                    "0.1083", "0.0972", "0.0977", "0.0905"}));
  EXPECT_EQ(run.history.back().correct_training, 117);
  EXPECT_EQ(run.history.back().correct_test, 30);
  EXPECT_EQ(run.history.back().error, run.history.back().cross_entropy);
}

// To the last digit against the same runs made by other means. Rounding to f32 at every step also
// rounds away what another machine's tanh and exp may differ by; without it the eighth digit moves.
TEST(Presets, ParametersAreKeptAsF32) {
  const Iris data = iris();
  EXPECT_NEAR(run_preset(Preset::mccaffrey_mse, data.view(), data.label).history.back().error,
              0.07092446651048862, 1e-14);
  EXPECT_NEAR(run_preset(Preset::mccaffrey_ce, data.view(), data.label).history.back().error,
              0.09046203311824567, 1e-14);
}

TEST(Presets, TheRunSaysHowItWasMade) {
  const Iris data = iris();
  const PresetRun run = run_preset(Preset::mccaffrey_ce, data.view(), data.label, 7);
  EXPECT_EQ(run.training_rows, 120);
  EXPECT_EQ(run.test_rows, 30);
  EXPECT_EQ(run.inputs, 4);
  EXPECT_EQ(run.hidden, 5);
  EXPECT_EQ(run.outputs, 3);
  EXPECT_EQ(run.rate, 0.010);
  EXPECT_EQ(run.seed, 7u);
  EXPECT_EQ(run.epochs, 80);
  ASSERT_EQ(run.history.size(), 80u);
  for (std::size_t k = 0; k < 80; ++k)
    EXPECT_EQ(run.history[k].epoch, static_cast<std::int64_t>(k + 1));
}

// One run is not evidence: over 30 seeds the two costs are alike on Iris.
void expect_counts(Preset preset, double mean, double deviation) {
  const Iris data = iris();
  double sum = 0, squares = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const PresetRun run = run_preset(preset, data.view(), data.label, seed);
    const auto correct = static_cast<double>(run.history.back().correct_training);
    sum += correct;
    squares += correct * correct;
  }
  const double got = sum / 30;
  EXPECT_NEAR(got, mean, 0.05);
  EXPECT_NEAR(std::sqrt((squares - 30 * got * got) / 29), deviation, 0.05);
}

TEST(Presets, SquaredErrorOverThirtySeeds) { expect_counts(Preset::mccaffrey_mse, 113.2, 2.9); }
TEST(Presets, CrossEntropyOverThirtySeeds) { expect_counts(Preset::mccaffrey_ce, 113.4, 3.0); }

TEST(Presets, TheViewMayHaveAnyStrides) {
  const Iris data = iris();
  std::vector<double> columns(600);
  for (std::size_t i = 0; i < 150; ++i)
    for (std::size_t j = 0; j < 4; ++j) columns[j * 150 + i] = data.x[i * 4 + j];
  const MatrixView<const double> view{columns.data(), 150, 4, 1, 150};
  EXPECT_EQ(run_preset(Preset::mccaffrey_mse, view, data.label).history.back().error,
            run_preset(Preset::mccaffrey_mse, data.view(), data.label).history.back().error);
}

void expect_refused(MatrixView<const double> x, Labels label, const std::string& what) {
  try {
    run_preset(Preset::mccaffrey_mse, x, label);
    ADD_FAILURE() << "not refused: " << what;
  } catch (const ValueError& error) {
    EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
  }
}

TEST(Presets, AnotherDataSetIsRefusedByName) {
  Iris data = iris();
  expect_refused(matrix(data.x.data(), 178, 13), data.label,
                 "[preset mccaffrey-mse] x is 178 rows of 13 numbers: the preset learns Iris");
  expect_refused(data.view(), std::vector<int>(149), "label has 149 entries");
  std::swap(data.label[49], data.label[50]);
  expect_refused(data.view(), data.label, "label[49] = 1 is not Iris's 0");
  std::swap(data.label[49], data.label[50]);
  data.x[34 * 4 + 3] = 0.1;  // UCI's copy
  expect_refused(data.view(), data.label, "rows 35 and 38 of UCI's copy differ");
}

TEST(Presets, AreFoundByName) {
  EXPECT_EQ(find_preset("mccaffrey-mse"), Preset::mccaffrey_mse);
  EXPECT_EQ(find_preset("mccaffrey-ce"), Preset::mccaffrey_ce);
  EXPECT_EQ(find_preset("mccaffrey"), std::nullopt);
}

}  // namespace
}  // namespace crossent
