#include "crossent/statistics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "core/refuse.h"
#include "core/statistics_state.h"

namespace crossent {
namespace {

constexpr std::size_t kRowsTogether = 128;  // their scores fit into the first-level cache

bool earlier(const RowRecord& a, const RowRecord& b) {
  return std::tie(a.source, a.row) < std::tie(b.source, b.row);
}

// A total order that asks for the position last: identical rows differ in nothing else.
bool worse(const RowRecord& a, const RowRecord& b) {
  return std::tie(b.loss_nats, a.id, b.p_true, a.label, a.predicted, a.source, a.row) <
         std::tie(a.loss_nats, b.id, a.p_true, b.label, b.predicted, b.source, b.row);
}

// The step of log-odds that a probability falls into: the odds' exponent and leading bits.
std::size_t fine_bin(double p) {
  const double low = std::bit_cast<double>(std::uint64_t{1023 - kFineOctaves / 2} << 52);
  const double high = 15.0 / 16 / low;  // in the last step
  const double odds = std::clamp(p / (1 - p), low, high);
  const std::uint64_t step = std::bit_cast<std::uint64_t>(odds) >> 49;
  return step - (std::bit_cast<std::uint64_t>(low) >> 49);
}

// Bins (edges[i], edges[i + 1]]; 0 belongs to the first.
std::size_t equal_bin(double p, const std::vector<double>& edges) {
  const std::size_t n = edges.size() - 1;
  auto i = static_cast<std::size_t>(static_cast<std::int64_t>(p * static_cast<double>(n)));
  i = std::min(i, n - 1);
  if (i > 0 && p <= edges[i]) --i;
  if (i + 1 < n && p > edges[i + 1]) ++i;
  return i;
}

std::vector<double> edges_of(int n) {
  std::vector<double> edges;
  for (int i = 0; i <= n; ++i) edges.push_back(static_cast<double>(i) / n);
  return edges;
}

StatisticsOptions checked(const StatisticsOptions& o) {
  const auto need = [](bool ok, const char* name, std::int64_t value, const char* range) {
    if (!ok)
      refuse("statistics", name,
             std::string(name) + " = " + std::to_string(value) + " is outside " + range);
  };
  need(o.classes >= 1 && o.classes <= std::int64_t{1} << 31, "classes", o.classes, "[1, 2^31]");
  need(o.bins >= 1 && o.bins <= 100'000, "bins", o.bins, "[1, 100000]");
  need(o.worst >= 0 && o.worst <= 1'000'000, "worst", o.worst, "[0, 1000000]");
  need(o.top_k >= 0 && o.top_k <= o.classes, "top_k", o.top_k, "[0, classes]");
  return o;
}

}  // namespace

void ClassSums::merge(const ClassSums& other) {
  rows.merge(other.rows);
  hits.merge(other.hits);
  infinite.merge(other.infinite);
  predicted += other.predicted;
  loss.merge(other.loss);
}

void BinSums::merge(const BinSums& other) {
  rows.merge(other.rows);
  hits.merge(other.hits);
  confidence.merge(other.confidence);
}

void ShiftSums::add(bool weighted, double w, bool in_range, double x) {
  if (!possible) return;
  if (!in_range) {
    *this = ShiftSums{};
    possible = false;
  } else if (x == std::numeric_limits<double>::infinity()) {
    ++infinite;
  } else {
    loss.add(weighted, w, x);
  }
}

void ShiftSums::merge(const ShiftSums& other) {
  if (!other.possible) *this = other;
  if (!possible) return;
  infinite += other.infinite;
  loss.merge(other.loss);
}

void WorstRows::add(RowRecord row) {
  heap_.push_back(std::move(row));
  std::push_heap(heap_.begin(), heap_.end(), worse);
  if (heap_.size() <= capacity_) return;
  std::pop_heap(heap_.begin(), heap_.end(), worse);
  heap_.pop_back();
}

void WorstRows::merge(const WorstRows& other) {
  for (std::size_t i = 0, n = other.heap_.size(); i < n; ++i)
    if (wants(other.heap_[i].loss_nats)) add(other.heap_[i]);
}

std::vector<RowRecord> WorstRows::sorted() const {
  std::vector<RowRecord> rows = heap_;
  std::sort(rows.begin(), rows.end(), worse);
  return rows;
}

Statistics::State::State(const StatisticsOptions& o)
    : options(checked(o)),
      scorer(o),
      classes(static_cast<std::size_t>(o.classes)),
      edges(edges_of(o.bins)),
      bins(static_cast<std::size_t>(o.bins)),
      fine(static_cast<std::size_t>(kFineSteps * kFineOctaves)),
      worst(static_cast<std::size_t>(o.worst)),
      confusions(o.classes, o.max_confusions),
      ids(o.max_ids) {}

RowRecord Statistics::State::record(const RowScore& s, std::size_t i, const RowInfo& info) const {
  return {info.source, info.first_row + static_cast<std::int64_t>(i),
          lines[i],    options.identified ? std::string(info.id[i]) : std::string(),
          s.loss,      s.p_true,
          s.label,     s.predicted};
}

// Asks for the lines of the rows that may be named, before anything changes: it may throw.
void Statistics::State::read_lines(const std::vector<RowScore>& scores, const RowInfo& info) {
  lines.assign(scores.size(), 0);
  if (!info.line) return;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (scores[i].live && (std::isinf(scores[i].loss) || worst.wants(scores[i].loss)))
      lines[i] = info.line(i);
}

void Statistics::State::add_infinite(const RowRecord& row) {
  if (first_infinite.size() == kFirstInfinite && earlier(first_infinite.back(), row)) return;
  first_infinite.insert(
      std::upper_bound(first_infinite.begin(), first_infinite.end(), row, earlier), row);
  if (first_infinite.size() > kFirstInfinite) first_infinite.pop_back();
}

inline void Statistics::State::add_loss(const RowScore& s) {
  const bool weighted = options.weighted;
  ClassSums& c = classes[static_cast<std::size_t>(s.label)];
  c.rows.add(weighted, s.weight);
  if (s.loss == std::numeric_limits<double>::infinity()) {
    c.infinite.add(weighted, s.weight);
  } else {
    c.loss.add(weighted, s.weight, s.loss);
    histogram.add(s.weight * s.loss);
  }
  if (down.possible) down.add(weighted, s.weight, s.label > 0, s.loss_down);
  if (up.possible) up.add(weighted, s.weight, s.label + 1 < options.classes, s.loss_up);
  scorer.want_down = down.possible;
  scorer.want_up = up.possible;
  if (options.like != Like::none) like.add(weighted ? s.weight * s.like : s.like);
  brier.add(weighted, s.weight, s.brier);
}

void Statistics::State::add_calibrations(std::span<const RowScore> rows) {
  std::array<std::size_t, kRowsTogether> bin, step;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bin[i] = equal_bin(rows[i].confidence, edges);
    step[i] = fine_bin(rows[i].confidence);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowScore& s = rows[i];
    if (!s.counts()) continue;
    for (BinSums* b : {&bins[bin[i]], &fine[step[i]]}) {
      b->rows.add(options.weighted, s.weight);
      b->confidence.add(options.weighted, s.weight, s.confidence);
      b->hits.add_if(s.hit(), options.weighted, s.weight);
    }
  }
}

void Statistics::State::add_row_by_name(const RowScore& s, std::size_t i, const RowInfo& info) {
  if (s.loss == std::numeric_limits<double>::infinity()) add_infinite(record(s, i, info));
  if (worst.wants(s.loss)) worst.add(record(s, i, info));
}

void Statistics::State::add_to_group(const RowScore& s, std::string_view group) {
  auto at = groups.map.find(group);
  if (at == groups.map.end()) at = groups.map.emplace(group, GroupSums{}).first;
  if (s.loss < std::numeric_limits<double>::infinity()) {
    at->second.weight.add(s.weight);
    at->second.loss.add(s.weight * s.loss);
  }
  groups.limit(options.max_groups);
}

inline void Statistics::State::add_row(const RowScore& s, std::size_t i, const RowInfo& info) {
  if (!s.counts()) {
    ++ignored;
    return;
  }
  ++classes[static_cast<std::size_t>(s.predicted)].predicted;
  classes[static_cast<std::size_t>(s.label)].hits.add_if(s.hit(), options.weighted, s.weight);
  if (!s.hit()) confusions.add(s.label, s.predicted);
  if (s.place < options.top_k) place_hits.add(options.weighted, s.weight);
  if (s.loss == std::numeric_limits<double>::infinity() || worst.wants(s.loss))
    add_row_by_name(s, i, info);
  if (options.identified) ids.insert(text_hash(info.id[i]));
  if (options.grouped && !groups.dropped) add_to_group(s, info.group[i]);
  hard += s.hard;
  distribution += s.distribution;
  unnormalized += s.unnormalized;
  max_sum_error = std::max(max_sum_error, s.sum_error);
}

// In turns, each for many rows: a row's chain of dependent steps is long.
void Statistics::State::add_rows(const std::vector<RowScore>& scores, const RowInfo& info) {
  for (std::size_t begin = 0; begin < scores.size(); begin += kRowsTogether) {
    const std::size_t end = std::min(scores.size(), begin + kRowsTogether);
    const std::span<const RowScore> rows(&scores[begin], end - begin);
    add_calibrations(rows);
    for (const RowScore& s : rows)
      if (s.counts()) add_loss(s);
    for (std::size_t i = begin; i < end; ++i) add_row(scores[i], i, info);
  }
}

void Statistics::State::merge(const State& other) {
  ignored += other.ignored;
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i].merge(other.classes[i]);
  for (std::size_t i = 0; i < bins.size(); ++i) bins[i].merge(other.bins[i]);
  for (std::size_t i = 0; i < fine.size(); ++i) fine[i].merge(other.fine[i]);
  brier.merge(other.brier);
  place_hits.merge(other.place_hits);
  like.merge(other.like);
  down.merge(other.down);
  up.merge(other.up);
  histogram.merge(other.histogram);
  worst.merge(other.worst);
  const std::vector<RowRecord> infinite = other.first_infinite;
  for (const RowRecord& row : infinite) add_infinite(row);
  confusions.merge(other.confusions);
  if (other.groups.dropped) groups.drop();
  if (!groups.dropped)
    for (const auto& [name, sums] : other.groups.map) {
      GroupSums& mine = groups.map[name];
      mine.weight.merge(sums.weight);
      mine.loss.merge(sums.loss);
    }
  groups.limit(options.max_groups);
  ids.merge(other.ids);
  hard += other.hard;
  distribution += other.distribution;
  unnormalized += other.unnormalized;
  max_sum_error = std::max(max_sum_error, other.max_sum_error);
}

Statistics::Statistics(StatisticsOptions options) : state_(std::make_unique<State>(options)) {}
Statistics::Statistics(const Statistics& other) : state_(std::make_unique<State>(*other.state_)) {}
Statistics::Statistics(Statistics&&) noexcept = default;
Statistics& Statistics::operator=(Statistics other) noexcept {
  state_ = std::move(other.state_);
  return *this;
}
Statistics::~Statistics() = default;

const StatisticsOptions& Statistics::options() const { return state_->options; }

template <class T>
void Statistics::add(MatrixView<const T> x, Kind kind, Labels labels, const RowInfo& info,
                     const RowOutputs& outputs) {
  const std::vector<RowScore>& scores = state_->scorer.score(x, kind, labels, info);
  const auto check_size = [&](std::size_t size) {
    if (size != 0 && size != scores.size())
      refuse("statistics", "outputs", "an output has another size than the rows");
  };
  check_size(outputs.loss.size());
  check_size(outputs.p_true.size());
  check_size(outputs.predicted.size());
  state_->read_lines(scores, info);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const RowScore& s = scores[i];
    if (!outputs.loss.empty()) outputs.loss[i] = s.live ? s.loss : 0;
    if (!outputs.p_true.empty()) outputs.p_true[i] = s.live ? s.p_true : 0;
    if (!outputs.predicted.empty()) outputs.predicted[i] = s.live ? s.predicted : -1;
  }
  state_->add_rows(scores, info);
}

void Statistics::merge(const Statistics& other) {
  if (!(other.options() == options()))
    refuse("statistics", "other", "other was gathered with other options");
  if (&other == this) {
    const Statistics copy = other;
    return state_->merge(*copy.state_);
  }
  state_->merge(*other.state_);
}

template void Statistics::add(MatrixView<const float>, Kind, Labels, const RowInfo&,
                              const RowOutputs&);
template void Statistics::add(MatrixView<const double>, Kind, Labels, const RowInfo&,
                              const RowOutputs&);
template void Statistics::add(MatrixView<const f16>, Kind, Labels, const RowInfo&,
                              const RowOutputs&);
template void Statistics::add(MatrixView<const bf16>, Kind, Labels, const RowInfo&,
                              const RowOutputs&);

}  // namespace crossent
