#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/dataset.h"

namespace crossent::test {

/// Everything a read delivered, put back into the order of the file.
struct Table {
  std::vector<std::string> names;
  std::vector<std::vector<double>> reals;
  std::vector<std::vector<std::int64_t>> integers;
  std::vector<std::vector<std::string>> texts;
  std::vector<std::int64_t> lines;
  std::int64_t rows = 0;
};

/// Reads all columns as text, or those given.
inline Table read_all(TableReader& reader, std::vector<Column> columns = {}) {
  if (columns.empty())
    for (const std::string& name : reader.names()) columns.push_back({name, ColumnKind::text});
  struct Row {
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
    std::vector<std::string> texts;
    std::int64_t line;
  };
  std::map<std::int64_t, Row> rows;
  std::mutex mutex;
  const auto use = [&](const TableBlock& block) {
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < block.rows; ++i) {
      Row row{{}, {}, {}, block.line(i)};
      for (std::size_t c = 0; c < block.reals.cols; ++c) row.reals.push_back(block.reals(i, c));
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (columns[c].kind == ColumnKind::integer) row.integers.push_back(block.integers(c)[i]);
        if (columns[c].kind == ColumnKind::text) row.texts.emplace_back(block.texts(c)[i]);
      }
      const bool fresh =
          rows.emplace(block.first_row + static_cast<std::int64_t>(i), std::move(row)).second;
      if (!fresh) throw std::logic_error("a row was delivered twice");
    }
  };
  reader.read(columns, use);
  Table table;
  table.names = reader.names();
  for (auto& [number, row] : rows) {
    if (number != table.rows++) throw std::logic_error("a row is missing");
    table.reals.push_back(std::move(row.reals));
    table.integers.push_back(std::move(row.integers));
    table.texts.push_back(std::move(row.texts));
    table.lines.push_back(row.line);
  }
  return table;
}

inline Table read_text(std::string_view text, const TableOptions& options = {},
                       std::vector<Column> columns = {}) {
  TableReader reader = TableReader::from_memory(text, "t.csv", options);
  return read_all(reader, std::move(columns));
}

/// The error of a read as "file:line:column+width: what | excerpt at caret (hint)"; empty: none.
inline std::string error_of(std::string_view text, const TableOptions& options = {},
                            std::vector<Column> columns = {}) {
  try {
    read_text(text, options, std::move(columns));
  } catch (const DataError& e) {
    return e.file + ":" + std::to_string(e.line) + ":" + std::to_string(e.column) + "+" +
           std::to_string(e.width) + ": " + e.what() + " | " + e.excerpt + " at " +
           std::to_string(e.excerpt_column) + " (" + e.hint + ")";
  }
  return "";
}

}  // namespace crossent::test
