#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/hash_set.h"
#include "core/loss_histogram.h"
#include "core/mean_sums.h"
#include "core/statistics_rows.h"
#include "crossent/statistics.h"

namespace crossent {

struct ClassSums {
  Tally rows, hits, infinite;
  std::int64_t predicted = 0;
  MeanSums loss;  // of rows with a finite loss

  void merge(const ClassSums& other);
};

struct BinSums {
  Tally rows, hits;
  BoundedSum confidence;

  void merge(const BinSums& other);
};

struct GroupSums {
  ExactSum weight, loss;  // of rows with a finite loss; weight counts rows without weights
};

struct ShiftSums {
  bool possible = true;
  std::int64_t infinite = 0;
  MeanSums loss;

  void add(bool weighted, double w, bool in_range, double x);
  void merge(const ShiftSums& other);
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return text_hash(text); }
};

/// A map that gives up beyond a limit of keys; whether it did depends only on the distinct keys.
template <class Map>
struct LimitedMap {
  Map map;
  bool dropped = false;

  void drop() {
    map = Map{};
    dropped = true;
  }
  void limit(std::size_t most) {
    if (map.size() > most) drop();
  }
};

using GroupMap = std::unordered_map<std::string, GroupSums, TextHash, std::equal_to<>>;

/// Rows by their label and another prediction: a table of few classes, a map of many. Gives up
/// beyond a limit of pairs; whether it did depends only on the distinct pairs.
class Confusions {
 public:
  Confusions(std::int64_t classes, std::size_t most)
      : classes_(static_cast<std::uint64_t>(classes)),
        most_(most),
        table_(classes <= kMostTabled ? classes_ * classes_ : 0) {}
  bool dropped() const { return dropped_; }
  void add(std::uint64_t pair, std::int64_t rows) {  // label * classes + prediction
    if (dropped_) return;
    std::int64_t& count = table_.empty() ? map_[pair] : table_[pair];
    if (count == 0 && ++pairs_ > most_) return drop();
    count += rows;
  }
  void add(std::int64_t label, std::int64_t predicted) {
    add(static_cast<std::uint64_t>(label) * classes_ + static_cast<std::uint64_t>(predicted), 1);
  }
  void merge(const Confusions& other) {
    if (other.dropped_) drop();
    other.each([&](std::uint64_t pair, std::int64_t rows) { add(pair, rows); });
  }
  /// body(pair, rows), rows > 0, in any order.
  template <class Body>
  void each(const Body& body) const {
    for (std::size_t pair = 0; pair < table_.size(); ++pair)
      if (table_[pair] != 0) body(std::uint64_t{pair}, table_[pair]);
    for (const auto& [pair, rows] : map_) body(pair, rows);
  }

 private:
  static constexpr std::int64_t kMostTabled = 64;  // 32 KiB

  void drop() {
    dropped_ = true;
    table_ = {};
    map_ = {};
  }

  std::uint64_t classes_;
  std::size_t most_, pairs_ = 0;
  bool dropped_ = false;
  std::vector<std::int64_t> table_;
  std::unordered_map<std::uint64_t, std::int64_t> map_;
};

/// The rows of largest loss, at most `capacity`, in a heap whose front is the first to go.
class WorstRows {
 public:
  explicit WorstRows(std::size_t capacity) : capacity_(capacity) {}
  bool wants(double loss) const {
    return capacity_ > 0 && (heap_.size() < capacity_ || loss >= heap_.front().loss_nats);
  }
  void add(RowRecord row);
  void merge(const WorstRows& other);
  std::vector<RowRecord> sorted() const;

 private:
  std::size_t capacity_;
  std::vector<RowRecord> heap_;
};

inline constexpr int kFineSteps = 8;              // steps of log-odds an octave
inline constexpr int kFineOctaves = 64;           // odds from 2^-32 to 2^32
inline constexpr std::size_t kFirstInfinite = 5;  // rows named

struct Statistics::State {
  explicit State(const StatisticsOptions& o);
  void read_lines(const std::vector<RowScore>& scores, const RowInfo& info);
  void add_rows(const std::vector<RowScore>& scores, const RowInfo& info);
  void merge(const State& other);

  StatisticsOptions options;
  RowScorer scorer;
  std::int64_t ignored = 0;
  std::vector<ClassSums> classes;
  std::vector<double> edges;  // of the bins
  std::vector<BinSums> bins, fine;
  BoundedSum brier;
  Tally place_hits;
  ExactSum like;
  ShiftSums down, up;
  LossHistogram histogram;
  WorstRows worst;
  std::vector<RowRecord> first_infinite;  // sorted by source and row
  Confusions confusions;
  LimitedMap<GroupMap> groups;
  HashSet ids;
  std::vector<std::int64_t> lines;  // of the rows of the block being added
  std::int64_t hard = 0, distribution = 0, unnormalized = 0;
  double max_sum_error = 0;

 private:
  void add_loss(const RowScore& s);
  void add_calibrations(std::span<const RowScore> rows);
  void add_row(const RowScore& s, std::size_t i, const RowInfo& info);
  void add_row_by_name(const RowScore& s, std::size_t i, const RowInfo& info);
  void add_to_group(const RowScore& s, std::string_view group);
  void add_infinite(const RowRecord& row);
  RowRecord record(const RowScore& s, std::size_t i, const RowInfo& info) const;
};

}  // namespace crossent
