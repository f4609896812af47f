#pragma once
#include "kernels/rows.h"

namespace crossent::kernels {

// What the scores of rows are made of, a row a place of the arrays. Logits: `value` and `squares`
// are of exp(z - largest); logarithms: all but `highest` are of probabilities, at most 1.
struct RowScores {
  alignas(64) double sum[kRowsPerCall], least[kRowsPerCall], largest[kRowsPerCall];
  alignas(64) double argmax[kRowsPerCall];   // lowest index of the largest
  alignas(64) double value[kRowsPerCall];    // the label's
  alignas(64) double squares[kRowsPerCall];  // sum of the squares of the others
  alignas(64) double rest[kRowsPerCall];     // logits: sum of exp(z - largest) beside the largest
  alignas(64) double highest[kRowsPerCall];  // logarithms: the largest
  alignas(64) double ahead[kRowsPerCall];    // classes before the label, by value then index
  bool hard[kRowsPerCall];                   // nothing but 0 and 1
};

enum class ScoreInput { probabilities, logits, logarithms };

constexpr std::size_t kMostScoreClasses = 128;

// From a column to the next.
constexpr std::size_t values_stride(std::size_t rows) { return (rows + 15) / 16 * 16; }

// Rows of a call whose `values` stay in the first-level cache.
constexpr std::size_t rows_to_score(std::size_t cols) {
  return cols > kMostScoreClasses
             ? kRowsPerCall
             : std::clamp<std::size_t>(2048 / cols / 16 * 16, 16, kRowsPerCall);
}

// Scores of the live rows of at most kMostScoreClasses values, in f64 arithmetic, added up from the
// first class to the last. A NaN shows in `sum`, of logits in `rest` (as a second +inf does).
// `values` [cols, values_stride(rows.count)] becomes what they are made of: columns of the rows'
// values, of logarithms of their probabilities.
void row_scores(const Source& from, ScoreInput input, bool want_ahead, const Rows& rows,
                double* values, RowScores& out);

}  // namespace crossent::kernels
