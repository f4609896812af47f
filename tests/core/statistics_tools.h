#pragma once
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/statistics.h"
#include "kernels/math.h"

namespace crossent::test {

/// Rows to be evaluated, and the means to feed any subset of them to a Statistics.
struct Rows {
  std::int64_t classes = 0;
  std::vector<double> values;  // row-major
  std::vector<std::int64_t> labels;
  std::vector<double> weights;
  std::vector<std::string> ids, groups;

  std::size_t size() const { return labels.size(); }
  std::size_t cols() const { return values.size() / labels.size(); }

  void add_to(Statistics& s, Kind kind, std::size_t begin, std::size_t end) const {
    const std::vector<std::string_view> id(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                           ids.begin() + static_cast<std::ptrdiff_t>(end));
    const std::vector<std::string_view> group(groups.begin() + static_cast<std::ptrdiff_t>(begin),
                                              groups.begin() + static_cast<std::ptrdiff_t>(end));
    RowInfo info;
    info.weight = {weights.data() + begin, end - begin};
    info.id = id;
    info.group = group;
    info.first_row = static_cast<std::int64_t>(begin);
    s.add(MatrixView<const double>({values.data() + begin * cols(), end - begin, cols(),
                                    static_cast<std::ptrdiff_t>(cols())}),
          kind, Labels(labels.data() + begin, end - begin), info);
  }
};

/// Random logits or probabilities (some of them 0), weights, ids (some twice) and groups.
inline Rows random_rows(std::mt19937_64& rng, std::size_t n, std::int64_t classes, Kind kind) {
  Rows r;
  r.classes = classes;
  const auto uniform = [&] { return static_cast<double>(rng() >> 11) * 0x1p-53; };
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> row(static_cast<std::size_t>(classes));
    double sum = 0;
    for (double& v : row) sum += v = rng() % 8 == 0 ? 0 : uniform() + 1e-3;
    if (sum == 0) sum = row[0] = 1;
    for (double& v : row) v = kind == Kind::probabilities ? v / sum : 20 * v - 5;
    r.values.insert(r.values.end(), row.begin(), row.end());
    r.labels.push_back(static_cast<std::int64_t>(rng() % static_cast<std::uint64_t>(classes)));
    r.weights.push_back(rng() % 10 == 0 ? 0 : uniform() * 10);
    r.ids.push_back("row " + std::to_string(rng() % (4 * n)));
    r.groups.push_back("g" + std::to_string(rng() % 9));
  }
  return r;
}

/// Every number of a summary by its bits, so that two can be compared.
inline std::vector<std::uint64_t> fingerprint(const Summary& s) {
  std::vector<std::uint64_t> out;
  const auto real = [&](double x) { out.push_back(std::bit_cast<std::uint64_t>(x)); };
  const auto integer = [&](auto x) { out.push_back(static_cast<std::uint64_t>(x)); };
  for (double x : {s.weight, s.effective_rows, s.loss_nats, s.loss_finite_nats, s.se_nats,
                   s.se_finite_nats, s.design_effect, s.accuracy, s.top_k_accuracy, s.brier, s.ece,
                   s.baseline_prior_nats, s.skill, s.like_loss_nats, s.worst_percent_share,
                   s.shifted_down.loss_finite_nats, s.shifted_up.loss_finite_nats, s.max_sum_error})
    real(x);
  for (std::int64_t x : {s.rows, s.ignored, s.infinite_rows, s.groups, s.duplicate_ids, s.hard_rows,
                         s.distribution_rows, s.unnormalized_rows, s.shifted_down.infinite_rows})
    integer(x);
  for (bool x : {s.groups_dropped, s.ids_dropped, s.confusions_dropped, s.shifted_up.possible})
    integer(x);
  for (const ClassSummary& c : s.per_class) {
    for (double x : {c.loss_nats, c.loss_finite_nats, c.se_nats, c.accuracy, c.loss_share}) real(x);
    for (std::int64_t x :
         {c.rows, c.infinite_rows, c.predicted_rows, c.confused_with, c.confused_rows})
      integer(x);
  }
  for (const auto* bins : {&s.calibration, &s.calibration_fine})
    for (const CalibrationBin& b : *bins) {
      integer(b.rows);
      for (double x : {b.lo, b.hi, b.weight, b.confidence, b.accuracy}) real(x);
    }
  for (const auto* rows : {&s.worst, &s.first_infinite})
    for (const RowRecord& r : *rows) {
      for (std::int64_t x : {std::int64_t{r.source}, r.row, r.line, r.label, r.predicted})
        integer(x);
      for (double x : {r.loss_nats, r.p_true}) real(x);
      integer(std::hash<std::string>()(r.id));
    }
  return out;
}

inline Statistics of(const std::vector<std::vector<double>>& rows,
                     const std::vector<std::int64_t>& labels, StatisticsOptions o,
                     Kind kind = Kind::probabilities, const RowInfo& info = {}) {
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  Statistics s(o);
  s.add(MatrixView<const double>(matrix(flat.data(), rows.size(), rows[0].size())), kind, labels,
        info);
  return s;
}

inline StatisticsOptions classes(std::int64_t n) {
  StatisticsOptions o;
  o.classes = n;
  return o;
}

// Relative difference in units of 2^-53.
inline void expect_near(double got, double want, double ulps = 4) {
  EXPECT_NEAR(got, want, ulps * 0x1p-53 * std::fabs(want)) << got << " for " << want;
}

}  // namespace crossent::test
