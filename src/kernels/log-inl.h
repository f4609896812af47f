// log and log1p of f64 vectors: x = 2^k (1 + f), log(1 + f) = 2 atanh(f / (2 + f)), the
// leading term with its rounding error (P. T. P. Tang, ACM TOMS 16 (1990), without the table).
#if defined(CROSSENT_KERNELS_LOG_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_LOG_INL_H_
#undef CROSSENT_KERNELS_LOG_INL_H_
#else
#define CROSSENT_KERNELS_LOG_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exact-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// x = 2^k m for a positive normal x, m in [sqrt(1/2), sqrt(2)); returns m. `down` is 2^-k (0 or
// meaningless beyond k = 1022).
template <class D, class V>
HWY_INLINE V split_exponent(D d, V x, V& k, V& down) {
  const hn::RebindToUnsigned<D> du;
  const auto one = hn::Set(du, 0x3ff0000000000000u);
  const auto bits = hn::BitCast(du, x);
  const auto biased = hn::ShiftRight<52>(hn::Add(bits, hn::Set(du, 0x0009'5f61'9980'c433u)));
  // The integer under the mantissa of 2^52, which is then taken away with the bias.
  const auto integer = hn::Or(biased, hn::Set(du, 0x4330000000000000u));
  k = hn::Sub(hn::BitCast(d, integer), hn::Set(d, 0x1p52 + 1023));
  down = hn::BitCast(d, hn::ShiftLeft<52>(hn::Sub(hn::Set(du, 2046), biased)));
  return hn::BitCast(d, hn::Add(hn::Sub(bits, hn::ShiftLeft<52>(biased)), one));
}

// s + s_lo = f / (1 + f/2), for f + f_lo in [sqrt(1/2) - 1, sqrt(2) - 1]; returns s.
template <class D, class V>
HWY_INLINE V atanh_argument(D d, V f, V f_lo, V& s_lo) {
  const V half = hn::Set(d, 0.5), one = hn::Set(d, 1);
  const V h = hn::Mul(f, half);
  const V den = hn::Add(one, h);
  const V den_lo = hn::MulAdd(f_lo, half, sum_error(one, h, den));
  const V reciprocal = hn::Div(one, den);
  const V s = hn::Mul(f, reciprocal);
  const V rest = hn::Add(residual(d, f, s, den), hn::NegMulAdd(s, den_lo, f_lo));
  s_lo = hn::Mul(rest, reciprocal);
  return s;
}

// (2 atanh(s/2) - s - s^3/12) / s^5 by z = s^2, minimax on |s| <= 6 - 4 sqrt 2: 2 atanh(s/2) within
// 2^-66.8, most of it the rounding of the first coefficient (scripts/kernel_constants.py).
template <class D, class V>
HWY_INLINE V atanh_quintic(D d, V z) {
  return polynomial(d, z, 0x1.999999999998ep-7, 0x1.24924924939b1p-9, 0x1.c71c71c4bf749p-12,
                    0x1.745d1877ed1a6p-14, 0x1.3b1353d34c2e0p-16, 0x1.11229445660dcp-18,
                    0x1.ddf23264637a5p-21, 0x1.ecedd692283ebp-23);
}

// k ln 2 + log(1 + f + f_lo), relatively accurate for k = 0 too.
template <class D, class V>
HWY_INLINE V log_sum(D d, V k, V f, V f_lo) {
  V s_lo;
  const V s = atanh_argument(d, f, f_lo, s_lo);
  const V z = hn::Mul(s, s);
  const V cubic = hn::MulAdd(atanh_quintic(d, z), z, hn::Set(d, 0x1.5555555555555p-4));
  const V a = hn::Mul(k, hn::Set(d, kLn2Hi));  // exact; 0 or larger than s
  const V hi = hn::Add(a, s);
  const V tail = hn::MulAdd(hn::Mul(s, z), cubic, s_lo);
  return hn::Add(hi, hn::Add(sum_error(a, s, hi), hn::MulAdd(k, hn::Set(d, kLn2Lo), tail)));
}

// `value` where x is inside (edge, inf); the limits and NaN elsewhere.
template <class D, class V>
HWY_INLINE V with_log_limits(D d, V x, double edge, V value) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const V e = hn::Set(d, edge);
  value = hn::IfThenElse(hn::Lt(x, hn::Set(d, kInf)), value, x);  // inf, NaN
  value = hn::IfThenElse(hn::Eq(x, e), hn::Set(d, -kInf), value);
  return hn::IfThenElse(hn::Lt(x, e), hn::Set(d, std::numeric_limits<double>::quiet_NaN()), value);
}

// m - 1 and k of x = 2^k m, x > 0, subnormal numbers included; returns m - 1.
template <class D, class V>
HWY_INLINE V split_positive(D d, V x, V& k) {
  const auto subnormal = hn::Lt(x, hn::Set(d, std::numeric_limits<double>::min()));
  V down;
  const V m =
      split_exponent(d, hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 0x1p54)), x), k, down);
  k = hn::Sub(k, hn::IfThenElseZero(subnormal, hn::Set(d, 54)));
  return hn::Sub(m, hn::Set(d, 1));
}

// log x: log(0) = -inf, log(x < 0) = NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log(D d, V x) {
  V k;
  const V f = split_positive(d, x, k);
  return with_log_limits(d, x, 0, log_sum(d, k, f, hn::Zero(d)));
}

// log(1 + x), the rounding error of 1 + x carried along.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log1p(D d, V x) {
  const V one = hn::Set(d, 1);
  const V u = hn::Add(one, x);
  const V part = hn::Sub(u, one);
  const V u_lo = hn::Add(hn::Sub(one, hn::Sub(u, part)), hn::Sub(x, part));
  V k, down;
  const V f = hn::Sub(split_exponent(d, u, k, down), one);
  // Beyond 2^60 the error does not count, and 2^-k would end.
  const V f_lo = hn::IfThenElseZero(hn::Lt(x, hn::Set(d, 0x1p60)), hn::Mul(u_lo, down));
  const V sum = hn::Add(f, f_lo);
  const V value = log_sum(d, k, sum, sum_error(f, f_lo, sum));
  const auto tiny = hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-54));  // keeps -0 and the subnormals
  return hn::IfThenElse(tiny, x, with_log_limits(d, x, -1, value));
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
