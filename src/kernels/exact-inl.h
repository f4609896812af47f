// Exact pieces that the elementary functions are made of; compiled once per SIMD target, hence the
// toggle guard.
#if defined(CROSSENT_KERNELS_EXACT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_EXACT_INL_H_
#undef CROSSENT_KERNELS_EXACT_INL_H_
#else
#define CROSSENT_KERNELS_EXACT_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// ln 2 = kLn2Hi + kLn2Lo. kLn2Hi ends in 11 zero bits: its product with an exponent is exact, with
// fused multiply-add or without.
constexpr double kLn2Hi = 0x1.62e42fefa3800p-1;
constexpr double kLn2Lo = 0x1.ef35793c76730p-45;

// Adding this rounds |x| < 2^51 to an integer, which stands (biased by 1023) in the low bits.
constexpr double kRound = 0x1.8p52 + 1023;

// c0 + x (c1 + x (c2 + ...)).
template <class D, class V, class... C>
HWY_INLINE V polynomial(D d, V x, double c0, C... c) {
  if constexpr (sizeof...(c) == 0) {
    return hn::Set(d, static_cast<hn::TFromD<D>>(c0));
  } else {
    return hn::MulAdd(polynomial(d, x, c...), x, hn::Set(d, static_cast<hn::TFromD<D>>(c0)));
  }
}

// c - a b. Exact when c is within a few ulps of a b, as the rounded product and the numerator of a
// quotient are; T. J. Dekker, Numer. Math. 18 (1971) where there is no fused multiply-add.
template <class D, class V>
HWY_INLINE V residual(D d, V c, V a, V b) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::NegMulAdd(a, b, c);
#else
  const V split = hn::Set(d, 134217729.0);  // 2^27 + 1
  const V sa = hn::Mul(a, split), sb = hn::Mul(b, split);
  const V a1 = hn::Sub(sa, hn::Sub(sa, a)), b1 = hn::Sub(sb, hn::Sub(sb, b));
  const V a2 = hn::Sub(a, a1), b2 = hn::Sub(b, b1);
  const V p = hn::Mul(a, b);
  V error = hn::Sub(hn::Mul(a1, b1), p);
  error = hn::Add(hn::Add(error, hn::Mul(a1, b2)), hn::Add(hn::Mul(a2, b1), hn::Mul(a2, b2)));
  return hn::Sub(hn::Sub(c, p), error);
#endif
}

// The rounding error of sum = a + b, for |a| >= |b| or a = 0 (then b == sum and nothing is lost).
template <class V>
HWY_INLINE V sum_error(V a, V b, V sum) {
  return hn::Add(hn::Sub(a, sum), b);
}

// 2^n from n + kRound, for n in [-1022, 1023].
template <class D, class V>
HWY_INLINE V power_of_two(D d, V n_plus_round) {
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::ShiftLeft<52>(hn::BitCast(du, n_plus_round)));
}

// x within [lo, hi], NaN kept (Min and Max keep it by argument order, and not on every target).
template <class D, class V>
HWY_INLINE V clamp_keep_nan(D d, V x, double lo, double hi) {
  x = hn::IfThenElse(hn::Lt(x, hn::Set(d, lo)), hn::Set(d, lo), x);
  return hn::IfThenElse(hn::Lt(hn::Set(d, hi), x), hn::Set(d, hi), x);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
