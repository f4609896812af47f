// A row that stays in the first-level cache while it is looked at twice: for its maximum, then for
// the sum beside it. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_SHORT_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_SHORT_ROW_INL_H_
#undef CROSSENT_KERNELS_SHORT_ROW_INL_H_
#else
#define CROSSENT_KERNELS_SHORT_ROW_INL_H_
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr std::size_t kShortClasses = 1024;  // up to here; the choice depends on the classes alone

// The blocks of a row that lies in memory.
template <class T, class From>
struct ShortRow {
  const From* body;
  const T* tail;  // what follows the whole groups, as one more; nullptr: nothing
  std::size_t cols;

  std::size_t blocks() const { return (cols + kBlock - 1) / kBlock; }
  Block<T, From> block(std::size_t b) const {
    const std::size_t begin = b * kBlock, n = std::min(kBlock, cols - begin);
    return {body + begin, n / kLanes, n % kLanes == 0 ? nullptr : tail};
  }
};

// The largest of a block, lane by lane.
template <class D, class T, class From, class V = hn::Vec<D>>
HWY_INLINE V max_of_block(D d, const Block<T, From>& block) {
  constexpr std::size_t N = hn::MaxLanes(D());
  V max[4];
  for (V& m : max) m = hn::Set(d, -std::numeric_limits<T>::infinity());
  const From* p = block.body;
  for (std::size_t i = 0; i + 4 * N <= block.groups * kLanes; i += 4 * N)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) max[v] = hn::Max(max[v], load_vector(d, p + i + v * N));
  for (std::size_t i = block.groups * kLanes / (4 * N) * (4 * N); i < block.groups * kLanes; i += N)
    max[0] = hn::Max(max[0], load_vector(d, p + i));
  for (std::size_t i = 0; block.tail != nullptr && i < kLanes; i += N)
    max[1] = hn::Max(max[1], hn::Load(d, block.tail + i));
  return hn::Max(hn::Max(max[0], max[1]), hn::Max(max[2], max[3]));
}

// Copies a block's elements, whole groups, and finds the first that equals `value`.
template <class T, class From>
HWY_INLINE std::size_t copy_and_find(const Block<T, From>& block, T value, const Ahead& ahead,
                                     T* HWY_RESTRICT out) {
  const hn::CappedTag<T, kLanes> d;
  const std::size_t N = hn::Lanes(d);
  const auto wanted = hn::Set(d, value);
  auto number = hn::Iota(d, 0), found = hn::Set(d, static_cast<T>(kBlock));
  const auto copy = [&](auto v, std::size_t i) HWY_ATTR {
    found = hn::Min(found,
                    hn::IfThenElse(hn::Eq(v, wanted), number, hn::Set(d, static_cast<T>(kBlock))));
    number = hn::Add(number, hn::Set(d, static_cast<T>(N)));
    hn::Store(v, d, out + i);
  };
  const std::size_t body = block.groups * kLanes;
  for (std::size_t i = 0; i < body; i += N) {
    fetch_ahead<hn::MaxLanes(hn::CappedTag<T, kLanes>()) * sizeof(From)>(block.body + i, ahead);
    copy(load_vector(d, block.body + i), i);
  }
  for (std::size_t i = 0; block.tail != nullptr && i < kLanes; i += N)
    copy(hn::Load(d, block.tail + i), body + i);
  return static_cast<std::size_t>(hn::GetLane(hn::MinOfLanes(d, found)));
}

// The largest of a row, and the first block where it is.
template <class T, class From>
HWY_INLINE T max_of_row(const ShortRow<T, From>& row, std::size_t* block) {
  using D = hn::CappedTag<T, kLanes>;
  const D d;
  constexpr std::size_t N = hn::MaxLanes(D());
  HWY_ALIGN T maxima[kShortClasses / kBlock * N];
  auto max = hn::Set(d, -std::numeric_limits<T>::infinity());
  for (std::size_t b = 0; b < row.blocks(); ++b) {
    const auto m = max_of_block(d, row.block(b));
    hn::Store(m, d, maxima + b * N);
    max = hn::Max(max, m);
  }
  const T largest = max_of_lanes(d, max);
  std::uint32_t has = 0;
  for (std::size_t b = 0; b < row.blocks(); ++b) {
    const bool here = !hn::AllFalse(d, hn::Eq(hn::Load(d, maxima + b * N), hn::Set(d, largest)));
    has |= std::uint32_t{here} << b;
  }
  *block = has == 0 ? 0 : static_cast<std::size_t>(std::countr_zero(has));
  return largest;
}

// The sum of a row's terms beside its maximum, which is first met in the block `with_max`: of that
// block a copy without it, after the others.
template <class T, class From, class Keep>
HWY_INLINE double sum_short_row(const ShortRow<T, From>& row, std::size_t with_max, T max,
                                const Exponential<hn::CappedTag<T, kLanes>, false>& exponential,
                                Keep kept, T* index, const Ahead& ahead) {
  const hn::CappedTag<T, kLanes> d;
  HWY_ALIGN T copy[kBlock];
  const Block<T, From> block = row.block(with_max);
  const std::size_t at = copy_and_find(block, max, ahead, copy);
  *index = static_cast<T>(with_max * kBlock + at);
  if (at < kBlock) copy[at] = -std::numeric_limits<T>::infinity();
  Sums<T> lanes, sums;
  for (std::size_t i = 0; i + 1 < row.blocks(); ++i) {
    const std::size_t b = i + (i >= with_max);
    sum_block(d, row.block(b), exponential, lanes, nullptr, advanced(kept, b * kBlock), ahead);
    add_sums(sums, lanes);
  }
  sum_block(d, Block<T>{copy, block.groups + (block.tail != nullptr), nullptr}, exponential, lanes,
            nullptr, advanced(kept, with_max * kBlock), {});
  add_sums(sums, lanes);
  return fold_sums(sums);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
