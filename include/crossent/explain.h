#pragma once
#include <cstdint>
#include <optional>
#include <span>

namespace crossent {

/// What is known of a model: its mean cross-entropy on held-out rows, and what else was noted down.
struct ExplainInput {
  double loss = 0;                        ///< nats, mean over the rows{}; >= 0, may be +inf
  std::optional<double> accuracy{};       ///< in [0, 1], of the same rows
  std::optional<std::int64_t> classes{};  ///< >= 1; counts.size() when counts are given
  std::span<const double> counts{};  ///< rows of each class, >= 0, sum > 0; need not be integers
  std::optional<double> rows{};      ///< > 0; the sum of the counts when they are given
};

struct Interval {
  double low, high;
};

/// What the loss means at first sight; near: within 2 %, clearly: by more than 10 %, far: by 20 %.
enum class Diagnosis {
  infinite,                   ///< some truth was given probability 0
  far_above_uniform,          ///< confidently wrong, or a bug in labels or probabilities
  above_uniform,              ///< worse than guessing
  above_frequencies,          ///< worse than the class frequencies alone
  near_frequencies,           ///< learned the class frequencies at most
  below_frequencies,          ///< some signal
  clearly_below_frequencies,  ///< real signal
  near_uniform,               ///< no better than guessing (class counts unknown)
  below_uniform,              ///< better than guessing (class counts unknown)
  unknown                     ///< neither classes nor counts were given
};

/// Everything that follows from an ExplainInput; what does not is empty. Losses are in nats.
struct Explanation {
  double bits;                 ///< loss / ln 2, per label
  double perplexity;           ///< e^loss: as unsure as among so many equal choices
  double typical_probability;  ///< e^-loss, the geometric mean of the truth's probability
  double error_at_most;        ///< min(1, loss / ln 2), of these rows
  std::optional<double> rows;
  std::optional<std::int64_t> classes;
  std::optional<double> code_length_bits;         ///< rows * bits
  std::optional<double> uniform;                  ///< ln C
  std::optional<double> skill_uniform;            ///< 1 - loss / ln C; empty for one class
  std::optional<double> baseline;                 ///< H(y), the loss of the class frequencies
  std::optional<double> skill_baseline;           ///< 1 - loss / H(y) (McFadden's R2)
  std::optional<double> information_lower_bound;  ///< H(y) - loss; shown in expectation if > 0
  std::optional<Interval> accuracy_interval;      ///< Wilson, 95 %
  bool no_wrong_rows = false;                     ///< accuracy is 1: wrong_loss_range has no rows
  std::optional<Interval> wrong_loss_range;       ///< mean loss of the wrong rows
  std::optional<Interval> calibrated_accuracy_range;  ///< empty when the loss rules calibration out
  bool cannot_be_calibrated = false;  ///< loss above H(y) (or ln C), up to sampling noise
  Diagnosis diagnosis = Diagnosis::unknown;
};

/// Errors    ValueError naming the field: out of its range; classes and counts or rows and counts
///           disagree; "contradiction": no predictions have this loss and this accuracy
/// Assumes   rows sum to 1; the prediction is the class of highest probability, so a right row
///           has p >= 1/C and a wrong one p <= 1/2
/// Source    docs/math.md#explain
Explanation explain(const ExplainInput& input);

/// A standard normal is within +-kZ95 with probability 95 %.
inline constexpr double kZ95 = 1.959963984540054;

/// Wilson's score interval of a share in [0, 1] of n > 0 trials, z >= 0 standard deviations wide.
/// Errors    ValueError for anything else, as for NaN and infinities
Interval wilson_interval(double share, double n, double z = kZ95);

/// Smallest error of a calibrated prediction with this loss: the root e in [0, (C-1)/C] of
/// h(e) + e ln(C-1) = nats, h the binary entropy (Fano's inequality). Above ln C as at ln C.
/// Errors    ValueError unless nats >= 0 and 1 <= C <= 2^53
double least_calibrated_error(double nats, std::int64_t classes);

/// Largest error of a calibrated prediction with this loss: the piecewise-linear curve through
/// (ln i, (i-1)/i), i = 1..C; nats / (2 ln 2) up to ln 2. Above ln C as at ln C.
/// Errors    as above
/// Source    Tebbe and Dwyer 1968, Feder and Merhav 1994: docs/math.md#explain
double largest_calibrated_error(double nats, std::int64_t classes);

/// The largest share of rows that can have p(truth) <= t, 0 < t < 1: min(1, nats / ln(1/t)).
/// Errors    ValueError unless nats >= 0 and 0 < t < 1
double share_below_at_most(double nats, double t);

}  // namespace crossent
