// Rows of few classes, one lane a row: 16 rows at a time as columns. A row's bits do not depend on
// its neighbours or on the vector width. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_FEW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_FEW_INL_H_
#undef CROSSENT_KERNELS_ROW_FEW_INL_H_
#else
#define CROSSENT_KERNELS_ROW_FEW_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/row_columns-inl.h"
#include "kernels/row_gradient-inl.h"
#include "kernels/short_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The sums of up to kBatch rows, as arrays that vectors of rows load and store; RowSum of one row.
// The index of the maximum is Rows::argmax.
template <class T>
struct BatchSums {
  HWY_ALIGN double m[kBatch] = {}, S[kBatch] = {}, total[kBatch] = {};
  HWY_ALIGN T c[kBatch] = {}, k[kBatch] = {};
  std::uint32_t ordinary = 0;  // a bit a row

  bool is_ordinary(std::size_t r) const { return (ordinary >> r & 1) != 0; }
  RowSum<T> get(std::size_t r, std::int64_t argmax) const {
    Origin<T> origin;
    origin.c = c[r];
    origin.k = is_ordinary(r) ? static_cast<int>(k[r]) : 0;  // it may be NaN
    return {m[r], static_cast<std::size_t>(argmax), S[r], total[r], origin, is_ordinary(r)};
  }
  void set(std::size_t r, const RowSum<T>& sum) {
    m[r] = sum.m;
    S[r] = sum.S;
    total[r] = sum.total;
    c[r] = sum.origin.c;
    k[r] = static_cast<T>(sum.origin.k);
    ordinary = (ordinary & ~(1u << r)) | std::uint32_t{sum.ordinary} << r;
  }
};

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
    add_to(high, low, term);
  }
  return high;
}

// The sums of n rows, at least; a lane that needs a closer look is left not ordinary.
template <class T>
void sum_columns(const ColumnsView<T>& z, std::size_t n, BatchSums<T>& out, std::int64_t* argmax) {
  using D = hn::CappedTag<T, kBatch>;
  using F = Format<T>;
  const D d;
  HWY_ALIGN T m[kBatch], a[kBatch], highs[kBatch], lows[kBatch];
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    auto index = hn::Zero(d), low = hn::Zero(d);
    const auto max = max_of_column(d, z, r);
    const auto far = hn::Ge(hn::Abs(max), hn::Set(d, F::kFar));
    const auto c = hn::IfThenElseZero(far, max);
    const auto round = hn::Set(d, Format<T>::kMagic);
    const auto nearest_k =
        hn::Sub(hn::MulAdd(max, hn::Set(d, static_cast<T>(1.4426950408889634)), round), round);
    const auto k = hn::IfThenZeroElse(far, nearest_k);
    const auto down = hn::Sub(k, hn::Set(d, static_cast<T>(F::kBias)));
    const auto magic = hn::NegMulAdd(down, hn::Set(d, static_cast<T>(F::kSteps)), round);
    const auto lo = hn::Mul(down, hn::Set(d, static_cast<T>(0.6931471805599453)));
    const auto high = sum_of_column(d, z, r, Exponential<D, false>(c, magic, lo), max, index, low);
    hn::Store(max, d, m + r);
    hn::Store(index, d, a + r);
    hn::Store(c, d, out.c + r);
    hn::Store(k, d, out.k + r);
    hn::Store(high, d, highs + r);
    hn::Store(low, d, lows + r);
  }
  const hn::CappedTag<double, kBatch> df;
  const auto wide = [&](const T* p) HWY_ATTR { return load_f64(df, p); };
  const auto least = hn::Set(df, z.cols == 1 ? 0 : F::kTiny);
  const auto infinity = hn::Set(df, std::numeric_limits<double>::infinity());
  for (std::size_t r = 0; r < n; r += hn::Lanes(df)) {
    const auto max = wide(m + r), k = wide(out.k + r);
    auto v = hn::NegMulAdd(k, hn::Set(df, Ln2<double>::kHigh), hn::Sub(max, wide(out.c + r)));
    v = hn::NegMulAdd(k, hn::Set(df, Ln2<double>::kLow), v);
    const auto u = sizeof(T) == 4 ? short_two_exp(df, v) : two_exp(df, v);  // 2 exp(m - c) 2^-k
    const auto s = hn::Add(wide(highs + r), wide(lows + r));
    const auto S = made_good<T>(df, hn::Div(s, u), k);
    hn::Store(max, df, out.m + r);
    hn::Store(S, df, out.S + r);
    hn::Store(hn::MulAdd(S, u, u), df, out.total + r);
    const auto ordinary = hn::And(hn::Lt(hn::Abs(max), infinity), hn::Ge(S, least));
    std::uint8_t bits[8];
    hn::StoreMaskBits(df, ordinary, bits);
    out.ordinary |= std::uint32_t{bits[0]} << r;
    const hn::RebindToSigned<decltype(df)> di;
    const hn::Rebind<std::int32_t, decltype(df)> narrow;
    hn::StoreU(hn::PromoteTo(di, hn::DemoteTo(narrow, wide(a + r))), di, argmax + r);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
