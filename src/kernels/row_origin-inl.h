// Where the terms of a row are measured from, and the exponentials of its scalars. Toggle guard:
// once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_ORIGIN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_ORIGIN_INL_H_
#undef CROSSENT_KERNELS_ROW_ORIGIN_INL_H_
#else
#define CROSSENT_KERNELS_ROW_ORIGIN_INL_H_
#endif

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exact-inl.h"
#include "kernels/row_format-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// The reference of a row: its terms are exp(z - c) 2^-k. k = 0 wherever c is not.
template <class T>
struct Origin {
  T c = 0;
  int k = 0;
  T limit = -std::numeric_limits<T>::infinity();  // a larger z asks for another origin
};

template <class T>
Origin<T> origin_at(T reference) {
  constexpr double kLn2 = 0.6931471805599453;
  Origin<T> o;
  if (!(reference > -std::numeric_limits<T>::infinity())) return o;  // -inf or NaN
  if (std::fabs(reference) >= Format<T>::kFar)
    o.c = reference;
  else
    o.k = static_cast<int>(nearest(static_cast<double>(reference) * 1.4426950408889634));
  o.limit = o.c + static_cast<T>((o.k + Format<T>::kHeadroom) * kLn2);
  return o;
}

// f64: 2 e^r on |r| <= ln2 / 2, Taylor, within 2^-57.4 (scripts/kernel_constants.py); doubled, so
// that no product with a power of two is subnormal.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V two_exp(D d, V r) {
  return polynomial(d, r, 2.0, 2.0, 1.0, 2.0 / 6, 2.0 / 24, 2.0 / 120, 2.0 / 720, 2.0 / 5040,
                    2.0 / 40320, 2.0 / 362880, 2.0 / 3628800, 2.0 / 39916800, 2.0 / 479001600,
                    2.0 / 6227020800);
}

// The same for results in f32, within 2^-36.6.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V short_two_exp(D d, V r) {
  return polynomial(d, r, 2.0, 2.0, 1.0, 2.0 / 6, 2.0 / 24, 2.0 / 120, 2.0 / 720, 2.0 / 5040,
                    2.0 / 40320, 2.0 / 362880);
}

// The exponent of a positive normal x; -1023 of 0.
template <class D, class V>
HWY_INLINE V exponent_of(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  // The integer under the mantissa of 2^52, which is then taken away with the bias.
  const auto biased = hn::And(hn::ShiftRight<52>(hn::BitCast(du, x)), hn::Set(du, 0x7ffu));
  const auto integer = hn::Or(biased, hn::Set(du, 0x4330000000000000u));
  return hn::Sub(hn::BitCast(d, integer), hn::Set(d, 0x1p52 + 1023));
}

// S, a sum of terms that lack kLow over the maximum's own, which has it; n: of the maximum. The
// terms that make S up lie log2 S below it.
template <class T, class D, class V>
HWY_INLINE V made_good(D d, V S, V n) {
  if constexpr (!kMayLackLow<T>) return S;
  const auto down = hn::Min(exponent_of(d, S), hn::Zero(d));
  return hn::NegMulAdd(hn::Mul(S, hn::Add(n, down)), hn::Set(d, double{Ln2<T>::kLow}), S);
}

// p 2^e
inline double scaled(double p, double e) {
  if (std::fabs(e) > 1000) return std::ldexp(p, static_cast<int>(e));
  return p * std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<int>(e) + 1023) << 52);
}

// 2 exp(x) 2^-k of one f64; 0 far below the range of f64.
inline double two_exp_scaled(double x, double k) {
  if (x < -1e6) return 0;
  const hn::CappedTag<double, 1> d;
  const double n = nearest(x * 1.4426950408889634);
  auto r = hn::NegMulAdd(hn::Set(d, n), hn::Set(d, Ln2<double>::kHigh), hn::Set(d, x));
  r = hn::NegMulAdd(hn::Set(d, n), hn::Set(d, Ln2<double>::kLow), r);
  return scaled(hn::GetLane(two_exp(d, r)), n - k);
}

// 2 exp(a - b) 2^-k with the rounding of a - b made good.
inline double two_exp_difference(double a, double b, int k) {
  const double gap = a - b;
  if (gap < -1e6) return 0;
  const double back = gap - a;
  const double error = (a - (gap - back)) - (b + back);
  return two_exp_scaled(gap, k) * (1 + error);
}

// What sums in `from` are multiplied with to be sums in `to`.
template <class T>
double origin_ratio(const Origin<T>& from, const Origin<T>& to) {
  if (from.c == 0 && to.c == 0) return std::ldexp(1.0, from.k - to.k);
  return 0.5 * two_exp_difference(double{from.c}, double{to.c}, to.k - from.k);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
