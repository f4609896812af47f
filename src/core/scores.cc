#include "crossent/scores.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "core/compensated.h"
#include "core/distribution.h"
#include "core/matrix_checks.h"
#include "core/refuse.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cross_entropy.h"
#include "crossent/error.h"
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr int kMostBins = 65536;

/// Predictions and their truths. Two columns 1 - p, p are told apart from a matrix by where their
/// values come from.
class Predictions {
 public:
  Predictions(std::string_view op, MatrixView<const double> p, const Labels& label,
              const ScoreOptions& options)
      : Predictions(op, p, p.cols, label, options) {}
  Predictions(std::string_view op, std::span<const double> p, const Labels& label,
              const ScoreOptions& options)
      : Predictions(op, {p.data(), p.size(), 1, 1, 1}, 2, label, options) {
    binary_ = true;
  }

  std::size_t rows() const { return p_.rows; }
  std::size_t classes() const { return classes_; }
  std::size_t truth(std::size_t i) const { return static_cast<std::size_t>(truths()[i]); }
  double weight(std::size_t i) const { return options_.weight.empty() ? 1 : options_.weight[i]; }
  double p(std::size_t i, std::size_t k) const {
    if (binary_) return clip(k == 1 ? p_(i, 0) : 1 - p_(i, 0));
    return clip(scale_.empty() ? p_(i, k) : p_(i, k) / scale_[i]);
  }
  template <class Term>
  double mean(Term term) const {
    CompensatedSum sum, total;
    for (std::size_t i = 0; i < rows(); ++i) {
      total.add(weight(i));
      if (weight(i) != 0) sum.add(weight(i) * term(i));
    }
    return sum.value() / total.value();
  }
  /// The weighted mean of -log of the truths' probabilities; the pass checks the values.
  double mean_nll() {
    try {
      return !binary_ ? row_nll() : options_.clip == 0 ? binary_nll() : clipped_nll();
    } catch (const ValueError&) {
      check_values();  // names p and its place as every score does
      throw;
    }
  }
  /// Checks the values and finds what their rows are divided by.
  void check_values() {
    if (!binary_ && (options_.checks == Checks::full || options_.normalize)) scale_rows();
    if (binary_ && options_.checks == Checks::full)
      core::check_values(op_, "p", std::span(p_.data, p_.rows), 0, 1, "is outside [0, 1]");
  }

 private:
  Predictions(std::string_view op, const MatrixView<const double>& p, std::size_t classes,
              const Labels& label, const ScoreOptions& options)
      : op_(op), p_(p), classes_(classes), label_(label), options_(options) {
    if (rows() == 0) refuse(op, "p", "p has no rows");
    if (!(options.clip >= 0 && options.clip < 0.5))
      refuse_value(op, "clip", options.clip, "is outside [0, 0.5)");
    core::check_range(op, "threads", options.threads, 0, 65536);
    core::check_length(op, "label", label.size(), rows(), "rows");
    core::check_optional(op, "weight", options.weight.size(), rows(), "rows");
    core::check_present(op, {{"p", core::memory_of(p_)},
                             {"label", core::memory_of(label)},
                             {"weight", core::memory_of(options.weight)}});
    const double largest = core::check_weights(op, "weight", options.weight);
    if (largest * static_cast<double>(rows()) > 0x1p1000)
      refuse(op, "weight",
             "weights up to " + number_text(largest) +
                 " overflow: scale them, the mean does not change");
    check_total();
    if (options.labels.empty())
      core::check_labels(op, label, rows(), classes_);
    else
      find_truths();
  }
  double clip(double p) const {
    return options_.clip == 0 ? p : std::min(std::max(p, options_.clip), 1 - options_.clip);
  }
  Labels truths() const { return options_.labels.empty() ? label_ : Labels(truth_); }
  void check_total() const {
    for (std::size_t i = 0; i < rows(); ++i)
      if (weight(i) > 0) return;
    refuse(op_, "weight", "weight sums to 0");
  }
  void find_truths() {
    const auto& labels = options_.labels;
    if (labels.size() != classes_)
      refuse(op_, "labels",
             "labels has " + std::to_string(labels.size()) + " values for " +
                 std::to_string(classes_) + " classes");
    truth_.resize(rows());
    for (std::size_t i = 0; i < rows(); ++i) {
      const auto found = std::find(labels.begin(), labels.end(), label_[i]);
      if (found == labels.end())
        refuse(op_, "label",
               "label[" + std::to_string(i) + "] = " + label_.text(i) + " is not among labels",
               static_cast<std::int64_t>(i));
      truth_[i] = found - labels.begin();
    }
  }
  void scale_rows() {
    const DistributionOptions wanted{.normalize = options_.normalize, .checks = options_.checks};
    thread_local std::vector<double> row;
    row.resize(p_.cols);
    if (options_.normalize) scale_.resize(rows());
    for (std::size_t i = 0; i < rows(); ++i) {
      for (std::size_t k = 0; k < p_.cols; ++k) row[k] = p_(i, k);
      const double sum = in_row(i, [&] { return check_distribution(op_, "p", row, wanted); });
      if (options_.normalize) scale_[i] = sum;
    }
  }
  double row_nll() const {
    Options o;
    o.kind = Kind::probabilities;
    o.row_weight = options_.weight;
    o.clip = options_.clip;
    o.normalize = options_.normalize;
    o.checks = options_.checks;
    o.threads = options_.threads;
    return cross_entropy(p_, truths(), o).mean;
  }
  double binary_nll() const {
    BinaryOptions o;
    o.kind = Kind::probabilities;
    o.divisor = Divisor::total_weight;
    o.row_weight = options_.weight;
    o.checks = options_.checks;
    o.threads = options_.threads;
    return binary_cross_entropy(p_, truths(), o).mean;
  }

  // 1 - p is clipped, too, not one less a clipped p.
  double clipped_nll() {
    check_values();
    return mean([&](std::size_t i) { return 0.0 - kernels::log(p(i, truth(i))); });
  }

  std::string_view op_;
  MatrixView<const double> p_;
  std::size_t classes_;
  Labels label_;
  const ScoreOptions& options_;
  bool binary_ = false;
  std::vector<std::int64_t> truth_;  // columns, where options.labels names them
  std::vector<double> scale_;
};

/// The same with values that are checked.
template <class P>
Predictions checked(std::string_view op, P p, const Labels& label, const ScoreOptions& options) {
  Predictions predictions(op, p, label, options);
  predictions.check_values();
  return predictions;
}

double d2(std::string_view op, Predictions predictions) {
  const double loss = predictions.mean_nll();
  std::vector<CompensatedSum> sums(predictions.classes());
  for (std::size_t i = 0; i < predictions.rows(); ++i)
    sums[predictions.truth(i)].add(predictions.weight(i));
  std::vector<double> weights(sums.size());
  std::transform(sums.begin(), sums.end(), weights.begin(),
                 [](const CompensatedSum& s) { return s.value(); });
  const double baseline = entropy_from_counts(weights);
  if (baseline == 0) refuse(op, "label", "every label is the same: the baseline's loss is 0");
  return 1 - loss / baseline;
}

}  // namespace

double log_loss(MatrixView<const double> p, Labels label, const ScoreOptions& options) {
  return Predictions("log_loss", p, label, options).mean_nll();
}

double log_loss(std::span<const double> p, Labels label, const ScoreOptions& options) {
  return Predictions("log_loss", p, label, options).mean_nll();
}

double brier(std::span<const double> p, Labels label, const ScoreOptions& options) {
  const Predictions predictions = checked("brier", p, label, options);
  return predictions.mean([&](std::size_t i) {
    const double miss = predictions.p(i, 1) - static_cast<double>(predictions.truth(i));
    return miss * miss;
  });
}

double brier_multiclass(MatrixView<const double> p, Labels label, const ScoreOptions& options) {
  const Predictions predictions = checked("brier_multiclass", p, label, options);
  return predictions.mean([&](std::size_t i) {
    CompensatedSum sum;
    for (std::size_t k = 0; k < predictions.classes(); ++k) {
      const double miss = predictions.p(i, k) - (k == predictions.truth(i) ? 1 : 0);
      sum.add(miss * miss);
    }
    return sum.value();
  });
}

double d2_log_loss(MatrixView<const double> p, Labels label, const ScoreOptions& options) {
  return d2("d2_log_loss", {"d2_log_loss", p, label, options});
}

double d2_log_loss(std::span<const double> p, Labels label, const ScoreOptions& options) {
  return d2("d2_log_loss", {"d2_log_loss", p, label, options});
}

double expected_calibration_error(std::span<const double> confidence, Labels correct, int bins,
                                  RealSpan weight) {
  const std::string_view op = "expected_calibration_error";
  core::check_range(op, "bins", bins, 1, kMostBins);
  if (confidence.empty()) refuse(op, "confidence", "confidence has no rows");
  core::check_values(op, "confidence", confidence, 0, 1, "is outside [0, 1]");
  core::check_labels(op, correct, confidence.size(), 2);
  core::check_optional(op, "weight", weight.size(), confidence.size(), "rows");
  core::check_present(op, {{"weight", core::memory_of(weight)}});
  core::check_weights(op, "weight", weight);
  std::vector<CompensatedSum> gap(static_cast<std::size_t>(bins));
  CompensatedSum total;
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    const double w = weight.empty() ? 1 : weight[i];
    const auto bin = static_cast<std::ptrdiff_t>(std::ceil(confidence[i] * bins)) - 1;
    gap[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(bin, 0, bins - 1))].add(
        w * (confidence[i] - static_cast<double>(correct[i])));
    total.add(w);
  }
  if (total.value() == 0) refuse(op, "weight", "weight sums to 0");
  CompensatedSum sum;
  for (const CompensatedSum& bin : gap) sum.add(std::fabs(bin.value()));
  return sum.value() / total.value();
}

}  // namespace crossent
