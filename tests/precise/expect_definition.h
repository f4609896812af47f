#pragma once
#include <gtest/gtest.h>

#include "precise/compare.h"

namespace crossent::precise {

// Compares a batch on every SIMD target with its answers, up to the first target that fails.
template <class T>
void expect_definition(Batch<T>& batch, const std::string& what) {
  const auto before = batch.x.all_bits();
  for_each_target(batch, [&](const std::string& target, const Output<T>& got, const auto& answers) {
    if (testing::Test::HasFailure()) return;
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
