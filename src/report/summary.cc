// Statistics -> Summary: means, errors, baselines and shares from the exact sums.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/statistics_state.h"
#include "kernels/math.h"

namespace crossent {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

double ratio(double part, double whole) { return whole > 0 ? part / whole : kNaN; }

CalibrationBin bin_summary(const BinSums& sums, double lo, double hi, bool weighted) {
  const double mass = sums.rows.mass(weighted);
  return {lo,
          hi,
          sums.rows.rows,
          mass,
          ratio(sums.confidence.value(weighted), mass),
          ratio(sums.hits.mass(weighted), mass)};
}

// The probability at a fine step's lower edge, where the odds are 2^k (1 + step / 8).
double fine_edge(std::size_t step) {
  const auto steps = static_cast<std::size_t>(kFineSteps);
  const double odds = std::ldexp(1 + static_cast<double>(step % steps) / kFineSteps,
                                 static_cast<int>(step / steps) - kFineOctaves / 2);
  return odds / (1 + odds);
}

void fill_calibration(const std::vector<BinSums>& bins, const std::vector<BinSums>& fine,
                      bool weighted, Summary& out) {
  const auto n = static_cast<double>(bins.size());
  double gaps = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const auto k = static_cast<double>(i);
    out.calibration.push_back(bin_summary(bins[i], k / n, (k + 1) / n, weighted));
    const CalibrationBin& b = out.calibration.back();
    if (b.rows > 0) gaps += b.weight * std::fabs(b.confidence - b.accuracy);
  }
  out.ece = ratio(gaps, out.weight);
  for (std::size_t i = 0; i < fine.size(); ++i) {
    if (fine[i].rows.rows == 0) continue;
    const double lo = i == 0 ? 0 : fine_edge(i);
    const double hi = i + 1 == fine.size() ? 1 : fine_edge(i + 1);
    out.calibration_fine.push_back(bin_summary(fine[i], lo, hi, weighted));
  }
}

// -sum f ln f over the classes' shares f of the rows; the logarithms are ours: same bits
// everywhere.
double frequency_entropy(const std::vector<ClassSums>& classes, double total, bool weighted) {
  double sum = 0;
  for (const ClassSums& c : classes) {
    const double share = c.rows.mass(weighted) / total;
    if (share > 0) sum -= share * kernels::log(share);
  }
  return total > 0 ? std::max(0.0, sum) : kNaN;
}

// Of the linearised mean: rows of one group are added before they are squared.
double clustered_error(const GroupMap& groups, const MeanSums& all, bool weighted) {
  if (groups.size() < 2 || all.rows < 2) return kNaN;
  const double total = all.mass(weighted);
  ExactSum total_weight, squares;
  total_weight.add(total);
  for (const auto& [name, g] : groups) {
    ExactSum deviation = product(g.loss, weighted ? all.w : total_weight);
    ExactSum expected;  // - sum q * w_g
    for (const double q : all.q.expansion())
      for (const double w : g.weight.expansion()) expected.add_product(-q, w);
    deviation.merge(expected);
    const double d = deviation.value() / total;
    squares.add_product(d, d);
  }
  const auto n = static_cast<double>(groups.size());
  return std::sqrt(n / (n - 1) * squares.value()) / total;
}

ShiftedReading shifted(const ShiftSums& sums, bool weighted) {
  return {sums.possible && sums.loss.rows + sums.infinite > 0, sums.infinite,
          sums.loss.mean(weighted)};
}

ClassSummary class_summary(const ClassSums& c, bool weighted, double total_loss) {
  ClassSummary out;
  const double mass = c.rows.mass(weighted);
  out.rows = c.rows.rows;
  out.infinite_rows = c.infinite.rows;
  out.predicted_rows = c.predicted;
  out.loss_finite_nats = c.loss.mean(weighted);
  out.loss_nats = c.infinite.rows > 0 ? kInf : out.loss_finite_nats;
  out.se_nats = c.loss.standard_error(weighted);
  out.accuracy = ratio(c.hits.mass(weighted), mass);
  out.loss_share = total_loss < kInf ? ratio(c.loss.q.value(), total_loss) : kNaN;
  return out;
}

// The lowest of the most frequent wrong choices of each class.
void fill_confusions(const Confusions& confusions, std::int64_t classes, Summary& out) {
  confusions.each([&](std::uint64_t pair, std::int64_t rows) {
    const auto predicted = static_cast<std::int64_t>(pair) % classes;
    ClassSummary& c =
        out.per_class[static_cast<std::size_t>(static_cast<std::int64_t>(pair) / classes)];
    if (rows > c.confused_rows || (rows == c.confused_rows && predicted < c.confused_with)) {
      c.confused_with = predicted;
      c.confused_rows = rows;
    }
  });
}

}  // namespace

Summary Statistics::summary() const {
  const State& s = *state_;
  const bool weighted = s.options.weighted;
  ClassSums all;
  for (const ClassSums& c : s.classes) all.merge(c);
  Summary out;
  out.classes = s.options.classes;
  out.rows = all.rows.rows;
  out.ignored = s.ignored;
  out.weight = all.rows.mass(weighted);
  out.infinite_rows = all.infinite.rows;
  out.first_infinite = s.first_infinite;
  out.loss_finite_nats = all.loss.mean(weighted);
  out.loss_nats = out.infinite_rows > 0 ? kInf : out.loss_finite_nats;
  out.effective_rows = weighted
                           ? ratio(all.loss.w.value() * all.loss.w.value(), all.loss.ww.value())
                           : static_cast<double>(all.loss.rows);
  const double plain_error = all.loss.standard_error(weighted);
  out.se_finite_nats = plain_error;
  out.design_effect = kNaN;
  out.groups = static_cast<std::int64_t>(s.groups.map.size());
  out.groups_dropped = s.groups.dropped;
  if (s.options.grouped) {
    out.se_finite_nats =
        s.groups.dropped ? kNaN : clustered_error(s.groups.map, all.loss, weighted);
    const double error_ratio = out.se_finite_nats / plain_error;
    out.design_effect = plain_error > 0 ? error_ratio * error_ratio : kNaN;
  }
  out.se_nats = out.infinite_rows > 0 ? kNaN : out.se_finite_nats;
  out.accuracy = ratio(all.hits.mass(weighted), out.weight);
  out.top_k_accuracy = s.options.top_k > 0 ? ratio(s.place_hits.mass(weighted), out.weight) : kNaN;
  out.brier = ratio(s.brier.value(weighted), out.weight);
  out.baseline_uniform_nats = kernels::log(static_cast<double>(out.classes));
  out.baseline_prior_nats = frequency_entropy(s.classes, out.weight, weighted);
  out.skill = out.baseline_prior_nats > 0 ? 1 - out.loss_nats / out.baseline_prior_nats : kNaN;
  out.like_loss_nats = s.options.like == Like::none ? kNaN : ratio(s.like.value(), out.weight);
  out.worst_percent_share = s.histogram.share_of_largest(0.01);
  const double total_loss = out.infinite_rows > 0 ? kInf : all.loss.q.value();
  for (const ClassSums& c : s.classes)
    out.per_class.push_back(class_summary(c, weighted, total_loss));
  out.confusions_dropped = s.confusions.dropped();
  fill_confusions(s.confusions, out.classes, out);
  fill_calibration(s.bins, s.fine, weighted, out);
  out.worst = s.worst.sorted();
  out.shifted_down = shifted(s.down, weighted);
  out.shifted_up = shifted(s.up, weighted);
  out.ids_dropped = s.ids.dropped();
  if (s.options.identified && !out.ids_dropped)
    out.duplicate_ids = out.rows - static_cast<std::int64_t>(s.ids.size());
  out.hard_rows = s.hard;
  out.distribution_rows = s.distribution;
  out.unnormalized_rows = s.unnormalized;
  out.max_sum_error = s.max_sum_error;
  return out;
}

}  // namespace crossent
