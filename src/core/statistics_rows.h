#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "crossent/statistics.h"
#include "kernels/row_scores.h"

namespace crossent {

/// One row's contribution to a Statistics, computed before any state changes.
struct RowScore {
  bool live = false;          ///< false: an ignored label; nothing else is set
  bool hard = false;          ///< nothing but 0 and 1
  bool distribution = false;  ///< in [0, 1] with a sum of 1
  bool unnormalized = false;  ///< the sum is off (options.normalize)
  std::int64_t label = 0, predicted = 0;
  std::int64_t place = 0;  ///< classes ahead of the label (ties: the lower index is ahead)
  double weight = 1;
  double loss = 0, p_true = 0, confidence = 0, brier = 0, like = 0;  // nats, probabilities
  double loss_down = 0,
         loss_up = 0;    ///< loss for label - 1 and label + 1, where wanted and possible
  double sum_error = 0;  ///< |row sum - 1|; 0 for logits

  bool counts() const { return live && weight != 0; }
  bool hit() const { return predicted == label; }
};

/// What a row's scores are made of: of probabilities, or of exp(z - largest) with `rest` beside the
/// largest itself.
struct RowSums {
  double sum = 0;      // of the values
  double largest = 0;  // value
  std::size_t argmax = 0;
  bool hard = true;     // nothing but 0 and 1
  bool in_unit = true;  // logits: all in [0, 1]
  double rest = 0;
  double value = 0, squares = 0;  // of the label; of all others
  std::int64_t place = 0;
};

/// The scores of a block of rows, in f64; `scratch` keeps its memory between calls.
class RowScorer {
 public:
  explicit RowScorer(const StatisticsOptions& options) : options_(options) {}

  /// Errors  ValueError as Statistics::add; then the scorer may be used again
  template <class T>
  const std::vector<RowScore>& score(MatrixView<const T> x, Kind kind, Labels labels,
                                     const RowInfo& info);
  /// Whether the losses of shifted labels are still of interest.
  bool want_down = true, want_up = true;

 private:
  void check_shapes(std::size_t rows, std::size_t cols, Labels labels, const RowInfo& info) const;
  /// One column for two classes.
  bool is_binary(std::size_t cols) const { return cols == 1 && options_.classes == 2; }
  bool open_row(std::size_t i, std::int64_t label, const RowInfo& info, RowScore& s) const;
  [[noreturn]] void refuse_row(std::size_t i, Labels labels, const RowInfo& info) const;
  template <class T>
  void score_rows(MatrixView<const T> x, Kind kind, kernels::Rows& rows);
  template <class T>
  void score_row(MatrixView<const T> x, Kind kind, std::size_t i);
  bool is_sound(const kernels::RowScores& from, std::size_t r) const;
  RowSums sums_of(const kernels::RowScores& from, std::size_t r) const;
  RowSums probability_sums(const double* p, std::size_t i) const;
  RowSums log_probability_sums(const double* x, std::size_t i);
  RowSums logit_sums(const double* z, std::size_t i);
  template <class T>
  void finish_row(MatrixView<const T> x, const RowSums& sums, std::size_t i);
  void finish_probabilities(const RowSums& sums, std::size_t i, RowScore& s) const;
  void finish_logits(const RowSums& sums, RowScore& s) const;
  void binary_row(double x, Kind kind, std::int64_t row, RowScore& s) const;
  void logit_losses(const kernels::Source& x, kernels::Rows& rows, RowScore* scores);
  void finish_shifted_logits();
  void probability_losses();
  void check_products() const;

  StatisticsOptions options_;
  std::vector<RowScore> scores_;
  std::vector<double> row_, terms_, values_;
  kernels::RowScores sums_;
  // p of label, label - 1 and label + 1 of every row, then their logs; `rest` of logits, then its
  // log1p.
  std::array<std::vector<double>, 3> logs_;
  kernels::ScoreInput input_ = kernels::ScoreInput::probabilities;
  double tolerance_ = 0;  // of a row's sum
  bool single_ = false;   // f32 or narrower
};

/// The loss of one row by another tool's rule: `p` the label's probability (binary: the second
/// class's), `sum` its row's sum.
double like_loss(Like tool, bool single, bool binary, double p, double sum, std::int64_t label);

}  // namespace crossent
