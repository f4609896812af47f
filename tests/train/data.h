#pragma once
#include <cmath>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "crossent/dataset.h"
#include "crossent/train.h"

// The data sets of data/ as plain arrays.
namespace crossent {

struct Data {
  std::size_t rows = 0, features = 0, classes = 0;
  std::vector<double> x;
  std::vector<std::int32_t> label;

  TrainingRows<double> training() const { return {matrix(x.data(), rows, features), label}; }
};

inline Data read_data(const std::string& name) {
  TableReader table(std::string(CROSSENT_SOURCE_DIR) + "/data/" + name, {.threads = 1});
  std::vector<Column> columns;
  for (const std::string& column : table.names())
    columns.push_back({column, column == "label" ? ColumnKind::integer : ColumnKind::real});
  Data data;
  data.features = columns.size() - 1;
  table.read(columns, [&](const TableBlock& block) {
    for (std::size_t i = 0; i < block.rows; ++i) {
      for (std::size_t j = 0; j < data.features; ++j) data.x.push_back(block.reals(i, j));
      data.label.push_back(static_cast<std::int32_t>(block.integers(data.features)[i]));
    }
  });
  data.rows = data.label.size();
  for (const std::int32_t y : data.label)
    data.classes = std::max(data.classes, static_cast<std::size_t>(y) + 1);
  return data;
}

inline Data scaled(Data data, double factor) {
  for (double& v : data.x) v *= factor;
  return data;
}

/// (x - mean) / sd of the population.
inline Data standardised(Data data) {
  for (std::size_t j = 0; j < data.features; ++j) {
    double mean = 0, squares = 0;
    const auto n = static_cast<double>(data.rows);
    for (std::size_t i = 0; i < data.rows; ++i) mean += data.x[i * data.features + j] / n;
    for (std::size_t i = 0; i < data.rows; ++i) {
      double& v = data.x[i * data.features + j];
      v -= mean;
      squares += v * v;
    }
    const double sd = std::sqrt(squares / n);
    for (std::size_t i = 0; i < data.rows; ++i) data.x[i * data.features + j] /= sd;
  }
  return data;
}

}  // namespace crossent
