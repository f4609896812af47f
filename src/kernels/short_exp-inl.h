// exp, tanh and log1p in f64 for results that are rounded to f32: within 2^-38, at half the price.
// Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_SHORT_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_SHORT_EXP_INL_H_
#undef CROSSENT_KERNELS_SHORT_EXP_INL_H_
#else
#define CROSSENT_KERNELS_SHORT_EXP_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/log-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// e^x = scale (1 + p), scale a power of two, |p| < 1/2; x in [-110, 0] or NaN. Returns p, Taylor on
// |r| <= ln 2 / 2: e^r within 2^-41.6 (scripts/kernel_constants.py).
template <class D, class V>
HWY_INLINE V short_exp_parts(D d, V x, V& scale) {
  const V round = hn::Set(d, kRound);
  const V n = hn::MulAdd(x, hn::Set(d, 0x1.71547652b82fep0), round);
  const V r = hn::NegMulAdd(hn::Sub(n, round), hn::Set(d, 0x1.62e42fefa39efp-1), x);
  scale = power_of_two(d, n);
  return hn::Mul(r, polynomial(d, r, 1.0, 1 / 2.0, 1 / 6.0, 1 / 24.0, 1 / 120.0, 1 / 720.0,
                               1 / 5040.0, 1 / 40320.0, 1 / 362880.0, 1 / 3628800.0));
}

// e^x for x <= 0 or NaN.
template <class D, class V>
HWY_INLINE V short_exp(D d, V x) {
  V scale;
  const V p =
      short_exp_parts(d, hn::IfThenElse(hn::Lt(x, hn::Set(d, -110)), hn::Set(d, -110), x), scale);
  return hn::MulAdd(scale, p, scale);
}

// tanh x = sign(x) (1 - e^(-2|x|)) / (1 + e^(-2|x|)).
template <class D, class V>
HWY_INLINE V short_tanh(D d, V x) {
  const V a = hn::Abs(x), far = hn::Set(d, 25);
  const V near = hn::IfThenElse(hn::Lt(far, a), far, a);
  V scale;
  const V p = short_exp_parts(d, hn::Neg(hn::Add(near, near)), scale);
  const V e = hn::MulAdd(scale, p, hn::Sub(scale, hn::Set(d, 1)));  // e^(-2|x|) - 1
  return hn::CopySign(hn::Div(e, hn::Add(hn::Set(d, 2), e)), x);
}

// log(1 + x) for x in [0, 2^60]; relatively accurate for tiny x too. The series of atanh after its
// leading term is minimax on |s| <= 3 - 2 sqrt 2: within 2^-44.9 (scripts/kernel_constants.py).
template <class D, class V>
HWY_INLINE V short_log1p(D d, V x) {
  const V one = hn::Set(d, 1), u = hn::Add(one, x);
  V k, down;
  const V f = hn::Sub(split_exponent(d, u, k, down), one);
  const V g = hn::MulAdd(hn::Sub(x, hn::Sub(u, one)), down, f);
  const V s = hn::Div(g, hn::Add(hn::Set(d, 2), g)), z = hn::Mul(s, s);
  const V q = polynomial(d, z, 0x1.555555561e7a9p-2, 0x1.999996a89e72dp-3, 0x1.2494123e373e9p-3,
                         0x1.c62af80e042c5p-4, 0x1.911749c78c3dfp-4);
  const V two_s = hn::Add(s, s);
  return hn::MulAdd(k, hn::Set(d, 0x1.62e42fefa39efp-1), hn::MulAdd(hn::Mul(two_s, z), q, two_s));
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
