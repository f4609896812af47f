// Gradients where a logit saturates, a class is masked, a target is tiny or a row is bad.
#include <gtest/gtest.h>

#include <cmath>

#include "core/bits.h"
#include "precise/fixtures.h"

namespace crossent::precise {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

template <class T>
class GradientEdges : public EveryType<T> {};
TYPED_TEST_SUITE(GradientEdges, Types);

// Logits 1/2, 1/3, .. but for the first, softcapped; against the last class.
template <class T>
Batch<T> capped(std::size_t cols, double first) {
  Batch<T> b(1, cols);
  b.options.softcap = 3;
  b.label[0] = static_cast<std::int64_t>(cols - 1);
  for (std::size_t j = 0; j < cols; ++j)
    b.x(0, j) = narrow<T>(j == 0 ? first : 1 / static_cast<double>(j + 1));
  return b;
}

TYPED_TEST(GradientEdges, SoftcapIsFlatAtInfiniteLogits) {
  using T = TypeParam;
  for (std::size_t cols : {3, 40, 300}) {
    Batch<T> masked = capped<T>(cols, 0);
    masked.class_mask.assign(cols, 1);
    masked.class_mask[0] = 0;
    ASSERT_EQ(all_rows(capped<T>(cols, -kInf).run()), all_rows(masked.run())) << cols;
    // tanh is 1 in f64 from 19 on: a logit of 6e4 is as good as infinite.
    const auto out = capped<T>(cols, kInf).run(), far = capped<T>(cols, 6e4).run();
    ASSERT_EQ(all_rows(out), all_rows(far)) << cols;
    ASSERT_EQ(bits_of(out.gradient(0, 0)), 0U) << cols;
    ASSERT_LT(widen(out.gradient(0, cols - 1)), -.9) << cols;
  }
}

TYPED_TEST(GradientEdges, SoftcapIsFlatWhereTheTemperatureOverflows) {
  Batch<double> b = capped<double>(3, 1e300);
  b.options.temperature = 1e-100;
  const auto out = b.run();
  for (std::size_t j = 0; j < 3; ++j) ASSERT_EQ(bits_of(out.gradient(0, j)), 0U) << j;
}

// p is below the normal range of f64, p / temperature is not.
TYPED_TEST(GradientEdges, ATemperatureBelowOneLiftsWhatWouldUnderflow) {
  using T = TypeParam;
  for (const std::size_t cols : {2, 40, 300})
    for (const bool soft : {false, true}) {
      Batch<T> b(1, cols);
      b.options.temperature = 0x1p-10;
      for (std::size_t j = 0; j < cols; ++j) b.x(0, j) = narrow<T>(j == 0 ? 0 : -712 * 0x1p-10);
      if (soft) {
        b.label.clear();
        for (std::size_t j = 0; j < cols; ++j) b.target(0, j) = narrow<T>(j == 0);
      }
      const auto got = b.run();
      const auto answer = solve<Big>(b.problem(0));
      ASSERT_GT(to_double(answer.gradient[1]), 0x1p-1020);
      ASSERT_LE(measure(b, got, 0, answer).gradient, 8) << cols << " " << soft;
    }
}

TYPED_TEST(GradientEdges, MaskedClassesAreNotReadUnderASoftcap) {
  using T = TypeParam;
  for (std::size_t cols : {3, 40, 300})
    for (const double padding : {std::numeric_limits<double>::quiet_NaN(), kInf, -kInf}) {
      Batch<T> with = capped<T>(cols, padding), without = capped<T>(cols, 0);
      with.class_mask.assign(cols, 1);
      with.class_mask[0] = 0;
      without.class_mask = with.class_mask;
      ASSERT_EQ(all_rows(with.run()), all_rows(without.run())) << cols << ", " << padding;
    }
}

// Enough rows that an f32 on the way to 16 bits would be seen: once in 2^14 of f16, 2^17 of bf16.
TYPED_TEST(GradientEdges, TheElementOfTheMaximumIsRoundedOnce) {
  using T = TypeParam;
  constexpr std::size_t kRows = 1 << 19;
  Batch<T> hard(kRows, 2);
  std::mt19937_64 rng(7);
  std::normal_distribution<double> normal(0, 2);
  for (std::size_t r = 0; r < kRows; ++r) {
    hard.x.set_row(r, {normal(rng), normal(rng)});
    hard.label[r] = static_cast<std::int64_t>(rng() % 2);
  }
  Batch<T> soft = hard;
  soft.label.clear();
  for (std::size_t r = 0; r < kRows; ++r)
    soft.target.set_row(r, {hard.label[r] == 0 ? 1. : 0., hard.label[r] == 1 ? 1. : 0.});
  const auto one = hard.run(), other = soft.run();
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t j = 0; j < 2; ++j)
      ASSERT_EQ(bits_of(one.gradient(r, j)), bits_of(other.gradient(r, j))) << r << ", " << j;
}

// A target below f32's normal range, times an upstream that brings it back.
TYPED_TEST(GradientEdges, TinyTargetsKeepTheirDigits) {
  using T = TypeParam;
  if (std::string(TypeInfo<T>::kName) == "f16") return;  // has none
  for (std::size_t cols : {2, 300}) {
    Batch<T> b(1, cols);
    b.label.clear();
    b.upstream = {0x1p30};
    std::vector<double> t(cols, 0.0);
    t[0] = 1;
    t[1] = 1e-40;
    b.target.set_row(0, t);
    for (std::size_t j = 0; j < cols; ++j) b.x(0, j) = narrow<T>(j == 0 ? 0 : -200);
    const double want = -0x1p30 * widen(b.target(0, 1)) + 0x1p30 * std::exp(-200.0);
    const double unit = std::string(TypeInfo<T>::kName) == "bf16" ? 0x1p-8 : 0x1p-23;
    for (const std::string& target : simd_targets()) {
      set_simd_target(target);
      const auto out = b.run();
      ASSERT_NEAR(widen(out.gradient(0, 1)), want, unit * std::fabs(want)) << cols;
#if defined(__SSE2__)
      const auto flushed = [&] {
        const FlushToZero mode;
        return b.run();
      }();
      ASSERT_EQ(flushed.gradient.bits(), out.gradient.bits()) << cols << " on " << target;
#endif
    }
  }
}

TYPED_TEST(GradientEdges, ABadRowWeighsTheSameWithAndWithoutAGradient) {
  using T = TypeParam;
  for (std::size_t cols : {3, 300}) {
    Batch<T> b = logits_batch<T>(9, cols, 5);
    use_soft_targets(b, 6);
    b.x(4, 1) = narrow<T>(std::numeric_limits<double>::quiet_NaN());
    b.class_weight.assign(cols, 2);
    b.options.reduction = Reduction::mean;
    const auto with = b.run(true), without = b.run(false);
    ASSERT_EQ(result_bits(with.result), result_bits(without.result)) << cols;
    ASSERT_NEAR(with.result.divisor, 18, 18 * 0x1p-6) << cols;  // targets rounded to 16 bits
  }
}

}  // namespace
}  // namespace crossent::precise
