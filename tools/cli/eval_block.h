#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "cli/eval.h"

namespace crossent::cli {

/// The first bad row of a block.
struct RowError : DataError {
  RowError(const DataError& e, std::int64_t in_row, bool in_label)
      : DataError(e), row(in_row), label(in_label) {}
  std::int64_t row;  ///< in the file, 0-based: the good rows before it
  bool label;        ///< its label is no class: a second look at the file may say why
};

/// The smallest and the largest label that was read.
struct LabelRun {
  std::int64_t low = std::numeric_limits<std::int64_t>::max();
  std::int64_t high = std::numeric_limits<std::int64_t>::min();

  void take(std::int64_t label) {
    low = std::min(low, label);
    high = std::max(high, label);
  }
  void take(const LabelRun& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

/// What a worker needs for its blocks of rows.
struct Worker {
  explicit Worker(const StatisticsOptions& options) : statistics(options) {}
  Statistics statistics;
  LabelRun run;  ///< where labels are numbers
  std::vector<std::int64_t> labels, predicted;
  std::vector<double> loss, p_true;
};

/// A file of several: its number and the rows of those before it.
struct Source {
  std::int32_t number = 0;
  std::int64_t rows_before = 0;
};

/// Positions, in the selection of columns, of what a table's rows consist of.
struct Selection {
  std::vector<Column> columns;  ///< the values first
  std::size_t label = 0, weight = 0, id = 0, group = 0;
};
Selection select(const Layout& layout);

/// One block of a table.
/// Errors  DataError at the first bad row
void add_block(const TableBlock& block, const Layout& layout, const Selection& selection,
               const Source& source, Worker& worker, RowsFile* losses);

/// What is wrong with a value, a row, a label or a weight, in words.
struct Fault {
  std::string what, hint;
};
/// `row`: the row's values; `column`: the bad one's place in it, -1 for the row as a whole.
Fault value_fault(const Layout& layout, std::span<const double> row, std::int64_t column);
std::string label_fault(const Classes& classes, std::int64_t label);
Fault weight_fault(double weight);
/// Why a label is outside, by all labels: "labels run 1..10 for 10 classes: they count from 1; use
/// --labels-from 1". `whole`: no further labels follow.
std::string label_hint(const Classes& classes, const LabelRun& run, bool whole);
/// The same columns by another flag: "--logits 'p_*'", "--as logits".
std::string instead(const Layout& layout, const char* flag);

/// Room for the rows' results, when there is a --losses file.
RowOutputs loss_outputs(Worker& worker, std::size_t rows, const RowsFile* losses);
/// Writes them; `id` gives the text of a row's id, empty: rows are numbered over all files.
void put_losses(RowsFile& losses, const Worker& worker, const Classes& classes,
                const Source& source, std::int64_t first_row, std::size_t rows,
                std::span<const std::string_view> id);

}  // namespace crossent::cli
