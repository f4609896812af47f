// exp, expm1 and tanh of f64 vectors: x = n ln 2 + r, |r| <= ln 2 / 2, a minimax polynomial in r,
// and the leading terms summed with their rounding errors (P. T. P. Tang, ACM TOMS 15 (1989),
// without the table).
#if defined(CROSSENT_KERNELS_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_EXP_INL_H_
#undef CROSSENT_KERNELS_EXP_INL_H_
#else
#define CROSSENT_KERNELS_EXP_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exact-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// x + x_lo = n ln 2 + (r + r_lo); returns r.
template <class D, class V>
HWY_INLINE V reduce_by_ln2(D d, V x, V x_lo, V& n, V& r_lo) {
  const V round = hn::Set(d, kRound);
  n = hn::Sub(hn::MulAdd(x, hn::Set(d, 0x1.71547652b82fep0), round), round);
  const V hi = hn::NegMulAdd(n, hn::Set(d, kLn2Hi), x);  // exact
  const V lo = hn::MulSub(n, hn::Set(d, kLn2Lo), x_lo);
  const V r = hn::Sub(hi, lo);
  r_lo = hn::Sub(hn::Sub(hi, r), lo);
  return r;
}

// (e^r - 1 - r - r^2/2) / r^3, minimax on |r| <= ln 2 / 2: e^r within 2^-60.1, most of it the
// rounding of the first coefficient (scripts/kernel_constants.py).
template <class D, class V>
HWY_INLINE V exp_cubic(D d, V r) {
  return polynomial(d, r, 0x1.555555555555ap-3, 0x1.5555555555530p-5, 0x1.111111110efa7p-7,
                    0x1.6c16c16c271a4p-10, 0x1.a01a01b274b40p-13, 0x1.a01a0151fe6f2p-16,
                    0x1.71ddf25166f24p-19, 0x1.27e58dd98674cp-22, 0x1.af68992e3ec8cp-26,
                    0x1.1e65eb6b4357bp-29);
}

// e^(x + x_lo) = p 2^n for |x_lo| far below 1; x in [-746, 710] or NaN.
template <class D, class V>
HWY_INLINE V exp_parts(D d, V x, V x_lo, V& n) {
  V r_lo;
  const V r = reduce_by_ln2(d, x, x_lo, n, r_lo);
  const V half = hn::Set(d, 0.5), one = hn::Set(d, 1);
  const V quadratic = hn::MulAdd(exp_cubic(d, r), r, half);
  const V tail = hn::MulAdd(hn::Mul(r, r), quadratic, r_lo);
  const V head = hn::Add(one, r);
  return hn::Add(head, hn::Add(sum_error(one, r, head), tail));
}

template <class D, class V>
HWY_INLINE V exp_sum(D d, V x, V x_lo) {
  V n;
  const V p = exp_parts(d, x, x_lo, n);
  const V half = hn::Set(d, 0.5), round = hn::Set(d, kRound);
  // Two factors: 2^1024 and 2^-1074 are not normal numbers. The first product is exact.
  const V n1 = hn::MulAdd(n, half, round);
  const V n2 = hn::Add(hn::Sub(n, hn::Sub(n1, round)), round);
  return hn::Mul(hn::Mul(p, power_of_two(d, n1)), power_of_two(d, n2));
}

// The bits of exp(x) for x in [kLeastNormalExp, 0] or NaN.
constexpr double kLeastNormalExp = -708;
template <class D, class V = hn::Vec<D>>
HWY_INLINE V normal_exp(D d, V x) {
  V n;
  const V p = exp_parts(d, x, hn::Zero(d), n);
  return hn::Mul(p, power_of_two(d, hn::Add(n, hn::Set(d, kRound))));
}

// e^x: exp(0) == 1, exp(-inf) == 0, gradual underflow.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp(D d, V x) {
  return exp_sum(d, clamp_keep_nan(d, x, -746, 710), hn::Zero(d));
}

// (e^x - 1) / 2 = hi + lo, hi its nearest double, for x in [-50, 709.9] or NaN; returns hi.
template <class D, class V>
HWY_INLINE V half_expm1(D d, V x, V& lo) {
  V n, r_lo;
  const V r = reduce_by_ln2(d, x, hn::Zero(d), n, r_lo);
  const V half = hn::Set(d, 0.5);
  const V square = hn::Mul(r, r);
  const V square_lo = hn::Neg(residual(d, square, r, r));
  const V quadratic = hn::Mul(square, half);
  const V a = hn::Add(r, quadratic);
  // e^r r_lo, not r_lo: where n = 1 the result is small enough to show it.
  const V r_term = hn::MulAdd(r_lo, a, r_lo);
  const V a_lo = hn::Add(sum_error(r, quadratic, a), hn::MulAdd(square_lo, half, r_term));
  const V tail = hn::MulAdd(hn::Mul(r, square), exp_cubic(d, r), a_lo);

  const V scale = power_of_two(d, hn::Add(n, hn::Set(d, kRound - 1)));  // 2^(n-1)
  const V h = hn::Sub(scale, half);
  const V part = hn::Sub(h, scale);  // either may be the larger
  const V h_lo = hn::Sub(hn::Sub(scale, hn::Sub(h, part)), hn::Add(half, part));
  const V b = hn::Mul(scale, a);
  const V c = hn::Add(h, b);
  const V rest = hn::Add(sum_error(h, b, c), hn::MulAdd(scale, tail, h_lo));
  const V hi = hn::Add(c, rest);
  lo = sum_error(c, rest, hi);
  return hi;
}

// e^x - 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1(D d, V x) {
  V lo;
  const V hi = half_expm1(d, clamp_keep_nan(d, x, -50, 709.9), lo);
  const auto tiny = hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-54));  // keeps -0 and the subnormals
  return hn::IfThenElse(tiny, x, hn::Add(hi, hi));
}

// tanh x = sign(x) (1 - e^(-2|x|)) / (1 + e^(-2|x|)), the quotient corrected by its remainder.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh(D d, V x) {
  const V a = hn::Abs(x);
  V lo;
  const V hi = half_expm1(d, clamp_keep_nan(d, hn::Neg(hn::Add(a, a)), -50, 0), lo);
  const V one = hn::Set(d, 1);
  const V den = hn::Add(one, hi);
  const V den_lo = hn::Add(sum_error(one, hi, den), lo);
  const V reciprocal = hn::Div(one, den);
  const V quotient = hn::Mul(hi, reciprocal);
  const V rest = hn::Add(residual(d, hi, quotient, den), hn::NegMulAdd(quotient, den_lo, lo));
  return hn::CopySign(hn::MulAdd(rest, reciprocal, quotient), x);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
