#pragma once
#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "train/sample_source.h"

namespace crossent::test {

inline const std::string kData = std::string(CROSSENT_SOURCE_DIR) + "/data/";

inline std::vector<std::size_t> all_rows(const Samples& samples) {
  std::vector<std::size_t> rows(samples.rows);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

inline std::vector<std::string> names_of(const Samples& samples) {
  std::vector<std::string> names;
  for (const InputColumn& column : samples.columns) names.push_back(column.name);
  return names;
}

/// Reads a table in memory, a few bytes at a time.
inline Samples read_text(std::string_view text, const SampleOptions& options,
                         std::size_t chunk_bytes = 0, std::optional<training::Schema> schema = {},
                         bool need_targets = true) {
  TableReader reader = TableReader::from_memory(
      text, "t.csv",
      {.header = options.header, .threads = options.threads, .chunk_bytes = chunk_bytes});
  return training::gather(
      *training::open_table(std::move(reader), {options, std::move(schema), need_targets}));
}

/// The error of a read as "file:line:column+width: what (hint)"; empty: none.
template <class Read>
std::string error_of(const Read& read) {
  try {
    read();
  } catch (const DataError& e) {
    return e.file + ":" + std::to_string(e.line) + ":" + std::to_string(e.column) + "+" +
           std::to_string(e.width) + ": " + e.what() + " (" + e.hint + ")";
  } catch (const ValueError& e) {
    return e.what();
  }
  return "";
}

inline std::string text_error(std::string_view text, const SampleOptions& options) {
  return error_of([&] { read_text(text, options); });
}

inline void expect_same(const Samples& a, const Samples& b) {
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.columns, b.columns);
  EXPECT_EQ(a.numbers, b.numbers);
  EXPECT_EQ(a.codes, b.codes);
  EXPECT_EQ(a.targets, b.targets);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.target_values, b.target_values);
}

}  // namespace crossent::test
