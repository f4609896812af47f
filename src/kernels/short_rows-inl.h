// Batches of rows of more than a few classes, each a short_row-inl.h: nothing depends on a branch
// that cannot be foreseen, and no row waits for another's last scalar. Toggle guard: once per SIMD
// target.
#if defined(CROSSENT_KERNELS_SHORT_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_SHORT_ROWS_INL_H_
#undef CROSSENT_KERNELS_SHORT_ROWS_INL_H_
#else
#define CROSSENT_KERNELS_SHORT_ROWS_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/batch_sums-inl.h"
#include "kernels/row_columns-inl.h"
#include "kernels/short_row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr std::size_t kShortElements = 2048;  // of a batch: 8 KB of logits and as much that is kept
constexpr std::size_t kShortRows = kShortElements / (kFewClasses + 1);

// Rows that one batch takes: few enough that a gradient finds the logits in the first-level cache.
template <class T>
HWY_INLINE std::size_t rows_together(std::size_t cols) {
  if (cols <= kFewClasses) return Tiles<T>::most_rows(cols);
  return std::clamp<std::size_t>((cols <= kShortClasses ? kShortElements : 4096) / cols, 1, kBatch);
}

// What a batch of short rows takes beside its sums.
template <class T>
struct ShortBatch {
  static constexpr std::size_t kElements = kShortElements + kShortRows * (kLanes - 1);
  HWY_ALIGN T kept[kElements];    // the rows' terms, for their gradients
  HWY_ALIGN T staged[kElements];  // rows that cannot be read where they are
  HWY_ALIGN T tail[kShortRows][3 * kLanes];
  HWY_ALIGN T magic[in_groups(kShortRows)], lo[in_groups(kShortRows)];
  std::size_t with_max[kShortRows];
  BatchTerms<T> terms;
};

// A row's last group, padded: its last elements to where they belong, and -inf after them.
template <class T, class From>
HWY_INLINE void pad_tail(const From* row, std::size_t cols, T* tail) {
  const std::size_t left = cols % kLanes;
  const hn::CappedTag<T, kLanes> d;
  for (std::size_t i = 0; i < kLanes; i += hn::Lanes(d))
    hn::StoreU(load_vector(d, row + cols - kLanes + i), d, tail + left - kLanes + i);
  for (std::size_t i = 0; i < kLanes; i += hn::Lanes(d))
    hn::StoreU(hn::Set(d, -std::numeric_limits<T>::infinity()), d, tail + left + i);
}

// The maxima, origins and terms of n rows that row_at(r) gives; nothing of those that are not live.
template <class T, class RowAt>
HWY_INLINE void sum_rows_at(const RowAt& row_at, const bool* live, std::size_t n, bool keep,
                            const Ahead& ahead, ShortBatch<T>& batch, BatchSums<T>& out) {
  using D = hn::CappedTag<T, kLanes>;
  const D d;
  BatchTerms<T>& terms = batch.terms;
  for (std::size_t r = 0; r < in_groups(n); ++r) {
    terms.index[r] = terms.max[r] = 0;
    terms.sum[r] = 0;
    if (r < n && live[r]) terms.max[r] = max_of_row(row_at(r), &batch.with_max[r]);
  }
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const Origins<D> origin(hn::Load(d, terms.max + r));
    hn::Store(origin.c, d, out.c + r);
    hn::Store(origin.k, d, out.k + r);
    hn::Store(origin.magic, d, batch.magic + r);
    hn::Store(origin.lo, d, batch.lo + r);
  }
  for (std::size_t r = 0; r < n; ++r) {
    if (!live[r]) continue;
    const auto row = row_at(r);
    const Exponential<D, false> exponential(hn::Set(d, out.c[r]), hn::Set(d, batch.magic[r]),
                                            hn::Set(d, batch.lo[r]));
    const auto sum = [&](auto kept) HWY_ATTR {
      terms.sum[r] = sum_short_row(row, batch.with_max[r], terms.max[r], exponential, kept,
                                   &terms.index[r], ahead);
    };
    keep ? sum(batch.kept + r * in_groups(row.cols)) : sum(nullptr);
  }
}

// The sums of the rows [begin, begin + n), a row that needs a closer look left not ordinary; their
// terms are kept where asked.
template <class T>
void sum_short_rows(const Source& s, const Rows& rows, std::size_t begin, std::size_t n, bool keep,
                    const Ahead& ahead, ShortBatch<T>& batch, BatchSums<T>& out,
                    std::int64_t* argmax) {
  const bool* live = rows.live + begin;
  const std::size_t stride = in_groups(s.cols), index = rows.first + begin;
  with_elements<T>(s, index, false, [&](auto p) HWY_ATTR {
    if constexpr (kStaged<decltype(p)>) {
      for (std::size_t r = 0; r < n; ++r)
        if (live[r]) stage<T>(s, index + r, 0, s.cols, {}, batch.staged + r * stride);
      const auto row_at = [&](std::size_t r) {
        return ShortRow<T, T>{batch.staged + r * stride, nullptr, stride};
      };
      sum_rows_at<T>(row_at, live, n, keep, {}, batch, out);
    } else {
      using From = std::remove_cv_t<std::remove_pointer_t<decltype(p)>>;
      const auto row_at = [&](std::size_t r) {
        return ShortRow<T, From>{p + static_cast<std::ptrdiff_t>(r) * s.row_stride,
                                 batch.tail[r] + kLanes, s.cols};
      };
      for (std::size_t r = 0; r < n; ++r)
        if (live[r]) pad_tail(row_at(r).body, s.cols, batch.tail[r] + kLanes);
      sum_rows_at<T>(row_at, live, n, keep, ahead, batch, out);
    }
  });
  std::int64_t places[kRowsPerCall];
  finish_sums(batch.terms, n, s.cols, out, places);
  std::copy_n(places, n, argmax);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
