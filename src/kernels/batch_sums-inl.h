// What the rows of a batch come to, as arrays. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_BATCH_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_BATCH_SUMS_INL_H_
#undef CROSSENT_KERNELS_BATCH_SUMS_INL_H_
#else
#define CROSSENT_KERNELS_BATCH_SUMS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/row_sum-inl.h"
#include "kernels/short_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The sums of up to kRowsPerCall rows, as arrays that vectors of rows load and store; RowSum of one
// row. The index of the maximum is Rows::argmax.
template <class T>
struct BatchSums {
  HWY_ALIGN double m[kRowsPerCall], S[kRowsPerCall], total[kRowsPerCall];
  HWY_ALIGN T c[kRowsPerCall], k[kRowsPerCall];
  std::uint64_t ordinary = 0;  // a bit a row
  static_assert(kRowsPerCall <= 64);

  bool is_ordinary(std::size_t r) const { return (ordinary >> r & 1) != 0; }
  bool are_ordinary(std::size_t n) const {
    return (~ordinary & ~std::uint64_t{0} >> (64 - n)) == 0;
  }
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
    ordinary = (ordinary & ~(std::uint64_t{1} << r)) | std::uint64_t{sum.ordinary} << r;
  }
};

// Origin of a vector of rows, from their maxima, and the constants of their exponentials.
template <class D>
struct Origins {
  using V = hn::Vec<D>;
  using T = hn::TFromD<D>;
  V c, k, magic, lo;
  HWY_INLINE explicit Origins(V max) {
    using F = Format<T>;
    const D d;
    const auto far = hn::Ge(hn::Abs(max), hn::Set(d, F::kFar));
    const auto round = hn::Set(d, F::kMagic);
    const auto nearest_k =
        hn::Sub(hn::MulAdd(max, hn::Set(d, static_cast<T>(1.4426950408889634)), round), round);
    c = hn::IfThenElseZero(far, max);
    k = hn::IfThenZeroElse(far, nearest_k);
    const auto down = hn::Sub(k, hn::Set(d, static_cast<T>(F::kBias)));
    magic = hn::NegMulAdd(down, hn::Set(d, static_cast<T>(F::kSteps)), round);
    lo = hn::Mul(down, hn::Set(d, static_cast<T>(0.6931471805599453)));
  }
};

// What a batch knows of its rows before finish_sums: their maxima, the first place of each, and the
// sum of the terms beside it.
template <class T>
struct BatchTerms {
  HWY_ALIGN T max[kRowsPerCall], index[kRowsPerCall];
  HWY_ALIGN double sum[kRowsPerCall];
};

// The sums of n rows whose terms and origins are known; a row that needs a closer look is left not
// ordinary.
template <class T>
HWY_INLINE void finish_sums(const BatchTerms<T>& terms, std::size_t n, std::size_t cols,
                            BatchSums<T>& out, std::int64_t* argmax) {
  using F = Format<T>;
  const hn::CappedTag<double, kLanes> d;
  const auto wide = [&](const auto* p) HWY_ATTR { return load_f64(d, p); };
  const auto least = hn::Set(d, cols == 1 ? 0 : F::kTiny);
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const auto max = wide(terms.max + r), k = wide(out.k + r);
    auto v = hn::NegMulAdd(k, hn::Set(d, Ln2<double>::kHigh), hn::Sub(max, wide(out.c + r)));
    v = hn::NegMulAdd(k, hn::Set(d, Ln2<double>::kLow), v);
    const auto u = sizeof(T) == 4 ? short_two_exp(d, v) : two_exp(d, v);  // 2 exp(m - c) 2^-k
    const auto S = made_good<T>(d, hn::Div(hn::Load(d, terms.sum + r), u), k);
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
