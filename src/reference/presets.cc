#include "crossent/presets.h"

#include <array>
#include <bit>
#include <numeric>
#include <string>

#include "core/refuse.h"
#include "reference/cross_entropy.h"
#include "reference/network.h"
#include "reference/python_random.h"
#include "reference/squared_error.h"

namespace crossent {
namespace {

using reference::PythonRandom;
using reference::Row;

constexpr std::size_t kRows = 150, kInputs = 4, kHidden = 5, kClasses = 3;
constexpr std::size_t kRowsOfClass = 50, kTrainingOfClass = 40;

struct Recipe {
  const char* name;
  Cost cost;
  double rate;
  std::int64_t epochs;
  std::uint64_t seed;
};

const Recipe& recipe(Preset preset) {
  static constexpr Recipe kRecipes[] = {
      {"mccaffrey-mse", Cost::squared_error, 0.05, 50, 3},
      {"mccaffrey-ce", Cost::cross_entropy, 0.010, 80, 0},
  };
  return kRecipes[static_cast<std::size_t>(preset)];
}

// FNV-1a of the values' bits.
std::uint64_t fingerprint(MatrixView<const double> x) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < x.rows; ++i)
    for (std::size_t j = 0; j < x.cols; ++j)
      for (int byte = 0; byte < 8; ++byte) {
        hash ^= (std::bit_cast<std::uint64_t>(x(i, j)) >> (8 * byte)) & 0xff;
        hash *= 0x100000001b3;
      }
  return hash;
}

void check_iris(Preset preset, MatrixView<const double> x, const Labels& label) {
  constexpr std::uint64_t kIris = 0x8749e5d64e26ed9e;
  const std::string op = std::string("preset ") + preset_name(preset);
  if (x.rows != kRows || x.cols != kInputs)
    refuse(op, "x",
           "x is " + std::to_string(x.rows) + " rows of " + std::to_string(x.cols) +
               " numbers: the preset learns Iris alone, 150 rows of 4 (data/iris.csv)");
  if (label.size() != kRows)
    refuse(op, "label", "label has " + std::to_string(label.size()) + " entries, x 150 rows");
  for (std::size_t i = 0; i < kRows; ++i)
    if (!label.is(i, static_cast<std::int64_t>(i / kRowsOfClass)))
      refuse(op, "label",
             "label[" + std::to_string(i) + "] = " + label.text(i) + " is not Iris's " +
                 std::to_string(i / kRowsOfClass) +
                 " (0, 1, 2: 50 rows of each in this order, as in data/iris.csv)",
             static_cast<std::int64_t>(i));
  if (fingerprint(x) != kIris)
    refuse(op, "x",
           "x is not Iris as in data/iris.csv (numbers in f64, not scaled, rows in that order; "
           "rows 35 and 38 of UCI's copy differ)");
}

// Parameters are kept as f32; all else (sums, outputs, gradients) is f64. Also keeping inputs,
// outputs of units or gradients as f32 moves the errors in the seventh digit, none that is printed.
double stored(double value) { return static_cast<double>(static_cast<float>(value)); }

// One generator serves the parameters, then the shuffles.
class Classic {
 public:
  Classic(const Recipe& recipe, MatrixView<const double> x, std::uint64_t seed)
      : rate_(recipe.rate), random_(seed) {
    options_.cost = recipe.cost;
    options_.squared_gradient = SquaredGradient::diagonal;
    network_.architecture = {.inputs = kInputs, .hidden = {kHidden}, .outputs = kClasses};
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t j = 0; j < kInputs; ++j) rows_[i][j] = x(i, j);
      targets_[i] = reference::target_of_label(i / kRowsOfClass, network_.architecture, options_);
      (i % kRowsOfClass < kTrainingOfClass ? training_ : test_).push_back(i);
    }
    order_.resize(training_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    draw_parameters();
  }

  /// The order is never reset: each epoch shuffles that of the one before.
  void learn_epoch() {
    random_.shuffle(order_);
    for (const std::size_t k : order_) {
      const std::size_t i = training_[k];
      const std::vector<double> gradient =
          reference::row_gradient(network_, rows_[i], targets_[i], options_);
      for (std::size_t w = 0; w < gradient.size(); ++w)
        network_.parameters[w] = stored(network_.parameters[w] - rate_ * gradient[w]);
    }
  }

  PresetEpoch look(std::int64_t epoch) const {
    PresetEpoch found{.epoch = epoch};
    for (const std::size_t i : training_) {
      const std::vector<double> logits = reference::forward(network_, rows_[i]).back();
      found.squared_error += reference::squared_error(reference::softmax(logits), targets_[i].t);
      found.cross_entropy += reference::cross_entropy(logits, targets_[i].t);
      found.correct_training += correct(i, logits);
    }
    for (const std::size_t i : test_)
      found.correct_test += correct(i, reference::forward(network_, rows_[i]).back());
    found.squared_error /= static_cast<double>(training_.size());
    found.cross_entropy /= static_cast<double>(training_.size());
    found.error = options_.cost == Cost::cross_entropy ? found.cross_entropy : found.squared_error;
    return found;
  }

  std::size_t training_rows() const { return training_.size(); }

 private:
  static bool correct(std::size_t i, Row logits) {
    return reference::argmax(logits) == i / kRowsOfClass;
  }

  // Weights and biases layer by layer; the parameters hold all weights before all biases.
  void draw_parameters() {
    constexpr std::size_t kBiases = kInputs * kHidden + kHidden * kClasses;
    network_.parameters.resize(kBiases + kHidden + kClasses);
    const auto draw = [&](std::size_t begin, std::size_t count) {
      for (std::size_t k = begin; k < begin + count; ++k)
        network_.parameters[k] = stored(-0.01 + 0.02 * random_.random());
    };
    draw(0, kInputs * kHidden);
    draw(kBiases, kHidden);
    draw(kInputs * kHidden, kHidden * kClasses);
    draw(kBiases + kHidden, kClasses);
  }

  double rate_;
  PythonRandom random_;
  TrainOptions options_{};
  Network<double> network_{};
  std::array<std::array<double, kInputs>, kRows> rows_{};
  std::array<reference::RowTarget, kRows> targets_{};
  std::vector<std::size_t> training_{}, test_{}, order_{};
};

}  // namespace

const char* preset_name(Preset preset) { return recipe(preset).name; }

std::optional<Preset> find_preset(std::string_view name) {
  for (const Preset preset : {Preset::mccaffrey_mse, Preset::mccaffrey_ce})
    if (name == preset_name(preset)) return preset;
  return {};
}

PresetRun run_preset(Preset preset, MatrixView<const double> x, Labels label,
                     std::optional<std::uint64_t> seed) {
  check_iris(preset, x, label);
  const Recipe& r = recipe(preset);
  PresetRun run{.preset = preset,
                .inputs = kInputs,
                .hidden = kHidden,
                .outputs = kClasses,
                .rate = r.rate,
                .seed = seed.value_or(r.seed),
                .epochs = r.epochs};
  Classic classic(r, x, run.seed);
  run.training_rows = static_cast<std::int64_t>(classic.training_rows());
  run.test_rows = static_cast<std::int64_t>(kRows) - run.training_rows;
  for (std::int64_t epoch = 1; epoch <= run.epochs; ++epoch) {
    classic.learn_epoch();
    run.history.push_back(classic.look(epoch));
  }
  return run;
}

}  // namespace crossent
