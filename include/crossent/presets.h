#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "crossent/error.h"
#include "crossent/view.h"

namespace crossent {

/// Classic demonstrations, repeated to the printed digit: Iris, 120 rows to learn from and 30 to
/// test, 4-5-3, tanh, softmax, one row at a time (docs/why-cross-entropy.md).
///     mccaffrey_mse  squared error, gradient o (1 - o) (o - t), rate 0.05, 50 epochs, seed 3
///     mccaffrey_ce   cross-entropy, gradient o - t, rate 0.010, 80 epochs, seed 0
enum class Preset { mccaffrey_mse, mccaffrey_ce };
/// "mccaffrey-mse", "mccaffrey-ce".
const char* preset_name(Preset preset);
/// Nothing for another name.
std::optional<Preset> find_preset(std::string_view name);

struct PresetEpoch {
  std::int64_t epoch = 0;    ///< 1-based: after so many
  double error = 0;          ///< over the training rows: the preset's own, one of the next two
  double squared_error = 0;  ///< sum over the outputs, mean over the rows
  double cross_entropy = 0;  ///< mean, nats
  std::int64_t correct_training = 0, correct_test = 0;
};

struct PresetRun {
  Preset preset = Preset::mccaffrey_mse;
  std::int64_t training_rows = 0, test_rows = 0;
  std::int64_t inputs = 0, hidden = 0, outputs = 0;
  double rate = 0;
  std::uint64_t seed = 0;
  std::int64_t epochs = 0;
  std::vector<PresetEpoch> history{};  ///< every epoch, in order; its last entry is the result
};

/// Trains one of them in plain f64 with parameters kept as f32, without the fast path.
///
/// Shapes  x [150, 4], label [150]: Iris in the order of iris.csv (R's and scikit-learn's version,
///         class after class). Rows 1-40, 51-90 and 101-140 are learned from, the others test.
/// Seed    of the one generator of weights and shuffles (Python's random.Random(seed)); without
///         one, the preset's. Only that gives the classic digits.
/// Errors  ValueError for any other data set
/// Source  docs/math.md#training
PresetRun run_preset(Preset preset, MatrixView<const double> x, Labels label,
                     std::optional<std::uint64_t> seed = {});

}  // namespace crossent
