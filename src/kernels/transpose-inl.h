// Batches of rows as columns and back, in registers: the element (row r, class j) at j * 16 + r.
// Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_TRANSPOSE_INL_H_
#undef CROSSENT_KERNELS_TRANSPOSE_INL_H_
#else
#define CROSSENT_KERNELS_TRANSPOSE_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kBatch = 16;  // rows

template <class T>
constexpr std::size_t kTile = 16 / sizeof(T);  // classes and rows of the smallest transposition

// body(begin) for tiles that cover `cols` classes; the last may overlap. None below kTile classes.
template <class T, class Body>
HWY_INLINE void for_each_tile(std::size_t cols, const Body& body) {
  for (std::size_t j = 0; j + kTile<T> <= cols; j += kTile<T>) body(j);
  if (cols > kTile<T> && cols % kTile<T> != 0) body(cols - kTile<T>);
}

#if HWY_TARGET != HWY_SCALAR
// A vector whose 128-bit blocks come from every kTile-th row.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_blocks(D d, const T* row, std::ptrdiff_t stride) {
  if constexpr (hn::MaxLanes(D()) <= kTile<T>) {
    return hn::LoadU(d, row);
  } else {
    const hn::Half<D> half;
    const auto rows = static_cast<std::ptrdiff_t>(hn::Lanes(half));
    return hn::Combine(d, load_blocks(half, row + rows * stride, stride),
                       load_blocks(half, row, stride));
  }
}
template <class D, class T>
HWY_INLINE void store_blocks(D d, hn::Vec<D> v, T* row, std::ptrdiff_t stride) {
  if constexpr (hn::MaxLanes(D()) <= kTile<T>) {
    hn::StoreU(v, d, row);
  } else {
    const hn::Half<D> half;
    const auto rows = static_cast<std::ptrdiff_t>(hn::Lanes(half));
    store_blocks(half, hn::LowerHalf(half, v), row, stride);
    store_blocks(half, hn::UpperHalf(half, v), row + rows * stride, stride);
  }
}

// Transposes kTile x kTile elements in each 128-bit block of v[0..kTile).
template <class D, class V = hn::Vec<D>>
HWY_INLINE void transpose(D d, V* v) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    const hn::RepartitionToWide<D> dw;
    const auto low = [&](V a, V b)
                         HWY_ATTR { return hn::BitCast(dw, hn::InterleaveLower(d, a, b)); };
    const auto high = [&](V a, V b)
                          HWY_ATTR { return hn::BitCast(dw, hn::InterleaveUpper(d, a, b)); };
    const auto a = low(v[0], v[1]), b = low(v[2], v[3]);
    const auto c = high(v[0], v[1]), e = high(v[2], v[3]);
    v[0] = hn::BitCast(d, hn::InterleaveLower(dw, a, b));
    v[1] = hn::BitCast(d, hn::InterleaveUpper(dw, a, b));
    v[2] = hn::BitCast(d, hn::InterleaveLower(dw, c, e));
    v[3] = hn::BitCast(d, hn::InterleaveUpper(dw, c, e));
  } else {
    const V a = hn::InterleaveLower(d, v[0], v[1]), b = hn::InterleaveUpper(d, v[0], v[1]);
    v[0] = a;
    v[1] = b;
  }
}

// kTile columns of kBatch rows, and back.
template <class T>
HWY_INLINE void rows_to_columns(const T* row, std::ptrdiff_t stride, T* to) {
  const hn::CappedTag<T, kBatch> d;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    hn::Vec<decltype(d)> v[kTile<T>];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kTile<T>; ++i)
      v[i] = load_blocks(d, row + static_cast<std::ptrdiff_t>(r + i) * stride, stride);
    transpose(d, v);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kTile<T>; ++i) hn::Store(v[i], d, to + i * kBatch + r);
  }
}
template <class T>
HWY_INLINE void columns_to_rows(const T* from, T* row, std::ptrdiff_t stride) {
  const hn::CappedTag<T, kBatch> d;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    hn::Vec<decltype(d)> v[kTile<T>];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kTile<T>; ++i) v[i] = hn::Load(d, from + i * kBatch + r);
    transpose(d, v);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kTile<T>; ++i)
      store_blocks(d, v[i], row + static_cast<std::ptrdiff_t>(r + i) * stride, stride);
  }
}

#else
template <class T>
HWY_INLINE void rows_to_columns(const T* row, std::ptrdiff_t stride, T* to) {
  for (std::size_t j = 0; j < kTile<T>; ++j)
    for (std::size_t r = 0; r < kBatch; ++r)
      to[j * kBatch + r] =
          row[static_cast<std::ptrdiff_t>(r) * stride + static_cast<std::ptrdiff_t>(j)];
}
template <class T>
HWY_INLINE void columns_to_rows(const T* from, T* row, std::ptrdiff_t stride) {
  for (std::size_t j = 0; j < kTile<T>; ++j)
    for (std::size_t r = 0; r < kBatch; ++r)
      row[static_cast<std::ptrdiff_t>(r) * stride + static_cast<std::ptrdiff_t>(j)] =
          from[j * kBatch + r];
}
#endif

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
