#pragma once
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/dataset.h"
#include "io/number.h"
#include "io/records.h"

namespace crossent::io {

/// A selected column: which field, and where its values go.
struct Target {
  std::size_t field = 0;
  ColumnKind kind = ColumnKind::real;
  std::size_t index = 0;  ///< among the columns of its kind
};

struct Selection {
  std::vector<Target> targets;
  std::vector<std::string> hints;  ///< one a target
  std::size_t reals = 0, integers = 0, texts = 0;
  std::size_t block_rows = 1;
};

/// Turns the records of a chunk into blocks of values. One a worker.
class RowParser {
 public:
  RowParser(const TableLayout& layout, const Selection& selection);

  Chunk chunk;  ///< filled by the source, then loaded

  /// Parses the chunk from its record `first_record` on and hands out its blocks; `header` records
  /// of the file are no rows. Before each block, and at its end, *good_rows is the number of rows
  /// before it in the file.
  void run(std::size_t first_record, std::int64_t header, int worker, std::int64_t* good_rows,
           const std::function<void(const TableBlock&)>& use);

  std::span<const std::int64_t> integers(std::size_t column, std::size_t rows) const;
  std::span<const std::string_view> texts(std::size_t column, std::size_t rows) const;
  const Records& records() const { return records_; }
  const Target& target(std::size_t column) const { return selection_.targets.at(column); }

 private:
  // Targets [first, first + count): real ones of consecutive fields, or one of another kind.
  struct Run {
    std::size_t first, count;
    bool real;
  };

  std::size_t parse_records(std::size_t begin, std::size_t count, std::exception_ptr* error);
  void parse_record(std::size_t r, const Record& record, std::size_t row);
  void parse_reals(std::size_t r, const Record& record, const Run& run, std::size_t row);
  void parse_one(std::size_t r, const Record& record, const Target& target, std::size_t row);
  NumberFault parse_value(const Target& target, std::string_view text, std::size_t row);
  void hand_over(std::size_t begin, std::size_t rows, std::int64_t first_row, int worker,
                 const std::function<void(const TableBlock&)>& use);
  [[noreturn]] void refuse(std::size_t r, const Target& target, NumberFault fault) const;

  void reserve(std::size_t rows);

  const Selection& selection_;
  std::vector<Run> runs_;
  Records records_;
  std::size_t capacity_ = 0;             // rows that the arrays below hold
  std::vector<double> reals_;            // [capacity, reals]
  std::vector<std::int64_t> integers_;   // [integers, capacity]
  std::vector<std::string_view> texts_;  // [texts, capacity]
  std::vector<char> unquoted_;           // fields whose doubled quotes were removed
  char* unquoted_end_ = nullptr;
};

}  // namespace crossent::io
