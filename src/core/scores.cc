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
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr int kMostBins = 65536;

/// Two columns 1 - p, p are told apart from a matrix by where their values come from.
class Predictions {
 public:
  Predictions(std::string_view op, MatrixView<const double> p, const Labels& label,
              const ScoreOptions& options)
      : p_(p), classes_(p.cols) {
    check(op, label, options, p.rows);
    if (options.checks == Checks::full || options.normalize) scale_rows(op, options);
  }
  Predictions(std::string_view op, std::span<const double> p, const Labels& label,
              const ScoreOptions& options)
      : p_{p.data(), p.size(), 1, 1, 1}, classes_(2), binary_(true) {
    check(op, label, options, p.size());
    if (options.checks == Checks::full) core::check_values(op, "p", p, 0, 1, "is outside [0, 1]");
  }

  std::size_t rows() const { return p_.rows; }
  std::size_t classes() const { return classes_; }
  std::size_t truth(std::size_t i) const { return truth_[i]; }
  double weight(std::size_t i) const { return weight_.empty() ? 1 : weight_[i]; }
  double p(std::size_t i, std::size_t k) const {
    if (binary_) return clip(k == 1 ? p_(i, 0) : 1 - p_(i, 0));
    return clip(scale_.empty() ? p_(i, k) : p_(i, k) / scale_[i]);
  }
  /// -log of the truth's probability; for the first of two classes through log1p, which keeps it.
  double nll(std::size_t i) const {
    if (binary_ && truth_[i] == 0 && clip_ == 0) return 0.0 - kernels::log1p(-p_(i, 0));
    return 0.0 - kernels::log(p(i, truth_[i]));
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

 private:
  double clip(double p) const { return clip_ == 0 ? p : std::min(std::max(p, clip_), 1 - clip_); }
  void check(std::string_view op, const Labels& label, const ScoreOptions& options,
             std::size_t rows) {
    if (rows == 0) refuse(op, "p", "p has no rows");
    if (!(options.clip >= 0 && options.clip < 0.5))
      refuse_value(op, "clip", options.clip, "is outside [0, 0.5)");
    core::check_length(op, "label", label.size(), rows, "rows");
    core::check_optional(op, "weight", options.weight.size(), rows, "rows");
    core::check_present(op, {{"p", core::memory_of(p_)},
                             {"label", core::memory_of(label)},
                             {"weight", core::memory_of(options.weight)}});
    core::check_weights(op, "weight", options.weight);
    clip_ = options.clip;
    weight_ = options.weight;
    check_total(op);
    find_truths(op, label, options.labels);
  }
  void check_total(std::string_view op) const {
    for (std::size_t i = 0; i < rows(); ++i)
      if (weight(i) > 0) return;
    refuse(op, "weight", "weight sums to 0");
  }
  void find_truths(std::string_view op, const Labels& label, std::span<const std::int64_t> labels) {
    if (labels.empty()) {
      core::check_labels(op, label, rows(), classes_);
    } else if (labels.size() != classes_) {
      refuse(op, "labels",
             "labels has " + std::to_string(labels.size()) + " values for " +
                 std::to_string(classes_) + " classes");
    }
    truth_.resize(rows());
    for (std::size_t i = 0; i < rows(); ++i) {
      const auto found = std::find(labels.begin(), labels.end(), label[i]);
      if (!labels.empty() && found == labels.end())
        refuse(op, "label",
               "label[" + std::to_string(i) + "] = " + label.text(i) + " is not among labels",
               static_cast<std::int64_t>(i));
      truth_[i] = static_cast<std::size_t>(labels.empty() ? label[i] : found - labels.begin());
    }
  }
  void scale_rows(std::string_view op, const ScoreOptions& options) {
    const DistributionOptions wanted{.normalize = options.normalize, .checks = options.checks};
    std::vector<double> row(p_.cols);
    if (options.normalize) scale_.resize(rows());
    for (std::size_t i = 0; i < rows(); ++i) {
      for (std::size_t k = 0; k < p_.cols; ++k) row[k] = p_(i, k);
      const double sum = in_row(i, [&] { return check_distribution(op, "p", row, wanted); });
      if (options.normalize) scale_[i] = sum;
    }
  }

  MatrixView<const double> p_;
  std::size_t classes_;
  bool binary_ = false;
  double clip_ = 0;
  RealSpan weight_;
  std::vector<std::size_t> truth_;
  std::vector<double> scale_;
};

double mean_nll(const Predictions& predictions) {
  return predictions.mean([&](std::size_t i) { return predictions.nll(i); });
}

double d2(std::string_view op, const Predictions& predictions) {
  std::vector<CompensatedSum> sums(predictions.classes());
  for (std::size_t i = 0; i < predictions.rows(); ++i)
    sums[predictions.truth(i)].add(predictions.weight(i));
  std::vector<double> weights(sums.size());
  std::transform(sums.begin(), sums.end(), weights.begin(),
                 [](const CompensatedSum& s) { return s.value(); });
  const double baseline = entropy_from_counts(weights);
  if (baseline == 0) refuse(op, "label", "every label is the same: the baseline's loss is 0");
  return 1 - mean_nll(predictions) / baseline;
}

}  // namespace

double log_loss(MatrixView<const double> p, Labels label, const ScoreOptions& options) {
  return mean_nll({"log_loss", p, label, options});
}

double log_loss(std::span<const double> p, Labels label, const ScoreOptions& options) {
  return mean_nll({"log_loss", p, label, options});
}

double brier(std::span<const double> p, Labels label, const ScoreOptions& options) {
  const Predictions predictions("brier", p, label, options);
  return predictions.mean([&](std::size_t i) {
    const double miss = predictions.p(i, 1) - static_cast<double>(predictions.truth(i));
    return miss * miss;
  });
}

double brier_multiclass(MatrixView<const double> p, Labels label, const ScoreOptions& options) {
  const Predictions predictions("brier_multiclass", p, label, options);
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
