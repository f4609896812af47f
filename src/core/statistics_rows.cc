#include "core/statistics_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "core/matrix_checks.h"
#include "core/refuse.h"
#include "kernels/cross_entropy.h"
#include "kernels/half.h"
#include "kernels/math.h"

namespace crossent {
namespace {

using kernels::ScoreInput;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kMost = std::numeric_limits<double>::max();

// Weights between these never overflow or lose digits in a total, whatever the rows.
constexpr double kLeastWeight = 1e-280, kMostWeight = 1e280;
constexpr double kMostProduct = 1e289;  // of a weight and a finite loss

std::int64_t as_index(std::size_t i) { return static_cast<std::int64_t>(i); }

std::int64_t classes_ahead(const double* v, std::size_t n, std::size_t y) {
  std::int64_t ahead = 0;
  for (std::size_t j = 0; j < n; ++j) ahead += v[j] > v[y] || (v[j] == v[y] && j < y);
  return ahead;
}

double squares_of_others(const double* v, std::size_t n, std::size_t y) {
  double others = 0;
  for (std::size_t j = 0; j < y; ++j) others += v[j] * v[j];
  for (std::size_t j = y + 1; j < n; ++j) others += v[j] * v[j];
  return others;
}

double as_f64(double x) { return x; }
template <class T>
double as_f64(T x) {
  return kernels::to_f64(kernels::to_f32(x));
}

}  // namespace

void RowScorer::check_shapes(std::size_t rows, std::size_t cols, Labels labels,
                             const RowInfo& info) const {
  const auto classes = static_cast<std::size_t>(options_.classes);
  const auto mismatch = [](const char* argument, std::size_t got, std::size_t want) {
    refuse("statistics", argument,
           std::string(argument) + " has size " + std::to_string(got) + ", not " +
               std::to_string(want));
  };
  if (cols != classes && !(classes == 2 && cols == 1))
    refuse("statistics", "x",
           "x has " + std::to_string(cols) + " columns, not " + std::to_string(classes));
  if (labels.size() != rows) mismatch("label", labels.size(), rows);
  if (options_.weighted && info.weight.size() != rows && info.weight.stride() != 0)
    mismatch("weight", info.weight.size(), rows);
  if (options_.weighted && info.weight.empty() && rows > 0) mismatch("weight", 0, rows);
  if (options_.identified && info.id.size() != rows) mismatch("id", info.id.size(), rows);
  if (options_.grouped && info.group.size() != rows) mismatch("group", info.group.size(), rows);
}

// Label and weight of row i; the row stays dead when it does not count. Returns false where they
// have to be refused.
inline bool RowScorer::open_row(std::size_t i, std::int64_t label, const RowInfo& info,
                                RowScore& s) const {
  s = RowScore{};
  s.label = label;
  if (options_.ignore_label && s.label == *options_.ignore_label) return true;
  if (s.label < 0 || s.label >= options_.classes) return false;
  s.live = true;
  if (!options_.weighted) return true;
  s.weight = info.weight[i];
  return s.weight == 0 || (s.weight >= kLeastWeight && s.weight <= kMostWeight);
}

void RowScorer::refuse_row(std::size_t i, Labels labels, const RowInfo& info) const {
  if (labels[i] < 0 || labels[i] >= options_.classes)
    refuse("statistics", "label",
           "label[" + std::to_string(i) + "] = " + labels.text(i) + " is outside [0, " +
               std::to_string(options_.classes) + ")",
           as_index(i));
  const double w = info.weight[i];
  refuse_value("statistics", "weight", w,
               w >= 0 && w < kInf ? "is outside [1e-280, 1e280]" : "is outside [0, inf)",
               as_index(i));
}

RowSums RowScorer::probability_sums(const double* p, std::size_t i) const {
  const auto n = static_cast<std::size_t>(options_.classes);
  const auto y = static_cast<std::size_t>(scores_[i].label);
  const double top = options_.normalize ? kMost : 1;
  RowSums sums;
  sums.largest = -1;
  for (std::size_t j = 0; j < n; ++j) {
    const double v = p[j];
    if (!(v >= 0 && v <= top))
      refuse_value("statistics", "x", v,
                   options_.normalize ? "is outside [0, inf)" : "is outside [0, 1]", as_index(i),
                   as_index(j));
    sums.sum += v;
    sums.hard &= v == 0 || v == 1;
    if (v > sums.largest) sums.largest = v, sums.argmax = j;
  }
  sums.value = p[y];
  sums.squares = squares_of_others(p, n, y);
  if (options_.top_k > 0) sums.place = classes_ahead(p, n, y);
  return sums;
}

RowSums RowScorer::log_probability_sums(const double* x, std::size_t i) {
  const auto n = static_cast<std::size_t>(options_.classes);
  for (std::size_t j = 0; j < n; ++j)
    if (!(x[j] <= tolerance_))
      refuse_value("statistics", "x", x[j], "is no log-probability: it is above 0", as_index(i),
                   as_index(j));
  terms_.resize(n);
  kernels::exp(x, terms_.data(), n);
  for (double& p : terms_) p = std::min(p, 1.0);
  return probability_sums(terms_.data(), i);
}

RowSums RowScorer::logit_sums(const double* z, std::size_t i) {
  const auto n = static_cast<std::size_t>(options_.classes);
  const auto y = static_cast<std::size_t>(scores_[i].label);
  RowSums sums;
  sums.largest = -kInf;
  int infinities = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const double v = z[j];
    if (std::isnan(v) || (v == kInf && ++infinities > 1))
      refuse_value("statistics", "x", v,
                   infinities > 1 ? "is the row's second +inf" : "is not a number", as_index(i),
                   as_index(j));
    sums.in_unit &= v >= 0 && v <= 1;
    sums.sum += v;
    if (v > sums.largest) sums.largest = v, sums.argmax = j;
  }
  if (sums.largest == -kInf)
    refuse("statistics", "x", "x[" + std::to_string(i) + "] has no class left: all are -inf",
           as_index(i));
  terms_.resize(n);
  for (std::size_t j = 0; j < n; ++j) terms_[j] = z[j] - sums.largest;
  terms_[sums.argmax] = -kInf;
  kernels::exp(terms_.data(), terms_.data(), n);
  for (std::size_t j = 0; j < n; ++j) sums.rest += terms_[j];
  terms_[sums.argmax] = 1;
  sums.value = terms_[y];
  sums.squares = squares_of_others(terms_.data(), n, y);
  if (options_.top_k > 0) sums.place = classes_ahead(z, n, y);
  return sums;
}

inline void RowScorer::finish_probabilities(const RowSums& sums, std::size_t i, RowScore& s) const {
  const double sum = sums.sum;
  s.sum_error = std::fabs(sum - 1);
  s.unnormalized = s.sum_error > tolerance_;
  if (options_.normalize ? !(sum > 0 && sum < kInf) : s.unnormalized)
    refuse("statistics", "x",
           "x[" + std::to_string(i) + "] sums to " + number_text(sum) +
               (options_.normalize ? ", not to a positive number" : ", not to 1"),
           as_index(i));
  s.hard = sums.hard;
  s.distribution = !s.unnormalized;
  const auto scaled = [&](double v) { return options_.normalize ? v / sum : v; };
  s.p_true = scaled(sums.value);
  s.confidence = std::min(scaled(sums.largest), 1.0);
  const double miss = 1 - s.p_true;
  const double others = options_.normalize ? sums.squares / (sum * sum) : sums.squares;
  s.brier = others + miss * miss;
  // The tool is given the row as it stands; one with a value above 1, which none takes, divided.
  const bool as_given = sums.largest <= 1;
  if (options_.like == Like::none) return;
  s.like = like_loss(options_.like, single_, false, as_given ? sums.value : s.p_true,
                     as_given ? sum : 1, s.label);
}

inline void RowScorer::finish_logits(const RowSums& sums, RowScore& s) const {
  const double total = 1 + sums.rest;  // exp(z - largest), which counts 1 for the largest itself
  s.distribution = sums.in_unit && std::fabs(sums.sum - 1) <= 1e-6;
  s.p_true = sums.value / total;
  s.confidence = 1 / total;
  const bool first = sums.argmax == static_cast<std::size_t>(s.label);
  const double beside = sums.rest / total;
  const double miss = first ? beside : 1 - s.p_true;  // without cancellation
  s.brier = sums.squares / (total * total) + miss * miss;
  if (options_.like != Like::none)
    s.like = like_loss(options_.like, single_, false, s.p_true, 1, s.label);
}

// A row of all classes; the losses follow for the whole block.
template <class T>
inline void RowScorer::finish_row(MatrixView<const T> x, const RowSums& sums, std::size_t i) {
  RowScore& s = scores_[i];
  const auto y = static_cast<std::size_t>(s.label);
  const bool down = want_down && y > 0, up = want_up && y + 1 < x.cols;
  s.predicted = as_index(sums.argmax);
  s.place = sums.place;
  if (input_ == ScoreInput::logits) {
    finish_logits(sums, s);
    logs_[0][i] = sums.rest;
    // Without log1p(rest), which comes for all rows at once.
    if (down) s.loss_down = y - 1 == sums.argmax ? 0 : sums.largest - as_f64(x(i, y - 1));
    if (up) s.loss_up = y + 1 == sums.argmax ? 0 : sums.largest - as_f64(x(i, y + 1));
  } else {
    finish_probabilities(sums, i, s);
  }
  if (x.cols == 2) s.brier /= 2;  // that of one of the classes
  if (input_ == ScoreInput::probabilities) {
    const double divisor = options_.normalize ? sums.sum : 1;
    logs_[0][i] = s.p_true;
    if (down) logs_[1][i] = as_f64(x(i, y - 1)) / divisor;
    if (up) logs_[2][i] = as_f64(x(i, y + 1)) / divisor;
  } else if (input_ == ScoreInput::logarithms) {  // not through p, which underflows
    s.loss = std::max(0.0, -as_f64(x(i, y)));
    if (down) s.loss_down = std::max(0.0, -as_f64(x(i, y - 1)));
    if (up) s.loss_up = std::max(0.0, -as_f64(x(i, y + 1)));
  }
}

// The losses of logit rows by the library's own kernel: its accuracy, its bits.
void RowScorer::logit_losses(const kernels::Source& x, kernels::Rows& rows, RowScore* scores) {
  kernels::CrossEntropyTask task;
  task.logits = x;
  kernels::cross_entropy_f64(task, rows);
  for (std::size_t r = 0; r < rows.count; ++r)
    if (rows.live[r]) scores[r].loss = rows.loss[r];
}

// What log1p adds to the losses of shifted labels.
void RowScorer::finish_shifted_logits() {
  if (!want_down && !want_up) return;
  kernels::log1p(logs_[0].data(), logs_[0].data(), logs_[0].size());
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    scores_[i].loss_down += logs_[0][i];
    scores_[i].loss_up += logs_[0][i];
  }
}

// The losses of probability rows, all logarithms at once.
void RowScorer::probability_losses() {
  const auto set = [&](std::size_t which, double RowScore::*loss) {
    std::vector<double>& p = logs_[which];
    kernels::log(p.data(), p.data(), p.size());
    for (std::size_t i = 0; i < scores_.size(); ++i)
      if (scores_[i].live) scores_[i].*loss = std::max(0.0, 0.0 - p[i]);
  };
  set(0, &RowScore::loss);
  if (want_down) set(1, &RowScore::loss_down);
  if (want_up) set(2, &RowScore::loss_up);
}

void RowScorer::check_products() const {
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    const RowScore& s = scores_[i];
    if (s.live && std::isfinite(s.loss) && s.weight * s.loss > kMostProduct)
      refuse_value("statistics", "weight", s.weight, "times the row's loss is above 1e289",
                   as_index(i));
  }
}

// Whether the kernel has seen no value to be refused in row r.
inline bool RowScorer::is_sound(const kernels::RowScores& from, std::size_t r) const {
  if (input_ == ScoreInput::logits) return from.rest[r] >= 0 && from.largest[r] > -kInf;
  if (input_ == ScoreInput::logarithms && !(from.highest[r] <= tolerance_)) return false;
  return from.sum[r] >= 0 && from.least[r] >= 0 &&
         from.largest[r] <= (options_.normalize ? kMost : 1);
}

inline RowSums RowScorer::sums_of(const kernels::RowScores& from, std::size_t r) const {
  RowSums sums;
  sums.sum = from.sum[r];
  sums.largest = from.largest[r];
  sums.argmax = static_cast<std::size_t>(from.argmax[r]);
  sums.hard = from.hard[r];
  sums.in_unit = from.least[r] >= 0 && from.largest[r] <= 1;
  sums.value = from.value[r];
  sums.squares = from.squares[r];
  if (input_ == ScoreInput::logits) sums.rest = from.rest[r];
  if (options_.top_k > 0) sums.place = static_cast<std::int64_t>(from.ahead[r]);
  return sums;
}

// One row by itself: of many classes, of one column, or with a value to be refused.
template <class T>
void RowScorer::score_row(MatrixView<const T> x, Kind kind, std::size_t i) {
  row_.resize(x.cols);
  for (std::size_t j = 0; j < x.cols; ++j) row_[j] = as_f64(x(i, j));
  if (is_binary(x.cols))
    binary_row(row_[0], kind, as_index(i), scores_[i]);
  else if (input_ == ScoreInput::logits)
    finish_row(x, logit_sums(row_.data(), i), i);
  else if (input_ == ScoreInput::probabilities)
    finish_row(x, probability_sums(row_.data(), i), i);
  else
    finish_row(x, log_probability_sums(row_.data(), i), i);
}

template <class T>
void RowScorer::score_rows(MatrixView<const T> x, Kind kind, kernels::Rows& rows) {
  const bool binary = is_binary(x.cols), few = !binary && x.cols <= kernels::kMostScoreClasses;
  kernels::Source from = core::source_of(x);
  if (few) {
    values_.resize(kernels::values_stride(rows.count) * x.cols);
    kernels::row_scores(from, input_, options_.top_k > 0, rows, values_.data(), sums_);
  }
  for (std::size_t r = 0; r < rows.count; ++r) {
    if (!rows.live[r]) continue;
    if (few && is_sound(sums_, r))
      finish_row(x, sums_of(sums_, r), rows.first + r);
    else
      score_row(x, kind, rows.first + r);
  }
  if (binary || input_ != ScoreInput::logits) return;
  RowScore* scores = &scores_[rows.first];
  if (few) {  // as the columns that are there already
    from = {.data = values_.data(),
            .row_stride = 1,
            .col_stride = static_cast<std::ptrdiff_t>(kernels::values_stride(rows.count)),
            .cols = x.cols,
            .type = kernels::Element::f64};
    rows.first = 0;
  }
  logit_losses(from, rows, scores);
}

template <class T>
const std::vector<RowScore>& RowScorer::score(MatrixView<const T> x, Kind kind, Labels labels,
                                              const RowInfo& info) {
  check_shapes(x.rows, x.cols, labels, info);
  single_ = sizeof(T) < 8;
  tolerance_ = core::sum_tolerance<T>(static_cast<std::size_t>(options_.classes));
  input_ = kind == Kind::probabilities                  ? ScoreInput::probabilities
           : kind == Kind::logits || options_.normalize ? ScoreInput::logits
                                                        : ScoreInput::logarithms;
  scores_.resize(x.rows);
  logs_[0].assign(x.rows, 1);
  if (want_down) logs_[1].assign(x.rows, 1);
  if (want_up) logs_[2].assign(x.rows, 1);
  kernels::Rows rows;
  const std::size_t step = kernels::rows_to_score(x.cols);
  for (std::size_t first = 0; first < x.rows; first += step) {
    const std::size_t n = std::min(step, x.rows - first);
    rows.init(first, n);
    labels.copy(first, {rows.label, n});
    std::size_t opened = 0;
    while (opened < n &&
           open_row(first + opened, rows.label[opened], info, scores_[first + opened])) {
      const bool live = rows.live[opened] = scores_[first + opened].live;
      rows.all_live &= live;
      if (!live) rows.label[opened] = 0;  // kernels may look at its class
      ++opened;
    }
    rows.count = opened;
    score_rows(x, kind, rows);
    if (opened < n) refuse_row(first + opened, labels, info);
  }
  if (!is_binary(x.cols)) {
    if (input_ == ScoreInput::logits) finish_shifted_logits();
    if (input_ == ScoreInput::probabilities) probability_losses();
  }
  if (options_.weighted) check_products();
  return scores_;
}

template const std::vector<RowScore>& RowScorer::score(MatrixView<const float>, Kind, Labels,
                                                       const RowInfo&);
template const std::vector<RowScore>& RowScorer::score(MatrixView<const double>, Kind, Labels,
                                                       const RowInfo&);
template const std::vector<RowScore>& RowScorer::score(MatrixView<const f16>, Kind, Labels,
                                                       const RowInfo&);
template const std::vector<RowScore>& RowScorer::score(MatrixView<const bf16>, Kind, Labels,
                                                       const RowInfo&);

}  // namespace crossent
