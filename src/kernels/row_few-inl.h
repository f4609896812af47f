// Rows of few classes, one lane a row: tiles of 16 rows as columns, several at each stage, whose
// latencies then overlap. A row's bits do not depend on its neighbours or on the vector width.
// Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_FEW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_FEW_INL_H_
#undef CROSSENT_KERNELS_ROW_FEW_INL_H_
#else
#define CROSSENT_KERNELS_ROW_FEW_INL_H_
#endif

#include <array>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/batch_sums-inl.h"
#include "kernels/each-inl.h"
#include "kernels/row_columns-inl.h"
#include "kernels/row_gradient-inl.h"
#include "kernels/short_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// 0, 1, .. as T: a vector of one is a load, not arithmetic.
template <class T>
constexpr std::array<T, kFewClasses> kNumbers = [] {
  std::array<T, kFewClasses> numbers{};
  for (std::size_t j = 0; j < kFewClasses; ++j) numbers[j] = static_cast<T>(j);
  return numbers;
}();

// The largest of a column of rows; `index`: its first class.
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE V max_of_column(D d, const ColumnsView<T>& z, std::size_t r, V& index) {
  auto m = hn::LoadU(d, z.at(0, r));
  index = hn::Zero(d);
  for (std::size_t j = 1; j < z.cols; ++j) {
    const auto v = hn::LoadU(d, z.at(j, r));
    index = hn::IfThenElse(hn::Gt(v, m), hn::Set(d, kNumbers<T>[j]), index);
    m = hn::Max(m, v);
  }
  return m;
}

// The terms beside the class `index` as high + low: 8 terms plain, then TwoSum (f64: every term).
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE V sum_of_column(D d, const ColumnsView<T>& z, std::size_t r,
                           const Exponential<D, false>& exponential, V index, V& low) {
  constexpr std::size_t kGroup = sizeof(T) == 4 ? 8 : 1;
  auto high = hn::Zero(d);
  low = hn::Zero(d);
  for (std::size_t begin = 0; begin < z.cols; begin += kGroup) {
    auto term = hn::Zero(d);
    const std::size_t end = std::min(begin + kGroup, z.cols);
    for (std::size_t j = begin; j < end; ++j) {
      auto scale = hn::Zero(d);
      const auto e = exponential(hn::LoadU(d, z.at(j, r)), scale);
      const auto other = hn::Ne(index, hn::Set(d, kNumbers<T>[j]));
      term = hn::MulAdd(e, hn::IfThenElseZero(other, scale), term);
    }
    if (begin == 0)
      high = term;
    else
      add_to(high, low, term);
  }
  return high;
}

// The first stage, of the rows [begin, begin + n): `z` is their tile.
template <class T>
HWY_INLINE void sum_tile(const ColumnsView<T>& z, std::size_t begin, std::size_t n,
                         BatchSums<T>& out, BatchTerms<T>& terms) {
  using D = hn::CappedTag<T, kBatch>;
  const D d;
  const hn::CappedTag<double, hn::MaxLanes(D())> wide;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    auto index = hn::Zero(d), low = hn::Zero(d);
    const auto max = max_of_column(d, z, r, index);
    const Origins<D> origin(max);
    const Exponential<D, false> exponential(origin.c, origin.magic, origin.lo);
    const auto high = sum_of_column(d, z, r, exponential, index, low);
    HWY_ALIGN T parts[2][hn::MaxLanes(D())];
    hn::Store(high, d, parts[0]);
    hn::Store(low, d, parts[1]);
    for (std::size_t i = 0; i < hn::Lanes(d); i += hn::Lanes(wide))
      hn::Store(hn::Add(load_f64(wide, parts[0] + i), load_f64(wide, parts[1] + i)), wide,
                terms.sum + begin + r + i);
    hn::Store(max, d, terms.max + begin + r);
    hn::Store(index, d, terms.index + begin + r);
    hn::Store(origin.c, d, out.c + begin + r);
    hn::Store(origin.k, d, out.k + begin + r);
  }
}

// The sums of n rows, at least, and the places of their maxima; a lane that needs a closer look is
// left not ordinary.
template <class T>
void sum_columns(const Tiles<T>& tiles, std::size_t n, BatchSums<T>& out, std::int64_t* argmax) {
  BatchTerms<T> terms;
  for (std::size_t r = 0; r < n; r += kBatch)
    sum_tile(tiles.of(r), r, std::min(kBatch, n - r), out, terms);
  finish_sums(terms, n, tiles.of(0).cols, out, argmax);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
