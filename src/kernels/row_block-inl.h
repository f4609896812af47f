// The sum of a block of exponentials: 16 partial sums. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_BLOCK_INL_H_
#undef CROSSENT_KERNELS_ROW_BLOCK_INL_H_
#else
#define CROSSENT_KERNELS_ROW_BLOCK_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/block_sums-inl.h"
#include "kernels/each-inl.h"
#include "kernels/row_exp-inl.h"
#include "kernels/row_load-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The largest lane. EMU128's MaxOfLanes starts at the lowest finite value, above a row of -inf.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE T max_of_lanes(D d, V v) {
  const T max = hn::GetLane(hn::MaxOfLanes(d, v));
  const T none = -std::numeric_limits<T>::infinity();
  const bool lowest = max == std::numeric_limits<T>::lowest();
  return lowest && hn::AllTrue(d, hn::Eq(v, hn::Set(d, none))) ? none : max;
}

// A pointer n elements on; a nullptr stays one.
template <class P>
HWY_INLINE P advanced(P p, std::size_t n) {
  if constexpr (std::is_null_pointer_v<P>)
    return p;
  else
    return p + n;
}

// One group of 16 elements into the running sums: plain in f32 (a block is short), TwoSum in f64.
// Also their maxima, and the terms themselves, where there is an array for them.
template <class D, class From, class Maxima, class Keep, class V = hn::Vec<D>>
HWY_INLINE void add_group(D d, const From* p, const Exponential<D, false>& exponential, Maxima max,
                          V* sum, V* low, Keep kept) {
  constexpr std::size_t N = hn::MaxLanes(D());
  constexpr bool kKeep = !std::is_null_pointer_v<Keep>;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes / N; ++i) {
    const auto z = load_vector(d, p + i * N);
    if constexpr (!std::is_null_pointer_v<Maxima>) max[i % 2] = hn::Max(max[i % 2], z);
    V scale;
    const auto e = exponential(z, scale);
    if constexpr (sizeof(hn::TFromD<D>) == 4 && !kKeep) {
      sum[i] = hn::MulAdd(e, scale, sum[i]);
    } else {
      const auto term = hn::Mul(e, scale);  // exact: scale is a power of two
      if constexpr (kKeep) hn::Store(term, d, kept + i * N);
      if constexpr (sizeof(hn::TFromD<D>) == 4)
        sum[i] = hn::Add(sum[i], term);
      else
        add_to(sum[i], low[i], term);
    }
  }
}

// Sums a block into `out` (replaced). Even and odd groups go apart, so that at most 8 terms meet in
// f32. `max`: two vectors that take in its elements, or nullptr; `kept`: where its terms go, or
// nullptr.
template <class D, class T, class From, class Maxima, class Keep>
HWY_INLINE void sum_block(D d, const Block<T, From>& block,
                          const Exponential<D, false>& exponential, Sums<T>& out, Maxima max,
                          Keep kept, const Ahead& ahead) {
  using V = hn::Vec<D>;
  constexpr std::size_t N = hn::MaxLanes(D()), kVectors = kLanes / N;
  V even[kVectors], odd[kVectors], low[kVectors];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kVectors; ++i) even[i] = odd[i] = low[i] = hn::Zero(d);
  const From* p = block.body;
  std::size_t g = 0;
  for (; g + 2 <= block.groups; g += 2, p += 2 * kLanes) {
    fetch_ahead<2 * kLanes * sizeof(From)>(p, ahead);
    add_group(d, p, exponential, max, even, low, advanced(kept, g * kLanes));
    add_group(d, p + kLanes, exponential, max, odd, low, advanced(kept, (g + 1) * kLanes));
  }
  if (block.groups % 2 != 0)
    add_group(d, p, exponential, max, even, low, advanced(kept, g * kLanes));
  if (block.tail != nullptr) {  // where it would be as the last of the body's groups
    if (block.groups % 2 == 0)
      add_group(d, block.tail, exponential, max, even, low, advanced(kept, g * kLanes));
    else
      add_group(d, block.tail, exponential, max, odd, low, advanced(kept, (g + 1) * kLanes));
  }
  HWY_ALIGN T evens[kLanes], odds[kLanes], lows[kLanes];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kVectors; ++i) {
    hn::Store(even[i], d, evens + i * N);
    hn::Store(odd[i], d, odds + i * N);
    if (sizeof(T) == 8) hn::Store(low[i], d, lows + i * N);
  }
  const hn::CappedTag<double, kLanes> wide;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes; i += hn::MaxLanes(wide)) {
    auto high = load_f64(wide, evens + i);
    if constexpr (sizeof(T) == 4) {
      high = hn::Add(high, load_f64(wide, odds + i));
    } else {
      auto rest = hn::Load(wide, lows + i);
      add_to(high, rest, hn::Load(wide, odds + i));
      hn::Store(rest, wide, out.low + i);
    }
    hn::Store(high, wide, out.high + i);
  }
}

// The first element of a block that equals `value`; it has one.
template <class T, class From>
std::size_t first_equal(const Block<T, From>& block, T value) {
  const hn::CappedTag<T, kLanes> d;
  const auto wanted = hn::Set(d, value);
  const std::size_t body = block.groups * kLanes;
  for (std::size_t i = 0; i < body; i += hn::Lanes(d)) {
    const auto found = hn::FindFirstTrue(d, hn::Eq(load_vector(d, block.body + i), wanted));
    if (found >= 0) return i + static_cast<std::size_t>(found);
  }
  for (std::size_t i = 0; block.tail != nullptr && i < kLanes; ++i)
    if (block.tail[i] == value) return body + i;
  return 0;
}

// Where the terms of a row are measured from: the largest of its first elements.
template <class T, class From>
Origin<T> first_origin(const Block<T, From>& block) {
  const hn::CappedTag<T, kLanes> d;
  auto max = hn::Set(d, -std::numeric_limits<T>::infinity());
  const std::size_t n = std::min<std::size_t>(4, block.groups) * kLanes;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    max = hn::Max(max, load_vector(d, block.body + i));
  for (std::size_t i = 0; n == 0 && i < kLanes; i += hn::Lanes(d))
    max = hn::Max(max, hn::Load(d, block.tail + i));
  const T reference = max_of_lanes(d, max);
  return reference < std::numeric_limits<T>::infinity() ? origin_at(reference) : Origin<T>();
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
