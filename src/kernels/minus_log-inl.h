// -log of f64 probabilities without a division: u = 2^k (1 + r) / c, with c near 1 / m of u's
// mantissa m from a table, so that -log u = -k ln 2 + log c - log(1 + r), |r| <= 1/32. Around
// u = 1 c is 1: the result is relatively accurate there. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_MINUS_LOG_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_MINUS_LOG_INL_H_
#undef CROSSENT_KERNELS_MINUS_LOG_INL_H_
#else
#define CROSSENT_KERNELS_MINUS_LOG_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exact-inl.h"
#include "kernels/log-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// c is 1 / (1 + (i - 10) / 32) for i < 10, 1 / (1 + (i - 10) / 16) from there; then the logarithm
// of the rounded c (scripts/kernel_constants.py).
HWY_ALIGN constexpr double kInverse[16] = {
    0x1.745d1745d1746p+0, 0x1.642c8590b2164p+0, 0x1.5555555555555p+0, 0x1.47ae147ae147bp+0,
    0x1.3b13b13b13b14p+0, 0x1.2f684bda12f68p+0, 0x1.2492492492492p+0, 0x1.1a7b9611a7b96p+0,
    0x1.1111111111111p+0, 0x1.0842108421084p+0, 0x1.0000000000000p+0, 0x1.e1e1e1e1e1e1ep-1,
    0x1.c71c71c71c71cp-1, 0x1.af286bca1af28p-1, 0x1.999999999999ap-1, 0x1.8618618618618p-1};
HWY_ALIGN constexpr double kLogInverse[16] = {0x1.7fafa3bd8151cp-2,
                                              0x1.522ae0738a3d7p-2,
                                              0x1.269621134db91p-2,
                                              0x1.f991c6cb3b37ap-3,
                                              0x1.a93ed3c8ad9e5p-3,
                                              0x1.5bf406b543db0p-3,
                                              0x1.1178e8227e47ap-3,
                                              0x1.9335e5d594988p-4,
                                              0x1.08598b59e3a06p-4,
                                              0x1.0415d89e74440p-5,
                                              0x0.0p+0,
                                              -0x1.f0a30c01162a8p-5,
                                              -0x1.e27076e2af2eap-4,
                                              -0x1.5ff3070a793d6p-3,
                                              -0x1.c8ff7c79a9a20p-3,
                                              -0x1.1675cababa60fp-2};

// table[index mod 16] of each lane.
template <class D, class VU, class V = hn::Vec<D>>
HWY_INLINE V lookup_sixteenth(D d, const double* table, VU index) {
#if HWY_TARGET <= HWY_AVX3
  if constexpr (hn::MaxLanes(D()) == 8)
    return V{_mm512_permutex2var_pd(hn::Load(d, table).raw, index.raw, hn::Load(d, table + 8).raw)};
#endif
  const hn::RebindToUnsigned<D> du;
  const auto low = hn::And(index, hn::Set(du, std::uint64_t{15}));
  return hn::GatherIndex(d, table, hn::BitCast(hn::RebindToSigned<D>(), low));
}

// -log((u + lo) 2^-k_more) for a normal u > 0 and lo below its last place (0 for u below 1/2).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V minus_log_normal(D d, V u, V lo, V k_more) {
  const hn::RebindToUnsigned<D> du;
  const V one = hn::Set(d, 1);
  const auto bits = hn::BitCast(du, u);
  // Half an interval below 1 the mantissa's numbering begins: 1 is inside an interval.
  const auto moved = hn::Add(bits, hn::Set(du, 0x000a'8000'0000'0000u));
  const auto integer = hn::Or(hn::ShiftRight<52>(moved), hn::Set(du, 0x4330000000000000u));
  const V minus_k = hn::Sub(hn::Set(d, 0x1p52 + 1023), hn::BitCast(d, integer));
  const V m = hn::BitCast(d, hn::Sub(hn::Add(bits, hn::BitCast(du, one)),
                                     hn::And(moved, hn::Set(du, 0xfff0000000000000u))));
  const auto index = hn::ShiftRight<48>(moved);
  const V c = lookup_sixteenth(d, kInverse, index);
  const V s = hn::NegMulAdd(lo, c, residual(d, one, m, c));  // -r
  // (-log(1 - s) - s) / s^2, minimax on [-1/32, 1/34]: the logarithm within 2^-56.5.
  const V q = polynomial(d, s, 0x1.fffffffffffd6p-2, 0x1.5555555555a3bp-2, 0x1.000000009c1abp-2,
                         0x1.999999882d967p-3, 0x1.55554268a1979p-3, 0x1.2492d14723fd0p-3,
                         0x1.006bf40c98de3p-3, 0x1.c4ebc07b362a5p-4);
  const V base = hn::MulAdd(hn::Add(minus_k, k_more), hn::Set(d, 0x1.62e42fefa39efp-1),
                            lookup_sixteenth(d, kLogInverse, index));
  return hn::Add(base, hn::MulAdd(hn::Mul(s, s), q, s));
}

// The same for every u in [0, 1]; -log 0 = inf, NaN for NaN and u < 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V minus_log(D d, V u, V lo) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const auto subnormal = hn::Lt(u, hn::Set(d, std::numeric_limits<double>::min()));
  const V lifted = hn::IfThenElse(subnormal, hn::Mul(u, hn::Set(d, 0x1p54)), u);
  const V k_more = hn::IfThenElseZero(subnormal, hn::Set(d, 54));
  V value = minus_log_normal(d, lifted, lo, k_more);
  value = hn::IfThenElse(hn::Ge(hn::Zero(d), u), hn::Set(d, kInf), value);
  return hn::IfThenElse(hn::Le(hn::Zero(d), u), value,
                        hn::Set(d, std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
