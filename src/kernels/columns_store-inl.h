// Columns of a batch back into the rows of a matrix. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_COLUMNS_STORE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_COLUMNS_STORE_INL_H_
#undef CROSSENT_KERNELS_COLUMNS_STORE_INL_H_
#else
#define CROSSENT_KERNELS_COLUMNS_STORE_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_columns-inl.h"
#include "kernels/row_store-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

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
