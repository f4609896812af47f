// pow of f64 vectors: e^(y log x), the logarithm in two parts. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_POW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_POW_INL_H_
#undef CROSSENT_KERNELS_POW_INL_H_
#else
#define CROSSENT_KERNELS_POW_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exact-inl.h"
#include "kernels/exp-inl.h"
#include "kernels/log-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// log x = hi + lo with 12 bits more than f64, for finite x > 0; returns hi.
template <class D, class V>
HWY_INLINE V log_pair(D d, V x, V& lo) {
  V k, s_lo;
  const V s = atanh_argument(d, split_positive(d, x, k), hn::Zero(d), s_lo);
  const V z = hn::Mul(s, s);
  const V z_lo = hn::MulAdd(hn::Add(s, s), s_lo, hn::Neg(residual(d, z, s, s)));
  const V p = hn::Mul(s, z);  // s^3 = p + p_lo
  const V p_lo = hn::MulAdd(s, z_lo, hn::MulAdd(s_lo, z, hn::Neg(residual(d, p, s, z))));
  const V twelfth = hn::Set(d, 0x1.5555555555555p-4);
  const V cubic = hn::Mul(p, twelfth);
  const V cubic_lo = hn::MulAdd(p, hn::Set(d, 0x1.5555555555555p-58),
                                hn::MulAdd(p_lo, twelfth, hn::Neg(residual(d, cubic, p, twelfth))));
  const V tail = hn::MulAdd(hn::Mul(p, z), atanh_quintic(d, z), hn::Add(s_lo, cubic_lo));

  const V a = hn::Mul(k, hn::Set(d, kLn2Hi));
  const V b = hn::Add(a, s);
  const V c = hn::Add(b, cubic);
  const V errors = hn::Add(sum_error(a, s, b), sum_error(b, cubic, c));
  const V rest = hn::Add(errors, hn::MulAdd(k, hn::Set(d, kLn2Lo), tail));
  const V hi = hn::Add(c, rest);
  lo = sum_error(c, rest, hi);
  return hi;
}

// x^y for x >= 0, as in C: pow(x, 0) = pow(1, y) = 1; NaN for x < 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V pow(D d, V x, V y) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1);
  V lo;
  const V finite = with_log_limits(d, x, 0, log_pair(d, x, lo));
  // Beyond 2^80 the result is 0, 1 or infinity; the limit keeps products of parts finite.
  y = clamp_keep_nan(d, y, -0x1p80, 0x1p80);
  const V product = hn::Mul(y, finite);
  const V product_lo = hn::MulAdd(y, lo, hn::Neg(residual(d, product, y, finite)));
  const auto inside = hn::Lt(hn::Abs(product), hn::Set(d, 745));
  const V power =
      exp_sum(d, clamp_keep_nan(d, product, -746, 710), hn::IfThenElseZero(inside, product_lo));
  const auto is_one = hn::Or(hn::Eq(x, one), hn::Eq(y, zero));
  return hn::IfThenElse(is_one, one, power);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
