// Batches of rows as columns and back: the element (row r, class j) at j * 16 + r. Toggle guard: once
// per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_COLUMNS_INL_H_
#undef CROSSENT_KERNELS_ROW_COLUMNS_INL_H_
#else
#define CROSSENT_KERNELS_ROW_COLUMNS_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_store-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr std::size_t kFewClasses = 128;  // up to here; the choice depends on the classes alone
constexpr std::size_t kBatch = 16;        // rows

template <class T>
constexpr std::size_t kTile = 16 / sizeof(T);  // classes and rows of the smallest transposition

template <class T>
struct Columns {
  HWY_ALIGN T at[kFewClasses * kBatch];
};

// The columns of a call, where the matrix has rows side by side: copied a few cache lines at a time,
// because the lines of a batch often share a set of the caches.
template <class T>
struct CallColumns {
  bool filled = false;
  HWY_ALIGN T at[kFewClasses * kRowsPerCall];

  template <class From>
  void fill(const Source& s, std::size_t first, std::size_t count) {
    const hn::CappedTag<T, kBatch> d;
    for (std::size_t j = 0; j < s.cols; ++j) {
      const From* from = static_cast<const From*>(s.data) + offset_of(s, first, j);
      for (std::size_t r = 0; r < count; r += hn::Lanes(d))
        hn::Store(load_vector(d, from + r), d, at + j * kRowsPerCall + r);
    }
    filled = true;
  }
  CallColumns(const Source& s, const Rows& rows) {
    if (s.cols > kFewClasses || s.row_stride != 1 || rows.count % kBatch != 0) return;
    if (is_plain<T>(s)) fill<T>(s, rows.first, rows.count);
    if constexpr (sizeof(T) == 4) {
      if (is_plain<bf16>(s)) fill<bf16>(s, rows.first, rows.count);
      if (is_plain<f16>(s)) fill<f16>(s, rows.first, rows.count);
    }
  }
};

// Columns of kBatch rows: a buffer's, or the matrix's own where rows lie side by side.
template <class T>
struct ColumnsView {
  const T* first;
  std::ptrdiff_t stride;
  std::size_t cols;
  const T* at(std::size_t j, std::size_t r) const {
    return first + static_cast<std::ptrdiff_t>(j) * stride + static_cast<std::ptrdiff_t>(r);
  }
};

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

// A row in the compute type, with nothing after it that counts.
template <class T>
HWY_INLINE void copy_row(const Source& s, std::size_t row, T* HWY_RESTRICT out) {
  with_elements<T>(s, row, false, [&](const auto* p) HWY_ATTR {
    if (p == nullptr) return stage(s, row, 0, s.cols, {}, out);
    const hn::CappedTag<T, kTile<T>> d;
    std::size_t j = 0;
    for (; j + hn::Lanes(d) <= s.cols; j += hn::Lanes(d))
      hn::Store(load_vector(d, p + j), d, out + j);
    for (; j < s.cols; ++j) out[j] = value_of<T>(p[j]);
  });
}

// The rows of a batch, in `out` unless the call's columns hold them. Rows that are not live count for
// nothing: their lanes hold anything.
template <class T>
ColumnsView<T> load_columns(const Source& s, const Rows& rows, std::size_t begin,
                            const CallColumns<T>& call, Columns<T>& out) {
  if (call.filled) return {call.at + begin, kRowsPerCall, s.cols};
  const std::size_t n = std::min(kBatch, rows.count - begin), index = rows.first + begin;
  HWY_ALIGN T copy[kBatch * kFewClasses];
  const T* at = copy;
  std::ptrdiff_t stride = kFewClasses;
  std::size_t ahead = 0;
  if (n == kBatch && is_direct<T>(s)) {
    at = static_cast<const T*>(s.data) + offset_of(s, index, 0);
    stride = s.row_stride;
    ahead = kBatch * static_cast<std::size_t>(stride) * sizeof(T);
  } else {
    for (std::size_t r = 0; r < kBatch; ++r) {
      if (r < n && rows.live[begin + r])
        copy_row(s, index + r, copy + r * kFewClasses);
      else
        std::fill_n(copy + r * kFewClasses, s.cols, T{0});
    }
  }
  for_each_tile<T>(s.cols, [&](std::size_t j) HWY_ATTR {
    fetch_ahead<kBatch * 16>(at + j * kBatch, ahead);
    rows_to_columns(at + j, stride, out.at + j * kBatch);
  });
  for (std::size_t j = 0; s.cols < kTile<T> && j < s.cols; ++j)
    for (std::size_t r = 0; r < kBatch; ++r)
      out.at[j * kBatch + r] =
          at[static_cast<std::ptrdiff_t>(r) * stride + static_cast<std::ptrdiff_t>(j)];
  return {out.at, kBatch, s.cols};
}

// Columns into the rows of the sink that `wanted` names.
template <class T>
void store_columns(const Columns<T>& from, std::size_t cols, std::size_t index, std::size_t n,
                   const bool* wanted, const Sink& sink) {
  const bool whole = n == kBatch && std::all_of(wanted, wanted + n, [](bool w) { return w; }) &&
                     sink.type == kElement<T>;
  T* at = static_cast<T*>(sink.data) + (whole ? offset_of(sink, index, 0) : 0);
  if (whole && sink.row_stride == 1) {
    const hn::CappedTag<T, kBatch> d;
    for (std::size_t j = 0; j < cols; ++j, at += sink.col_stride)
      for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d))
        hn::StoreU(hn::Load(d, from.at + j * kBatch + r), d, at + r);
    return;
  }
  HWY_ALIGN T copy[kBatch * kFewClasses];
  const bool in_place = whole && sink.col_stride == 1;
  const std::ptrdiff_t stride = in_place ? sink.row_stride : kFewClasses;
  if (!in_place) at = copy;
  for_each_tile<T>(
      cols, [&](std::size_t j) HWY_ATTR { columns_to_rows(from.at + j * kBatch, at + j, stride); });
  for (std::size_t j = 0; cols < kTile<T> && j < cols; ++j)
    for (std::size_t r = 0; r < kBatch; ++r)
      at[static_cast<std::ptrdiff_t>(r) * stride + static_cast<std::ptrdiff_t>(j)] =
          from.at[j * kBatch + r];
  for (std::size_t r = 0; r < n && !in_place; ++r)
    if (wanted[r]) store(sink, index + r, 0, cols, copy + r * kFewClasses);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
