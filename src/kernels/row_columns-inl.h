// The columns of a batch of rows. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_COLUMNS_INL_H_
#undef CROSSENT_KERNELS_ROW_COLUMNS_INL_H_
#else
#define CROSSENT_KERNELS_ROW_COLUMNS_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_load-inl.h"
#include "kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr std::size_t kFewClasses = 128;  // up to here; the choice depends on the classes alone

template <class T>
struct Columns {
  HWY_ALIGN T at[kFewClasses * kBatch];
};

// The columns of a call, where the matrix has rows side by side: copied a few cache lines at a
// time, because the lines of a batch often share a set of the caches.
template <class T>
struct CallColumns {
  bool filled = false;
  HWY_ALIGN T at[kFewClasses * kRowsPerCall];

  template <class From>
  void fill(const Source& s, std::size_t first, std::size_t count, const Ahead& ahead) {
    const hn::CappedTag<T, kBatch> d;
    for (std::size_t j = 0; j < s.cols; ++j) {
      const From* from = static_cast<const From*>(s.data) + offset_of(s, first, j);
      fetch_ahead<kRowsPerCall * sizeof(From)>(from, ahead);
      for (std::size_t r = 0; r < count; r += hn::Lanes(d))
        hn::Store(load_vector(d, from + r), d, at + j * kRowsPerCall + r);
    }
    filled = true;
  }
  CallColumns(const Source& s, const Rows& rows, std::size_t apart = 0) {
    if (s.cols > kFewClasses || s.row_stride != 1 || rows.count % kBatch != 0) return;
    const Ahead ahead = {rows.count * size_of(s.type), apart};
    if (is_plain<T>(s)) fill<T>(s, rows.first, rows.count, ahead);
    if constexpr (sizeof(T) == 4) {
      if (is_plain<bf16>(s)) fill<bf16>(s, rows.first, rows.count, ahead);
      if (is_plain<f16>(s)) fill<f16>(s, rows.first, rows.count, ahead);
    }
  }
};

// Columns of kBatch rows: a batch's, or those of the call from some row on.
template <class T>
struct ColumnsView {
  const T* first = nullptr;
  std::ptrdiff_t stride = 0;
  std::size_t cols = 0;
  const T* at(std::size_t j, std::size_t r) const {
    return first + static_cast<std::ptrdiff_t>(j) * stride + static_cast<std::ptrdiff_t>(r);
  }
};

// A row in the compute type, with nothing after it that counts.
template <class T>
HWY_INLINE void copy_row(const Source& s, std::size_t row, T* HWY_RESTRICT out) {
  with_elements<T>(s, row, false, [&](auto p) HWY_ATTR {
    if constexpr (kStaged<decltype(p)>) {
      stage(s, row, 0, s.cols, {}, out);
    } else {
      const hn::CappedTag<T, kTile<T>> d;
      std::size_t j = 0;
      for (; j + hn::Lanes(d) <= s.cols; j += hn::Lanes(d))
        hn::Store(load_vector(d, p + j), d, out + j);
      for (; j < s.cols; ++j) out[j] = value_of<T>(p[j]);
    }
  });
}

// A tile of rows, in `out` unless the call's columns hold them. Rows that are not live count for
// nothing: their lanes hold anything.
template <class T>
ColumnsView<T> load_columns(const Source& s, const Rows& rows, std::size_t begin,
                            const CallColumns<T>& call, T* out, std::size_t apart = 0) {
  if (call.filled) return {call.at + begin, kRowsPerCall, s.cols};
  const std::size_t n = std::min(kBatch, rows.count - begin), index = rows.first + begin;
  HWY_ALIGN T copy[kBatch * kFewClasses];
  const T* at = copy;
  std::ptrdiff_t stride = kFewClasses;
  Ahead ahead;
  if (n == kBatch && is_direct<T>(s)) {
    at = static_cast<const T*>(s.data) + offset_of(s, index, 0);
    stride = s.row_stride;
    ahead = {kBatch * static_cast<std::size_t>(stride) * sizeof(T), apart};
  } else {
    for (std::size_t r = 0; r < n; ++r)
      if (rows.live[begin + r])
        copy_row(s, index + r, copy + r * kFewClasses);
      else
        std::fill_n(copy + r * kFewClasses, s.cols, T{0});
    if (n == 1) {  // lane 0 of every column
      const hn::CappedTag<T, kBatch> d;
      for (std::size_t j = 0; j < s.cols; ++j)
        for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
          const auto lane = hn::FirstN(d, r == 0 ? 1 : 0);
          hn::Store(hn::IfThenElseZero(lane, hn::Set(d, copy[j])), d, out + j * kBatch + r);
        }
      return {out, kBatch, s.cols};
    }
    for (std::size_t r = n; r < kBatch; ++r) std::fill_n(copy + r * kFewClasses, s.cols, T{0});
  }
  for_each_tile<T>(s.cols, [&](std::size_t j) HWY_ATTR {
    fetch_ahead<kBatch * 16>(at + j * kBatch, ahead);
    rows_to_columns(at + j, stride, out + j * kBatch);
  });
  for (std::size_t j = 0; s.cols < kTile<T> && j < s.cols; ++j)
    for (std::size_t r = 0; r < kBatch; ++r)
      out[j * kBatch + r] =
          at[static_cast<std::ptrdiff_t>(r) * stride + static_cast<std::ptrdiff_t>(j)];
  return {out, kBatch, s.cols};
}

// The tiles of a batch of rows, as many as the buffer holds.
template <class T>
struct Tiles {
  HWY_ALIGN T buffer[kFewClasses * kBatch];
  ColumnsView<T> view[kRowsPerCall / kBatch];

  static std::size_t most_rows(std::size_t cols) {
    return kBatch * std::clamp<std::size_t>(kFewClasses / std::max<std::size_t>(cols, 1), 1,
                                            kRowsPerCall / kBatch);
  }
  void load(const Source& s, const Rows& rows, std::size_t begin, std::size_t n,
            const CallColumns<T>& call, std::size_t apart = 0) {
    for (std::size_t r = 0; r < n; r += kBatch)
      view[r / kBatch] = load_columns(s, rows, begin + r, call, buffer + r * s.cols, apart);
  }
  const ColumnsView<T>& of(std::size_t r) const { return view[r / kBatch]; }
};

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
