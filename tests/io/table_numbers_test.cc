// Tables of numbers that are long enough for several at a time: every value and every error where
// it stands, whatever columns are selected and however lines end.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "crossent/dataset.h"
#include "io/table_support.h"

namespace crossent {
namespace {

using test::error_of;
using test::read_text;
using test::Table;

constexpr std::size_t kColumns = 21;

struct Numbers {
  std::vector<std::vector<std::string>> fields;  // as they stand in the text
  std::string line_end = "\n";

  std::string text() const {
    std::string all;
    for (std::size_t c = 0; c < kColumns; ++c) all += (c ? ",c" : "c") + std::to_string(c);
    all += line_end;
    for (const auto& row : fields) {
      for (std::size_t c = 0; c < kColumns; ++c) all += (c ? "," : "") + row[c];
      all += line_end;
    }
    return all;
  }
};

std::string random_number(std::mt19937& random) {
  const char* const formats[] = {"%.17g",  "%.6f",     "%.18e", "%.0f", "%+.3f",
                                 " %.4f ", "\"%.9g\"", "%.30f", "%.25g"};
  const double x = std::normal_distribution<double>(0, 3)(random);
  char text[80];
  const std::size_t kind = random() % 20;
  std::snprintf(text, sizeof text, formats[kind < std::size(formats) ? kind : kind % 2],
                random() % 50 ? x : std::ldexp(x, -400));
  return text;
}

Numbers random_numbers(std::mt19937& random, std::size_t rows) {
  Numbers numbers;
  numbers.fields.resize(rows);
  for (auto& row : numbers.fields)
    for (std::size_t c = 0; c < kColumns; ++c) row.push_back(random_number(random));
  if (random() % 2) numbers.line_end = "\r\n";
  return numbers;
}

double value_of(std::string field) {
  field.erase(std::remove(field.begin(), field.end(), '"'), field.end());
  return std::strtod(field.c_str(), nullptr);
}

// Columns in any order: most of them in runs, as a file's predictions are.
std::vector<std::size_t> random_selection(std::mt19937& random) {
  std::vector<std::size_t> columns;
  for (std::size_t c = random() % 3; c < kColumns; c += random() % 6 ? 1 : 2) columns.push_back(c);
  std::rotate(columns.begin(),
              columns.begin() + static_cast<std::ptrdiff_t>(random() % columns.size()),
              columns.end());
  return columns;
}

TEST(TableNumbers, AreTheNearestDoublesInAnySelectionOfColumns) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const Numbers numbers = random_numbers(random, 1 + random() % 60);
    const std::vector<std::size_t> selected = random_selection(random);
    std::vector<Column> columns;
    for (const std::size_t c : selected)
      columns.push_back(
          {"c" + std::to_string(c), random() % 2 ? ColumnKind::real : ColumnKind::real_or_missing});
    TableOptions options;
    options.threads = 1 + round % 3;
    options.chunk_bytes = round % 2 ? 0 : 500 + random() % 3000;
    const Table table = read_text(numbers.text(), options, columns);
    ASSERT_EQ(table.rows, static_cast<std::int64_t>(numbers.fields.size()));
    for (std::size_t r = 0; r < numbers.fields.size(); ++r)
      for (std::size_t i = 0; i < selected.size(); ++i)
        EXPECT_EQ(table.reals[r][i], value_of(numbers.fields[r][selected[i]]))
            << numbers.fields[r][selected[i]];
  }
}

TEST(TableNumbers, TheFirstFieldThatIsNoneIsNamedWithItsPlace) {
  std::mt19937 random(2);
  for (int round = 0; round < 60; ++round) {
    Numbers numbers = random_numbers(random, 40);
    const std::size_t row = random() % 40, c = random() % kColumns;
    const char* const bad[] = {"0.25x", "1.2.3", "-", "e5", "1e", "0.1e+", "--1", "1-2", ".", "-."};
    std::string& field = numbers.fields[row][c] = bad[random() % std::size(bad)];
    numbers.fields[39][(c + 1) % kColumns] = "later";
    if (row == 39) numbers.fields[39][(c + 1) % kColumns] = "1";
    std::size_t column = 1;
    for (std::size_t k = 0; k < c; ++k) column += numbers.fields[row][k].size() + 1;
    std::vector<Column> columns;
    for (std::size_t k = 0; k < kColumns; ++k)
      columns.push_back({"c" + std::to_string(k), ColumnKind::real});
    TableOptions options;
    options.threads = 1 + round % 2;
    options.chunk_bytes = round % 3 ? 0 : 1000;
    const std::string place = "t.csv:" + std::to_string(row + 2) + ":" + std::to_string(column) +
                              "+" + std::to_string(field.size()) + ": \"" + field +
                              "\" is not a number (column \"c" + std::to_string(c) + "\")";
    EXPECT_EQ(error_of(numbers.text(), options, columns).substr(0, place.size()), place);
  }
}

TEST(TableNumbers, MissingOnesAreNaNAmongTheOthersWhereTheyMayBe) {
  std::mt19937 random(3);
  Numbers numbers = random_numbers(random, 30);
  for (auto& row : numbers.fields) row[random() % kColumns] = random() % 2 ? "" : "NA";
  std::vector<Column> columns;
  for (std::size_t k = 0; k < kColumns; ++k)
    columns.push_back({"c" + std::to_string(k), ColumnKind::real_or_missing});
  const Table table = read_text(numbers.text(), {}, columns);
  for (std::size_t r = 0; r < 30; ++r)
    for (std::size_t k = 0; k < kColumns; ++k) {
      const std::string& field = numbers.fields[r][k];
      if (field.empty() || field == "NA")
        EXPECT_TRUE(std::isnan(table.reals[r][k])) << r << " " << k;
      else
        EXPECT_EQ(table.reals[r][k], value_of(field)) << field;
    }
}

}  // namespace
}  // namespace crossent
