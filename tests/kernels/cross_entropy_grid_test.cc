// Every family of inputs, every number of classes, every type, every SIMD target, against the
// definitions: promises N1 and N2.
#include <gtest/gtest.h>

#include <random>

#include "crossent/cpu.h"
#include "precise/batch.h"

namespace crossent::precise {
namespace {

constexpr double kLossUlps = 4, kGradientUlps = 8;

template <class T>
class CrossEntropyGrid : public testing::Test {
 protected:
  void TearDown() override { set_simd_target(""); }
};
using Types = testing::Types<float, double, f16, bf16>;
TYPED_TEST_SUITE(CrossEntropyGrid, Types);

// Compares a batch on every SIMD target with answers that are computed once.
template <class T>
void expect_definition(Batch<T>& batch, const std::string& what) {
  std::vector<RowAnswer<DD>> answers;
  for (std::size_t r = 0; r < batch.x.rows(); ++r)
    answers.push_back(solve<DD>(batch.problem(r), {.target_gradient = batch.soft()}));
  const auto before = batch.x.all_bits();
  for (const std::string& target : simd_targets()) {
    set_simd_target(target);
    const Output<T> got = batch.run();
    ASSERT_EQ(batch.x.all_bits(), before) << what << " " << target;
    for (std::size_t r = 0; r < batch.x.rows(); ++r) {
      const Errors e = measure(batch, got, r, answers[r]);
      const auto where = [&] {
        return what + " C=" + std::to_string(batch.x.cols()) + " row " + std::to_string(r) +
               " label " + std::to_string(batch.soft() ? -1 : batch.label[r]) + " " +
               TypeInfo<T>::kName + " " + target;
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
    if (testing::Test::HasFailure()) return;
  }
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

TYPED_TEST(CrossEntropyGrid, HardLabelsAreWithinTheirUlpsForEveryFamily) {
  std::mt19937_64 rng(11);
  for (int f = 0; f < static_cast<int>(Family::count); ++f) {
    const auto family = static_cast<Family>(f);
    for (std::size_t cols : class_counts()) {
      if (cols > 2000) continue;
      const std::size_t repeats = reduced_grid() ? 1 : cols > 200 ? 3 : 12;
      for (std::size_t i = 0; i < repeats; ++i) {
        auto batch = make_batch<TypeParam>(family, 4, cols, rng);
        expect_definition(batch, name_of(family));
        if (this->HasFailure()) return;
      }
    }
  }
}

TYPED_TEST(CrossEntropyGrid, HardLabelsAreWithinTheirUlpsForManyClasses) {
  std::mt19937_64 rng(12);
  int turn = 0;
  for (std::size_t cols : class_counts()) {
    if (cols <= 2000) continue;
    for (int f = 0; f < static_cast<int>(Family::count); ++f) {
      // f32 sees all; the other types share the work
      const bool wanted = std::is_same_v<TypeParam, float> ? true : ++turn % 4 == 0;
      if (!wanted || (reduced_grid() && (cols > 10000 || f % 4 != 0))) continue;
      auto batch = make_batch<TypeParam>(static_cast<Family>(f), 1, cols, rng);
      expect_definition(batch, name_of(static_cast<Family>(f)));
      if (this->HasFailure()) return;
    }
  }
}

// Every tail, every start, every gap between rows.
TYPED_TEST(CrossEntropyGrid, ReadsEveryTailAndNothingElse) {
  std::mt19937_64 rng(13);
  for (std::size_t cols = 1; cols <= (reduced_grid() ? 70U : 300U); ++cols)
    for (std::size_t misalign : {0, 1, 3, 8}) {
      if (cols > 70 && misalign != cols % 4) continue;
      Batch<TypeParam> batch(3, cols, 1 + rng() % 20, misalign);
      for (std::size_t r = 0; r < 3; ++r)
        batch.x.set_row(r, make_row(Family::normal4, cols, reach_of("f32"), rng));
      choose_labels(batch, rng);
      expect_definition(batch, "tail, start +" + std::to_string(misalign));
      if (this->HasFailure()) return;
    }
}

TYPED_TEST(CrossEntropyGrid, DoublePrecisionRoundsOnlyAtTheOutput) {
  std::mt19937_64 rng(14);
  for (int f = 0; f < static_cast<int>(Family::count); ++f)
    for (std::size_t cols : {1, 5, 16, 100, 515, 1000}) {
      auto batch = make_batch<TypeParam>(static_cast<Family>(f), 2, cols, rng);
      batch.options.precision = Precision::f64;
      expect_definition(batch, std::string("f64 arithmetic, ") + name_of(static_cast<Family>(f)));
      if (this->HasFailure()) return;
    }
}

}  // namespace
}  // namespace crossent::precise
