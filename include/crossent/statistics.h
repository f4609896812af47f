#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

/// A tool whose mean loss is computed beside the exact one. They clip probabilities:
///
///     sklearn    to [eps, 1 - eps], eps = 2^-52 (f32 input: 2^-23); rows are not renormalised
///     kaggle     rows divided by their sum, then [1e-15, 1 - 1e-15] (the old definition)
///     xgboost    at 1e-16, in f32
///     lightgbm   at 1e-15f
///     yardstick  to [2^-52, 1 - 2^-52]
///     torch      binary_cross_entropy: log clamped at -100; many classes: nll_loss, no clipping
///     keras      rows divided by their sum, then [1e-7, 1 - 1e-7], in f32
enum class Like { none, sklearn, kaggle, xgboost, lightgbm, yardstick, torch, keras };

/// What a Statistics gathers. Two can be merged when all of this is equal.
struct StatisticsOptions {
  std::int64_t classes = 0;  ///< >= 1; 2 for one-column (binary) input
  int bins = 10;             ///< equal-width bins (lo, hi] of the calibration
  int worst = 10;            ///< rows kept, by falling loss
  int top_k = 0;             ///< the truth among the k <= classes largest; 0: off
  bool weighted = false;     ///< rows carry weights
  bool grouped = false;      ///< rows carry a group
  bool identified = false;   ///< rows carry an id
  bool normalize = false;    ///< probabilities are divided by their row's sum (for
                             ///< `like` only rows with a value above 1 are)
  std::optional<std::int64_t> ignore_label{};  ///< rows with this label are not read
  Like like = Like::none;
  /// More distinct ones than these and the detail is dropped (and Summary says so).
  std::size_t max_confusions = std::size_t{1} << 16;
  std::size_t max_groups = 100'000;
  std::size_t max_ids = std::size_t{1} << 20;
  bool operator==(const StatisticsOptions&) const = default;
};

/// What is known of the rows of a block beside their values.
struct RowInfo {
  RealSpan weight;  ///< [rows]: 0 (not counted) or in [1e-280, 1e280]; times loss <= 1e289
  std::span<const std::string_view> id;     ///< [rows]
  std::span<const std::string_view> group;  ///< [rows]
  std::int64_t first_row = 0;               ///< of the block in its source, 0-based
  std::int32_t source = 0;                  ///< file number, in the order given
  std::function<std::int64_t(std::size_t)>
      line;  ///< 1-based line of a row of the block; may be empty
};

/// Per-row results of add(); an empty one is not written. Rows with the ignored label: 0, 0, -1.
struct RowOutputs {
  std::span<double> loss;             ///< [rows], nats
  std::span<double> p_true;           ///< [rows], probability of the label
  std::span<std::int64_t> predicted;  ///< [rows], lowest index of the largest
};

/// A row worth naming.
struct RowRecord {
  std::int32_t source = 0;
  std::int64_t row = 0;   ///< 0-based, in its source
  std::int64_t line = 0;  ///< 1-based, 0 where unknown
  std::string id;
  double loss_nats = 0, p_true = 0;
  std::int64_t label = 0, predicted = 0;
};

struct ClassSummary {
  std::int64_t rows = 0, infinite_rows = 0;
  std::int64_t predicted_rows = 0;  ///< rows for which this class was the first choice
  double loss_nats = 0;             ///< mean of its rows; infinite when one is, NaN without rows
  double loss_finite_nats = 0;      ///< the mean without infinite rows
  double se_nats = 0;               ///< standard error of loss_finite_nats; NaN below two rows
  double accuracy = 0;              ///< NaN without rows
  double loss_share = 0;  ///< of the total loss, in [0, 1]; NaN when that is 0 or infinite
  std::int64_t confused_with = -1;  ///< the most frequent wrong choice; -1: none, or dropped
  std::int64_t confused_rows = 0;
};

struct CalibrationBin {
  double lo = 0, hi = 0;  ///< lo < confidence <= hi
  std::int64_t rows = 0;
  double weight = 0;      ///< total weight of its rows
  double confidence = 0;  ///< mean probability of the first choice; NaN without rows
  double accuracy = 0;    ///< NaN without rows
};

/// The mean loss if every label were shifted by one class.
struct ShiftedReading {
  bool possible = false;  ///< every shifted label is a class
  std::int64_t infinite_rows = 0;
  double loss_finite_nats = 0;
};

/// Everything Statistics knows, as plain numbers. Means are over the live rows, by weight; a score
/// that does not exist (no rows, one row, an infinite loss) is NaN.
struct Summary {
  std::int64_t classes = 0, rows = 0;
  std::int64_t ignored = 0;   ///< rows with the ignored label or weight 0
  double weight = 0;          ///< total; the rows when there are no weights
  double effective_rows = 0;  ///< (sum w)^2 / sum w^2

  double loss_nats = 0;         ///< infinite when a row's is
  double loss_finite_nats = 0;  ///< without the infinite rows
  std::int64_t infinite_rows = 0;
  std::vector<RowRecord> first_infinite;  ///< a few, in the order of sources and rows
  double se_nats = 0;  ///< standard error of loss_nats, clustered when grouped; NaN if infinite
  double se_finite_nats = 0;  ///< of loss_finite_nats
  double design_effect = 0;   ///< clustered over plain squared error; NaN without groups
  std::int64_t groups = 0;
  bool groups_dropped = false;

  double accuracy = 0, top_k_accuracy = 0;
  double brier = 0;                  ///< sum over classes; two classes: (p - y)^2
  double ece = 0;                    ///< sum over bins of weight share * |confidence - accuracy|
  double baseline_uniform_nats = 0;  ///< ln classes
  double baseline_prior_nats = 0;    ///< entropy of the labels' frequencies
  double skill = 0;                  ///< 1 - loss / baseline_prior; NaN when that is 0
  double like_loss_nats = 0;         ///< by StatisticsOptions::like
  double worst_percent_share = 0;    ///< of the finite loss, by the worst 1 % of rows

  std::vector<ClassSummary> per_class;
  bool confusions_dropped = false;
  std::vector<CalibrationBin> calibration;       ///< the requested bins
  std::vector<CalibrationBin> calibration_fine;  ///< equal steps of log-odds, rows > 0 only
  std::vector<RowRecord> worst;                  ///< by falling loss, then id, then position

  ShiftedReading shifted_down, shifted_up;  ///< label - 1, label + 1
  std::int64_t duplicate_ids = 0;           ///< rows whose id appeared before
  bool ids_dropped = false;                 ///< too many: duplicates were not counted
  std::int64_t hard_rows = 0;               ///< rows of nothing but 0 and 1
  std::int64_t distribution_rows = 0;  ///< rows in [0, 1] that sum to 1 (of logits: suspicious)
  std::int64_t unnormalized_rows = 0;  ///< rows off by more than the tolerance (normalize)
  double max_sum_error = 0;            ///< largest |row sum - 1| of given probabilities
};

/// The sums behind every score of `crossent eval`: one pass, mergeable, exact.
///
/// A commutative monoid: a new object is the identity, add() takes rows, merge() joins. Losses and
/// weights are summed exactly and bounded quantities as integers, so any split of the rows, any
/// order and any merge tree give the same bits of summary().
///
/// Memory    O(classes + bins + worst), plus 8 to 16 bytes per id and about 300 per group, to the
///           limits of StatisticsOptions; never proportional to the rows beyond those
/// Threads   one object per thread, merged in the end
/// Source    docs/math.md#statistics
class Statistics {
 public:
  /// Errors  ValueError for options outside their ranges.
  explicit Statistics(StatisticsOptions options);
  Statistics(const Statistics& other);
  Statistics(Statistics&&) noexcept;
  Statistics& operator=(Statistics other) noexcept;
  ~Statistics();

  /// Adds a block of rows: all of it, or nothing when it throws a ValueError or what info.line
  /// throws. Computes in f64.
  ///
  /// Shapes  x [rows, classes], or [rows, 1] for two classes: the probability, log-probability or
  ///         logit of the second; labels [rows] in [0, classes)
  /// Types   T is float, double, f16 or bf16
  /// Errors  ValueError naming the first bad row: argument "label", "weight" or "x", with the
  ///         column of the value; column -1 when the row as a whole is wrong (its sum, no class
  ///         left).
  ///         std::bad_alloc: part of the block may have been added; the object can be destroyed and
  ///         assigned to
  template <class T>
  void add(MatrixView<const T> x, Kind kind, Labels labels, const RowInfo& info = {},
           const RowOutputs& outputs = {});

  /// Errors  ValueError when the options differ.
  void merge(const Statistics& other);

  Summary summary() const;
  const StatisticsOptions& options() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The rule of `tool` in words, for input of f32 (`single`) or f64 and one column (`binary`) or
/// many.
std::string like_rule(Like tool, bool single, bool binary);

}  // namespace crossent
