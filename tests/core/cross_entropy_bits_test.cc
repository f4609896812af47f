// The same question has the same bits: promises N4, N6, N7, N9 and N11 of cross_entropy.
#include <gtest/gtest.h>

#include <numeric>

#include "core/bits.h"
#include "crossent/cpu.h"
#include "crossent/error.h"
#include "precise/fixtures.h"

namespace crossent::precise {
namespace {

template <class T>
class CrossEntropyBits : public EveryType<T> {
 protected:
  // Calls body(batch, name) for shapes on both sides of every kernel's range, under every option.
  template <class Body>
  void for_each_batch(const Body& body) {
    constexpr std::pair<std::size_t, std::size_t> kShapes[] = {{70, 2},   {33, 10}, {40, 17},
                                                               {20, 100}, {9, 300}, {5, 1030}};
    for (const auto& [rows, cols] : kShapes)
      for (const auto& [name, change] : changes<T>()) {
        Batch<T> b = logits_batch<T>(rows, cols, cols);
        change(b);
        body(b, name + ", " + TypeInfo<T>::kName + " " + std::to_string(rows) + " x " +
                    std::to_string(cols));
        if (this->HasFailure()) return;
      }
  }
};
TYPED_TEST_SUITE(CrossEntropyBits, Types);

TYPED_TEST(CrossEntropyBits, DoNotDependOnTheRowsAroundThem) {
  this->for_each_batch([](Batch<TypeParam>& b, const std::string& name) {
    const auto whole = all_rows(b.run());
    std::vector<std::size_t> order(b.x.rows());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    const auto permuted = all_rows(select(b, order).run());
    for (std::size_t i = 0; i < order.size(); ++i)
      ASSERT_EQ(permuted[i], whole[order[i]]) << name << " row " << order[i] << " permuted";
    for (std::size_t begin = 0, n = 1; begin < b.x.rows(); begin += n, n = n * 2 + 1) {
      const std::size_t end = std::min(begin + n, b.x.rows());
      std::vector<std::size_t> part(end - begin);
      std::iota(part.begin(), part.end(), begin);
      const auto alone = all_rows(select(b, part).run());
      for (std::size_t i = 0; i < part.size(); ++i)
        ASSERT_EQ(alone[i], whole[part[i]]) << name << " row " << part[i] << " of " << part.size();
    }
  });
}

TYPED_TEST(CrossEntropyBits, AgreeOnEveryTargetWithFusedMultiplyAdd) {
  this->for_each_batch([](Batch<TypeParam>& b, const std::string& name) {
    std::vector<Bits> first;
    for (const std::string& target : simd_targets()) {
      if (target.find("AVX") == std::string::npos && target.find("NEON") == std::string::npos)
        continue;
      set_simd_target(target);
      const auto rows = all_rows(b.run());
      if (first.empty()) first = rows;
      for (std::size_t r = 0; r < rows.size(); ++r)
        ASSERT_EQ(rows[r], first[r]) << name << " row " << r << " on " << target;
    }
  });
}

TYPED_TEST(CrossEntropyBits, DoNotDependOnWhatElseIsAskedFor) {
  this->for_each_batch([](Batch<TypeParam>& b, const std::string& name) {
    const auto with = b.run(true), without = b.run(false);
    ASSERT_EQ(with.argmax, without.argmax) << name;
    ASSERT_EQ(result_bits(with.result), result_bits(without.result)) << name;
    for (std::size_t r = 0; r < b.x.rows(); ++r) {
      ASSERT_EQ(bits_of(with.loss[r]), bits_of(without.loss[r])) << name << " row " << r;
      ASSERT_EQ(bits_of(with.lse[r]), bits_of(without.lse[r])) << name << " row " << r;
    }
  });
}

TYPED_TEST(CrossEntropyBits, InPlaceEqualsASeparateBuffer) {
  this->for_each_batch([](Batch<TypeParam>& b, const std::string& name) {
    for (const std::string& target : simd_targets()) {
      set_simd_target(target);
      const auto apart = all_rows(b.run());
      b.in_place = true;
      const auto in_place = all_rows(b.run());
      b.in_place = false;
      for (std::size_t r = 0; r < apart.size(); ++r)
        ASSERT_EQ(in_place[r], apart[r]) << name << " row " << r << " on " << target;
    }
  });
}

// As in images, [classes, pixels]: rows lie side by side and the classes far apart.
TYPED_TEST(CrossEntropyBits, DoNotDependOnWhereTheClassesLie) {
  using T = TypeParam;
  for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{70, 2},
                                   {64, 5},
                                   {144, 19},
                                   {48, 128},
                                   {33, 10},
                                   {20, 300}})
    for (const auto& [name, change] : changes<T>()) {
      Batch<T> b = logits_batch<T>(rows, cols, cols);
      change(b);
      const auto expected = b.run();
      std::vector<T> planes(rows * cols), gradient(rows * cols);
      const auto view = [&, n = rows, c = cols](std::vector<T>& v) {
        return MatrixView<T>{v.data(), n, c, 1, static_cast<std::ptrdiff_t>(n)};
      };
      for (std::size_t i = 0; i < rows * cols; ++i) planes[i] = b.x(i % rows, i / rows);
      for (const bool in_place : {false, true}) {
        std::vector<double> loss(rows), lse(rows);
        std::vector<std::int64_t> argmax(rows);
        Outputs<T> out;
        out.loss = loss;
        out.lse = lse;
        out.argmax = argmax;
        out.upstream = b.upstream;
        std::vector<T>& to = in_place ? planes : gradient;
        out.gradient = view(to);
        const MatrixView<const T> x = view(planes);
        if (b.soft())
          cross_entropy<T>(x, MatrixView<const T>(b.target.view()), b.options, out);
        else
          cross_entropy<T>(x, Labels(b.label), b.options, out);
        const std::string where = name + ", " + TypeInfo<T>::kName + " " + std::to_string(rows) +
                                  " x " + std::to_string(cols) + ", in place " +
                                  std::to_string(in_place);
        ASSERT_EQ(argmax, expected.argmax) << where;
        for (std::size_t r = 0; r < rows; ++r) {
          ASSERT_EQ(bits_of(loss[r]), bits_of(expected.loss[r])) << where << " row " << r;
          ASSERT_EQ(bits_of(lse[r]), bits_of(expected.lse[r])) << where << " row " << r;
        }
        for (std::size_t i = 0; i < rows * cols; ++i)
          ASSERT_EQ(bits_of(to[i]), bits_of(expected.gradient(i % rows, i / rows)))
              << where << " row " << i % rows << " class " << i / rows;
      }
    }
}

TYPED_TEST(CrossEntropyBits, NeutralOptionsChangeNothing) {
  using T = TypeParam;
  for (std::size_t cols : {1, 2, 10, 33, 300, 1030})
    for (const bool soft : {false, true}) {
      Batch<T> plain = logits_batch<T>(12, cols, 3);
      if (soft) use_soft_targets(plain, 4);
      const auto expected = all_rows(plain.run());
      const std::vector<Change<T>> neutral = {
          {"class weights of 1", [](Batch<T>& b) { b.class_weight.assign(b.x.cols(), 1); }},
          {"row weights of 1", [](Batch<T>& b) { b.row_weight.assign(b.x.rows(), 1); }},
          {"a class mask of 1", [](Batch<T>& b) { b.class_mask.assign(b.x.cols(), 1); }},
          {"a row mask of 1", [](Batch<T>& b) { b.row_mask.assign(b.x.rows(), 1); }},
          {"upstream of 1", [](Batch<T>& b) { b.upstream = {1}; }},
          {"smoothing per row of 0",
           [](Batch<T>& b) {
             b.options.smoothing = Smoothing::per_row;
             b.class_weight.assign(b.x.cols(), 1);
           }},
          {"an ignored label that no row has",
           [](Batch<T>& b) {
             if (!b.soft()) b.options.ignore_index = -100;
           }},
          {"a divisor of 1", [](Batch<T>& b) {
             b.options.reduction = Reduction::mean;
             b.options.divisor = Divisor::given;
             b.options.given_divisor = 1;
           }}};
      for (const auto& [name, change] : neutral) {
        Batch<T> b = plain;
        change(b);
        const auto got = all_rows(b.run());
        for (std::size_t r = 0; r < got.size(); ++r)
          ASSERT_EQ(got[r], expected[r]) << name << ", C = " << cols << ", soft " << soft;
      }
    }
}

// The label, its one-hot target and (under smoothing) the smoothed target itself.
TYPED_TEST(CrossEntropyBits, LabelAndOneHotTargetAreTheSameQuestion) {
  using T = TypeParam;
  for (std::size_t cols : {1, 2, 10, 33, 300, 1030})
    for (const auto& [name, change] : changes<T>()) {
      Batch<T> hard = logits_batch<T>(12, cols, cols + 1);
      change(hard);
      if (hard.soft() || hard.options.ignore_index) continue;
      Batch<T> soft = hard;
      soft.label.clear();
      for (std::size_t r = 0; r < 12; ++r) {
        std::vector<double> t(cols);
        t[static_cast<std::size_t>(hard.label[r])] = 1;
        soft.target.set_row(r, t);
      }
      const auto one = hard.run(), other = soft.run();
      for (std::size_t r = 0; r < 12; ++r)
        ASSERT_EQ(bits_of(one.loss[r]), bits_of(other.loss[r])) << name << " C = " << cols;
      ASSERT_EQ(one.gradient.bits(), other.gradient.bits()) << name << " C = " << cols;
      ASSERT_EQ(result_bits(one.result), result_bits(other.result)) << name << " C = " << cols;
    }
}

TYPED_TEST(CrossEntropyBits, IgnoredRowsAreNotRead) {
  using T = TypeParam;
  for (std::size_t cols : {1, 10, 33, 1030})
    for (const bool by_mask : {false, true}) {
      Batch<T> b = logits_batch<T>(11, cols, 8);
      const auto expected = all_rows(b.run());
      for (std::size_t r = 0; r < 11; r += 2) {
        for (std::size_t j = 0; j < cols; ++j) b.x(r, j) = narrow<T>(r % 4 ? NAN : INFINITY);
        b.label[r] = -100;
      }
      b.upstream.clear();
      if (by_mask) {
        b.row_mask.assign(11, 1);
        for (std::size_t r = 0; r < 11; r += 2) b.row_mask[r] = 0;
        b.row_weight.assign(11, 1);
      } else {
        b.options.ignore_index = -100;
      }
      const Output<T> out = b.run();
      EXPECT_EQ(out.result.rows, 5);
      EXPECT_EQ(out.result.ignored, 6);
      for (std::size_t r = 0; r < 11; ++r) {
        if (r % 2) {
          ASSERT_EQ(row_bits(out, r), expected[r]);
          continue;
        }
        ASSERT_EQ(bits_of(out.loss[r]), 0U);
        ASSERT_EQ(out.argmax[r], -1);
        for (std::size_t j = 0; j < cols; ++j) ASSERT_EQ(bits_of(out.gradient(r, j)), 0U);
      }
    }
}

#if defined(__SSE2__)
TYPED_TEST(CrossEntropyBits, DoNotDependOnFlushToZero) {
  this->for_each_batch([](Batch<TypeParam>& b, const std::string& name) {
    b.options.threads = 1;
    for (const std::string& target : simd_targets()) {
      set_simd_target(target);
      const auto before = all_rows(b.run());
      const auto flushed = [&] {
        const FlushToZero mode;
        return b.run();
      }();
      const auto after = all_rows(flushed);
      for (std::size_t r = 0; r < before.size(); ++r)
        ASSERT_EQ(after[r], before[r]) << name << " row " << r << " on " << target;
    }
  });
}
#endif

TYPED_TEST(CrossEntropyBits, PartialOverlapIsRefused) {
  using T = TypeParam;
  std::vector<T> memory(64, narrow<T>(0.5));
  const std::vector<int> label = {0, 1};
  for (std::ptrdiff_t shift : {1, 3, 9, -1}) {
    Outputs<T> out;
    out.gradient = matrix(memory.data() + 8 + shift, 2, 10);
    const auto x = MatrixView<const T>(matrix(memory.data() + 8, 2, 10));
    EXPECT_THROW(cross_entropy<T>(x, label, {}, out), ValueError) << shift;
  }
  for (const T& v : memory) ASSERT_EQ(widen(v), 0.5);
}

}  // namespace
}  // namespace crossent::precise
