#pragma once
#include <cstdint>
#include <vector>

#include "crossent/statistics.h"

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
  void open_row(std::size_t i, Labels labels, const RowInfo& info, RowScore& s) const;
  void probability_row(const double* p, std::size_t i, double tolerance, bool single, RowScore& s);
  void logit_row(const double* z, std::size_t i, bool single, RowScore& s);
  void log_probability_row(const double* x, std::size_t i, double tolerance, bool single,
                           RowScore& s);
  void binary_row(double x, Kind kind, std::size_t i, double tolerance, bool single,
                  RowScore& s) const;
  template <class T>
  void finish_logits(MatrixView<const T> x, Labels labels);
  void finish_logs();
  void check_products() const;

  StatisticsOptions options_;
  std::vector<RowScore> scores_;
  std::vector<double> row_, terms_, losses_;
  std::vector<std::uint8_t> live_;
  std::vector<double>
      log_argument_;  // p of label, label - 1, label + 1 of every row, then their logs
  bool by_log_ = false;
};

/// The loss of one row by another tool's rule: `p` the label's probability (binary: the second
/// class's), `sum` its row's sum.
double like_loss(Like tool, bool single, bool binary, double p, double sum, std::int64_t label);

}  // namespace crossent
