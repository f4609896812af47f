#pragma once
#include <gtest/gtest.h>

#include "precise/compare.h"

namespace crossent::precise {

// What the mean divides by: the live rows, or their sum of w_i c_y (soft: w_i sum_k t_k c_k).
template <class T>
double exact_divisor(const Batch<T>& batch) {
  DD sum = 0;
  for (std::size_t r = 0; r < batch.x.rows(); ++r) {
    if (!batch.live(r)) continue;
    const RowProblem p = batch.problem(r);
    DD row = 0;
    for (std::size_t k = 0; k < batch.x.cols(); ++k) {
      const double t = batch.soft() ? p.target[k] : k == static_cast<std::size_t>(p.label);
      row += DD(t) * DD(p.class_weight.empty() ? 1 : p.class_weight[k]);
    }
    sum += batch.options.divisor == Divisor::rows ? DD(1) : DD(p.row_weight) * row;
  }
  return to_double(sum);
}

// Compares a batch on every SIMD target with its answers, up to the first target that fails.
template <class T>
void expect_definition(Batch<T>& batch, const std::string& what) {
  const auto before = batch.x.all_bits();
  for_each_target(batch, [&](const std::string& target, const Output<T>& got, const auto& answers) {
    if (testing::Test::HasFailure()) return;
    if (batch.options.reduction == Reduction::mean) {
      // One rounding a term of each of 16 partial sums, those of folding them and of the products.
      const double exact = exact_divisor(batch), terms = static_cast<double>(batch.x.cols()) / 16;
      EXPECT_NEAR(got.result.divisor, exact, (terms + 8) * 0x1p-53 * exact)
          << what << describe(batch) << " " << target;
    }
    ASSERT_EQ(batch.x.all_bits(), before) << what << " " << target;
    for (std::size_t r = 0; r < batch.x.rows(); ++r) {
      const Errors e = measure(batch, got, r, answers[r]);
      const auto where = [&] {
        return what + describe(batch) + ", C=" + std::to_string(batch.x.cols()) + " row " +
               std::to_string(r) + " label " + std::to_string(batch.soft() ? -1 : batch.label[r]) +
               " " + TypeInfo<T>::kName + " " + target;
      };
      EXPECT_LE(e.loss, kLossUlps)
          << where() << ": " << got.loss[r] << " is not " << to_double(answers[r].loss);
      EXPECT_LE(e.lse, kLossUlps) << where() << ": " << got.lse[r];
      EXPECT_LE(e.gradient, kGradientUlps)
          << where() << " column " << e.column << ": " << widen(got.gradient(r, e.column))
          << " is not " << to_double(answers[r].gradient[e.column]);
      EXPECT_LE(e.target_gradient, kGradientUlps) << where();
      if (batch.options.temperature == 1 && batch.options.softcap == 0) {
        EXPECT_EQ(got.argmax[r], answers[r].argmax) << where();
      }
    }
  });
}

// Labels that matter: the largest class, any, the first, the last.
template <class T>
void choose_labels(Batch<T>& batch, std::mt19937_64& rng) {
  const std::size_t cols = batch.x.cols();
  for (std::size_t r = 0; r < batch.x.rows(); ++r) {
    std::size_t best = 0;
    for (std::size_t j = 1; j < cols; ++j)
      if (widen(batch.x(r, j)) > widen(batch.x(r, best))) best = j;
    const std::size_t choices[] = {best, rng() % cols, best, 0, cols - 1};
    batch.label[r] = static_cast<std::int64_t>(choices[rng() % 5]);
  }
}

template <class T>
Batch<T> make_batch(Family family, std::size_t rows, std::size_t cols, std::mt19937_64& rng) {
  Batch<T> batch(rows, cols, rng() % 4, rng() % 3);
  for (std::size_t r = 0; r < rows; ++r)
    batch.x.set_row(r, make_row(family, cols, reach_of(TypeInfo<T>::kName), rng));
  choose_labels(batch, rng);
  return batch;
}

}  // namespace crossent::precise
