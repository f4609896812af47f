#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "crossent/view.h"

namespace crossent {

/// What the numbers of a row are.
enum class Kind { logits, probabilities, log_probabilities };
/// What is returned and differentiated: every loss for itself, their sum, or sum / divisor.
enum class Reduction { none, sum, mean };
/// What the mean divides by: the live rows, their total weight, or Options::given_divisor.
enum class Divisor { rows, total_weight, given };
/// Where class weights apply under label smoothing: to each class's term of the smoothed target, or
/// once to the row: the true class's weight (a soft target's mean weight, held constant in
/// gradients).
enum class Smoothing { per_class, per_row };
/// Arithmetic: the input's own type (f32 for f16 and bf16), or f64.
enum class Precision { input, f64 };
/// full: values are validated in the pass. off: the caller guarantees them; bad rows give NaN.
/// Labels are checked always: they are places in memory.
enum class Checks { full, off };

/// Options of cross_entropy. Each at its default changes no bit of the result.
struct Options {
  Kind kind = Kind::logits;
  Reduction reduction = Reduction::mean;
  Divisor divisor = Divisor::total_weight;
  double given_divisor = 0;                    ///< with Divisor::given; finite, not 0
  std::optional<std::int64_t> ignore_index{};  ///< rows with this label are not read
  RealSpan class_weight{};                     ///< [classes], >= 0
  RealSpan row_weight{};                       ///< [rows] or one value with stride 0, >= 0
  std::span<const std::uint8_t> row_mask{};    ///< [rows], 0: the row is not read
  std::span<const std::uint8_t> class_mask{};  ///< [classes], 0: the class has probability 0
  double label_smoothing = 0;                  ///< in [0, 1], over the unmasked classes
  Smoothing smoothing = Smoothing::per_class;
  double temperature = 1;  ///< logits / temperature; > 0
  double softcap = 0;      ///< cap tanh(logits / cap); 0: off
  double z_loss = 0;       ///< adds z_loss * lse^2 to a row's loss; 0: off
  double clip = 0;         ///< probabilities into [clip, 1 - clip], counted; 0: off
  bool normalize = false;  ///< probabilities are divided by their sum
  Precision precision = Precision::input;
  Checks checks = Checks::full;
  int threads = 0;  ///< 0: OpenMP's choice
};

/// What cross_entropy writes beside its Result. An empty output is not computed.
template <class T>
struct Outputs {
  std::span<double> loss{};  ///< [rows], nats; 0 for ignored rows
  std::span<double> lse{};   ///< [rows], log-sum-exp of the row's (transformed) logits
  /// [rows], the lowest index of the largest; -1 for ignored rows
  std::span<std::int64_t> argmax{};
  MatrixView<T> gradient{};         ///< [rows, classes]; may be the logits themselves
  MatrixView<T> target_gradient{};  ///< [rows, classes], for soft targets
  RealSpan upstream{};              ///< factor on the gradients: one value, or one a row
};

/// The reduced loss and what went into it.
struct Result {
  double sum = 0;                    ///< of the rows' losses, nats
  double divisor = 0;                ///< what the mean divides by
  double mean = 0;                   ///< sum / divisor, nats; NaN when there are no rows
  std::int64_t rows = 0;             ///< live rows
  std::int64_t ignored = 0;          ///< rows ignored or masked
  std::int64_t infinite = 0;         ///< rows with an infinite loss
  std::int64_t clipped = 0;          ///< rows whose true probability was clipped
  std::int64_t first_infinite = -1;  ///< the first such row, -1: none
};

}  // namespace crossent
