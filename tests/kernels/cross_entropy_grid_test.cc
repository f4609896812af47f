// Every family of inputs, every number of classes, every type, every SIMD target, against the
// definitions: promises N1 and N2.
#include <gtest/gtest.h>

#include <random>

#include "precise/expect_definition.h"
#include "precise/fixtures.h"

namespace crossent::precise {
namespace {

template <class T>
class CrossEntropyGrid : public EveryType<T> {};
TYPED_TEST_SUITE(CrossEntropyGrid, Types);

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
