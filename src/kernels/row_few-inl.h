// Rows of few classes, one lane a row: tiles of 16 rows as columns, several at each stage, whose
// latencies then overlap. A row's bits do not depend on its neighbours or on the vector width.
// Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_FEW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_FEW_INL_H_
#undef CROSSENT_KERNELS_ROW_FEW_INL_H_
#else
#define CROSSENT_KERNELS_ROW_FEW_INL_H_
#endif

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

template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE V max_of_column(D d, const ColumnsView<T>& z, std::size_t r) {
  auto m = hn::LoadU(d, z.at(0, r));
  for (std::size_t j = 1; j < z.cols; ++j) m = hn::Max(m, hn::LoadU(d, z.at(j, r)));
  return m;
}

// The terms beside the first maximum as high + low: 8 terms plain, then TwoSum (f64: every term).
// `index`: of that maximum.
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE V sum_of_column(D d, const ColumnsView<T>& z, std::size_t r,
                           const Exponential<D, false>& exponential, V max, V& index, V& low) {
  constexpr std::size_t kGroup = sizeof(T) == 4 ? 8 : 1;
  auto high = hn::Zero(d), number = hn::Zero(d);
  index = low = hn::Zero(d);
  auto left = hn::Eq(high, high);  // lanes whose maximum is yet to come
  for (std::size_t begin = 0; begin < z.cols; begin += kGroup) {
    auto term = hn::Zero(d);
    const std::size_t end = std::min(begin + kGroup, z.cols);
    for (std::size_t j = begin; j < end; ++j) {
      const auto v = hn::LoadU(d, z.at(j, r));
      auto scale = hn::Zero(d);
      const auto e = exponential(v, scale);
      const auto first = hn::And(left, hn::Eq(v, max));
      left = hn::AndNot(first, left);
      index = hn::IfThenElse(first, number, index);
      term = hn::MulAdd(e, hn::IfThenZeroElse(first, scale), term);
      number = hn::Add(number, hn::Set(d, T{1}));
    }
    if (begin == 0)
      high = term;
    else
      add_to(high, low, term);
  }
  return high;
}

// What sum_columns keeps between its two stages.
template <class T>
struct BatchTerms {
  HWY_ALIGN T max[kRowsPerCall], index[kRowsPerCall], high[kRowsPerCall], low[kRowsPerCall];
};

// The first stage, of the rows [begin, begin + n): `z` is their tile.
template <class T>
HWY_INLINE void sum_tile(const ColumnsView<T>& z, std::size_t begin, std::size_t n,
                         BatchSums<T>& out, BatchTerms<T>& terms) {
  using D = hn::CappedTag<T, kBatch>;
  using F = Format<T>;
  const D d;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    auto index = hn::Zero(d), low = hn::Zero(d);
    const auto max = max_of_column(d, z, r);
    const auto far = hn::Ge(hn::Abs(max), hn::Set(d, F::kFar));
    const auto c = hn::IfThenElseZero(far, max);
    const auto round = hn::Set(d, F::kMagic);
    const auto nearest_k =
        hn::Sub(hn::MulAdd(max, hn::Set(d, static_cast<T>(1.4426950408889634)), round), round);
    const auto k = hn::IfThenZeroElse(far, nearest_k);
    const auto down = hn::Sub(k, hn::Set(d, static_cast<T>(F::kBias)));
    const auto magic = hn::NegMulAdd(down, hn::Set(d, static_cast<T>(F::kSteps)), round);
    const auto lo = hn::Mul(down, hn::Set(d, static_cast<T>(0.6931471805599453)));
    const auto high = sum_of_column(d, z, r, Exponential<D, false>(c, magic, lo), max, index, low);
    hn::Store(max, d, terms.max + begin + r);
    hn::Store(index, d, terms.index + begin + r);
    hn::Store(high, d, terms.high + begin + r);
    hn::Store(low, d, terms.low + begin + r);
    hn::Store(c, d, out.c + begin + r);
    hn::Store(k, d, out.k + begin + r);
  }
}

// The sums of n rows, at least, and the places of their maxima; a lane that needs a closer look is
// left not ordinary.
template <class T>
void sum_columns(const Tiles<T>& tiles, std::size_t n, BatchSums<T>& out, std::int64_t* argmax) {
  using F = Format<T>;
  BatchTerms<T> terms;
  for (std::size_t r = 0; r < n; r += kBatch)
    sum_tile(tiles.of(r), r, std::min(kBatch, n - r), out, terms);
  const hn::CappedTag<double, kBatch> d;
  const auto wide = [&](const T* p) HWY_ATTR { return load_f64(d, p); };
  const auto least = hn::Set(d, tiles.of(0).cols == 1 ? 0 : F::kTiny);
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const auto max = wide(terms.max + r), k = wide(out.k + r);
    auto v = hn::NegMulAdd(k, hn::Set(d, Ln2<double>::kHigh), hn::Sub(max, wide(out.c + r)));
    v = hn::NegMulAdd(k, hn::Set(d, Ln2<double>::kLow), v);
    const auto u = sizeof(T) == 4 ? short_two_exp(d, v) : two_exp(d, v);  // 2 exp(m - c) 2^-k
    const auto s = hn::Add(wide(terms.high + r), wide(terms.low + r));
    const auto S = made_good<T>(d, hn::Div(s, u), k);
    hn::Store(max, d, out.m + r);
    hn::Store(S, d, out.S + r);
    hn::Store(hn::MulAdd(S, u, u), d, out.total + r);
    const auto ordinary = hn::And(hn::Lt(hn::Abs(max), hn::Set(d, kInf)), hn::Ge(S, least));
    std::uint8_t bits[8];
    hn::StoreMaskBits(d, ordinary, bits);
    out.ordinary |= std::uint64_t{bits[0]} << r;
    const hn::RebindToSigned<decltype(d)> di;
    const hn::Rebind<std::int32_t, decltype(d)> narrow;
    hn::StoreU(hn::PromoteTo(di, hn::DemoteTo(narrow, wide(terms.index + r))), di, argmax + r);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
