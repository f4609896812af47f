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
#include "kernels/row_columns-inl.h"
#include "kernels/row_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The sums of up to kBatch rows, as arrays that vectors of rows load and store; RowSum of one row.
// The index of the maximum is Rows::argmax.
template <class T>
struct BatchSums {
  HWY_ALIGN double m[kBatch] = {}, S[kBatch] = {}, total[kBatch] = {};
  HWY_ALIGN T c[kBatch] = {}, k[kBatch] = {};
  bool ordinary[kBatch] = {};

  RowSum<T> get(std::size_t r, std::int64_t argmax) const {
    Origin<T> origin;
    origin.c = c[r];
    origin.k = static_cast<int>(k[r]);
    return {m[r], static_cast<std::size_t>(argmax), S[r], total[r], origin, ordinary[r]};
  }
  void set(std::size_t r, const RowSum<T>& sum) {
    m[r] = sum.m;
    S[r] = sum.S;
    total[r] = sum.total;
    c[r] = sum.origin.c;
    k[r] = static_cast<T>(sum.origin.k);
    ordinary[r] = sum.ordinary;
  }
};

// Maximum and its lowest index of a vector of rows.
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE V max_of_column(D d, const ColumnsView<T>& z, std::size_t r, V& index) {
  auto m = hn::LoadU(d, z.at(0, r));
  index = hn::Zero(d);
  for (std::size_t j = 1; j < z.cols; ++j) {
    const auto v = hn::LoadU(d, z.at(j, r));
    const auto above = hn::Gt(v, m);
    m = hn::IfThenElse(above, v, m);
    index = hn::IfThenElse(above, hn::Set(d, static_cast<T>(j)), index);
  }
  return m;
}

// The terms beside the maximum as high + low: 8 terms plain, then TwoSum (f64: every term).
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE V sum_of_column(D d, const ColumnsView<T>& z, std::size_t r,
                           const Exponential<D>& exponential, V index, V& low) {
  constexpr std::size_t kGroup = sizeof(T) == 4 ? 8 : 1;
  auto high = hn::Zero(d);
  low = hn::Zero(d);
  for (std::size_t begin = 0; begin < z.cols; begin += kGroup) {
    auto term = hn::Zero(d);
    for (std::size_t j = begin; j < std::min(begin + kGroup, z.cols); ++j) {
      auto scale = hn::Zero(d);
      const auto e = exponential(hn::LoadU(d, z.at(j, r)), scale);
      scale = hn::IfThenZeroElse(hn::Eq(index, hn::Set(d, static_cast<T>(j))), scale);
      term = hn::MulAdd(e, scale, term);
    }
    const auto sum = hn::Add(high, term), back = hn::Sub(sum, high);
    low = hn::Add(low, hn::Add(hn::Sub(high, hn::Sub(sum, back)), hn::Sub(term, back)));
    high = sum;
  }
  return high;
}

// The sums of kBatch rows; a lane that needs a closer look is left not ordinary.
template <class T>
void sum_columns(const ColumnsView<T>& z, BatchSums<T>& out, std::int64_t* argmax) {
  using D = hn::CappedTag<T, kBatch>;
  using F = Format<T>;
  const D d;
  HWY_ALIGN T m[kBatch], a[kBatch], highs[kBatch], lows[kBatch];
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    auto index = hn::Zero(d), low = hn::Zero(d);
    const auto max = max_of_column(d, z, r, index);
    const auto far = hn::Ge(hn::Abs(max), hn::Set(d, F::kFar));
    const auto c = hn::IfThenElseZero(far, max);
    const auto round = hn::Set(d, Format<T>::kMagic);
    const auto nearest_k =
        hn::Sub(hn::MulAdd(max, hn::Set(d, static_cast<T>(1.4426950408889634)), round), round);
    const auto k = hn::IfThenZeroElse(far, nearest_k);
    const auto down = hn::Sub(k, hn::Set(d, static_cast<T>(F::kBias)));
    const auto magic = hn::NegMulAdd(down, hn::Set(d, static_cast<T>(F::kSteps)), round);
    const auto lo = hn::Mul(down, hn::Set(d, static_cast<T>(0.6931471805599453)));
    const auto high = sum_of_column(d, z, r, Exponential<D>(c, magic, lo), index, low);
    hn::Store(max, d, m + r);
    hn::Store(index, d, a + r);
    hn::Store(c, d, out.c + r);
    hn::Store(k, d, out.k + r);
    hn::Store(high, d, highs + r);
    hn::Store(low, d, lows + r);
  }
  const hn::CappedTag<double, kBatch> df;
  const auto wide = [&](const T* p) HWY_ATTR { return load_vector_f64(df, p); };
  const auto least = hn::Set(df, z.cols == 1 ? 0 : F::kTiny);
  const auto infinity = hn::Set(df, std::numeric_limits<double>::infinity());
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(df)) {
    const auto max = wide(m + r), n = wide(out.k + r);
    auto v = hn::NegMulAdd(n, hn::Set(df, Ln2<double>::kHigh), hn::Sub(max, wide(out.c + r)));
    v = hn::NegMulAdd(n, hn::Set(df, Ln2<double>::kLow), v);
    const auto u = two_exp(df, v);  // 2 exp(m - c) 2^-k
    const auto s = hn::Add(wide(highs + r), wide(lows + r));
    const auto S = hn::Div(s, u);
    hn::Store(max, df, out.m + r);
    hn::Store(S, df, out.S + r);
    hn::Store(hn::Add(u, s), df, out.total + r);
    const auto ordinary = hn::And(hn::Lt(hn::Abs(max), infinity), hn::Ge(S, least));
    std::uint8_t bits[8];
    hn::StoreMaskBits(df, ordinary, bits);
    for (std::size_t i = 0; i < hn::Lanes(df); ++i) out.ordinary[r + i] = (bits[0] >> i & 1) != 0;
    const hn::RebindToSigned<decltype(df)> di;
    hn::StoreU(hn::ConvertTo(di, wide(a + r)), di, argmax + r);
  }
}

// A batch's factors of the exponentials, as vectors.
template <class T>
struct BatchScaling {
  HWY_ALIGN T two[kBatch] = {}, c[kBatch] = {}, magic[kBatch] = {}, lo[kBatch] = {};

  void set(std::size_t r, const Scaling<T>& scaling) {
    two[r] = scaling.two;
    c[r] = scaling.pass.c;
    magic[r] = scaling.pass.magic;
    lo[r] = scaling.pass.lo;
  }
};

// The elements alpha p_j of a batch.
template <class T>
void scale_columns(const BatchScaling<T>& scaling, const ColumnsView<T>& z, Columns<T>& out) {
  using D = hn::CappedTag<T, kBatch>;
  const D d;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    const auto two = hn::Load(d, scaling.two + r);
    const Exponential<D> exponential(hn::Load(d, scaling.c + r), hn::Load(d, scaling.magic + r),
                                     hn::Load(d, scaling.lo + r));
    for (std::size_t j = 0; j < z.cols; ++j) {
      auto scale = hn::Zero(d);
      const auto e = exponential(hn::LoadU(d, z.at(j, r)), scale);
      hn::Store(hn::MulAdd(hn::Mul(e, two), scale, hn::Zero(d)), d, out.at + j * kBatch + r);
    }
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
