#pragma once
#include <cstdint>
#include <span>

#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

// Scores of predicted probabilities against labels, in f64. Scores refuse no rows and a total
// weight of zero, where losses return NaN. ValueError names argument, index, value and bound.
// Formulas and sources: docs/math.md#scores.

/// Options of the scores.
struct ScoreOptions {
  RealSpan weight{};                       ///< [rows], >= 0; the mean divides by their sum
  std::span<const std::int64_t> labels{};  ///< the label of each column; default 0 .. classes-1
  double clip = 0;                         ///< probabilities into [clip, 1 - clip]; 0: off
  bool normalize = false;                  ///< rows are divided by their sum
  Checks checks = Checks::full;            ///< off: the values of p are taken as they are
  int threads = 0;  ///< of the log losses, which have the same bits with any; 0: all
};

/// Log loss: the weighted mean of -log p[i, label_i], nats; +inf when a truth got probability 0.
/// Shapes    p [rows, classes], any strides, rows that sum to 1; label [rows]
/// Accuracy  as cross_entropy from probabilities (docs/accuracy.md); a clipped one of two classes
///           within 2 ulp a row
double log_loss(MatrixView<const double> p, Labels label, const ScoreOptions& options = {});

/// The same for two classes; p [rows] is the probability of the second label (default: of 1).
double log_loss(std::span<const double> p, Labels label, const ScoreOptions& options = {});

/// Brier score of two classes: the weighted mean of (p - y)^2, y = 1 for the second label. In [0,
/// 1].
double brier(std::span<const double> p, Labels label, const ScoreOptions& options = {});

/// Brier score of many classes: the squared error summed over classes, mean over rows. In [0, 2];
/// on two classes twice the binary one.
double brier_multiclass(MatrixView<const double> p, Labels label, const ScoreOptions& options = {});

/// D2 of log loss: 1 - log_loss / (log loss of the class frequencies). 1 is perfect, 0 no better
/// than the frequencies. Refused when every label is the same: the baseline is 0 then.
double d2_log_loss(MatrixView<const double> p, Labels label, const ScoreOptions& options = {});
double d2_log_loss(std::span<const double> p, Labels label, const ScoreOptions& options = {});

/// Expected calibration error: rows in `bins` equal bins (lo, hi] of the confidence (0 goes to the
/// first), sum of weight share times |mean confidence - share of correct|. In [0, 1].
/// Shapes    confidence in [0, 1], correct 0 or 1: [rows]; weight as in ScoreOptions; bins in
///           [1, 65536]
double expected_calibration_error(std::span<const double> confidence, Labels correct, int bins = 15,
                                  RealSpan weight = {});

}  // namespace crossent
