#pragma once
#include <algorithm>
#include <string>

#include "accuracy/table.h"
#include "precise/compare.h"
#include "precise/draw.h"

// The batches that rows are measured on, and what is recorded of each.
namespace crossent::accuracy {

/// Calls body<T>() for every element type.
template <class Body>
void for_each_type(const Body& body) {
  body.template operator()<float>();
  body.template operator()<double>();
  body.template operator()<f16>();
  body.template operator()<bf16>();
}

/// How much of the grid is taken: classes up to a number, a part of the rows, and of the type's
/// range.
struct Grid {
  std::size_t most_classes = 300000, one_row_in = 1;
  double range = 1;
};

template <class T>
std::size_t rows_of(std::size_t cols, const Grid& grid) {
  const std::size_t many = std::is_same_v<T, float> || cols < 10000 ? 1 : 0;
  const std::size_t rows = cols <= 130 ? 40 : cols <= 2000 ? 12 : many;
  return cols <= grid.most_classes ? (rows + grid.one_row_in - 1) / grid.one_row_in : 0;
}

inline std::string input_name(precise::Family family, std::size_t cols, std::size_t row) {
  return std::string(precise::name_of(family)) + ", C = " + std::to_string(cols) + ", row " +
         std::to_string(row);
}

/// Calls body(batch, family, rng) for every family and number of classes; half of the labels are
/// the largest class.
template <class T, class Body>
void for_each_batch(const Grid& grid, const Body& body) {
  using namespace precise;  // NOLINT: the words of batches
  Reach reach = reach_of(TypeInfo<T>::kName);
  reach.largest *= grid.range;
  for (int f = 0; f < static_cast<int>(Family::count); ++f)
    for (std::size_t cols : class_counts()) {
      const std::size_t rows = rows_of<T>(cols, grid);
      if (rows == 0) continue;
      std::mt19937_64 rng(cols * 100 + static_cast<std::size_t>(f));
      Batch<T> batch(rows, cols);
      for (std::size_t r = 0; r < rows; ++r) {
        const auto row = make_row(static_cast<Family>(f), cols, reach, rng);
        batch.x.set_row(r, row);
        const auto best = std::max_element(row.begin(), row.end()) - row.begin();
        batch.label[r] = rng() % 2 ? best : static_cast<std::int64_t>(rng() % cols);
      }
      body(batch, static_cast<Family>(f), rng);
    }
}

/// Every error of the batch on every SIMD target. The log-sum-exp of soft targets is that of
/// labels.
template <class T>
void record_batch(Table& table, const std::string& operation, precise::Batch<T>& batch,
                  precise::Family family, const std::string& option = "") {
  using namespace precise;  // NOLINT: the words of batches
  const bool logits = batch.options.kind == Kind::logits;
  for_each_target(batch, [&](const std::string& target, const auto& output, const auto& answers) {
    for (std::size_t r = 0; r < batch.x.rows(); ++r) {
      const Errors e = measure(batch, output, r, answers[r]);
      const std::string row = input_name(family, batch.x.cols(), r);
      const std::string input =
          row + (batch.soft() ? ", soft target" : ", label " + std::to_string(batch.label[r]));
      const auto record = [&](const char* result, double limit, double ulps,
                              const std::string& where) {
        table.record({operation, result, TypeInfo<T>::kName, target, option}, limit, ulps, where);
      };
      record("loss", kLossUlps, e.loss, input);
      record("gradient", kGradientUlps, e.gradient, input + ", column " + std::to_string(e.column));
      if (logits && batch.soft())
        record("target gradient", kGradientUlps, e.target_gradient, input);
      else if (logits)
        record("log-sum-exp beside the largest logit", kLossUlps, e.lse, row);
    }
  });
}

}  // namespace crossent::accuracy
