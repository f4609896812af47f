// The terms of binary cross-entropy and its derivatives. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_BINARY_TERMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_BINARY_TERMS_INL_H_
#undef CROSSENT_KERNELS_BINARY_TERMS_INL_H_
#else
#define CROSSENT_KERNELS_BINARY_TERMS_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"
#include "kernels/binary_cross_entropy.h"
// After highway.h.
#include "kernels/math-inl.h"
#include "kernels/minus_log-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using kernels::kBinaryGroup;
using D = hn::CappedTag<double, kBinaryGroup>;
using V = hn::Vec<D>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMin = std::numeric_limits<double>::min();

// Of t = 1 and of t = 0 by a logit: loss softplus(-x) and softplus(x), slope -sigma(-x) (without
// the sign) and sigma(x); both have the curvature sigma(x) sigma(-x).
// e and rest are e^-|x| and log1p(e).
HWY_INLINE void logit_terms(D d, V x, V e, V rest, V& loss1, V& loss0, V& slope1, V& slope0,
                            V& curve) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1);
  const auto negative = hn::Lt(x, zero);
  loss1 = hn::Add(hn::IfThenElseZero(negative, hn::Neg(x)), rest);
  loss0 = hn::Add(hn::IfThenZeroElse(negative, x), rest);
  // A subnormal e would make the derivatives' bits depend on flush-to-zero.
  const V small = hn::IfThenZeroElse(hn::Lt(e, hn::Set(d, kMin)), e);
  const V whole = hn::Add(one, small), large_sigma = hn::Div(one, whole);
  const V small_sigma = hn::Mul(small, large_sigma);
  slope1 = hn::IfThenElse(negative, large_sigma, small_sigma);
  slope0 = hn::IfThenElse(negative, small_sigma, large_sigma);
  curve = hn::Div(small, hn::Mul(whole, whole));
}

// a b, and 0 where a is 0, whatever b is.
HWY_INLINE V product(D d, V a, V b) {
  return hn::IfThenZeroElse(hn::Eq(a, hn::Zero(d)), hn::Mul(a, b));
}

// a / b, and 0 where a is 0, whatever b is.
HWY_INLINE V quotient(D d, V a, V b) {
  return hn::IfThenZeroElse(hn::Eq(a, hn::Zero(d)), hn::Div(a, b));
}

// c1 a + c0 b.
HWY_INLINE V mix(D d, V c1, V a, V c0, V b) {
  return hn::Add(product(d, c1, a), product(d, c0, b));
}

// A derivative; NaN where the element is bad.
template <class M>
HWY_INLINE void store_derivative(D d, V value, V factor, M bad, double* out) {
  hn::StoreU(hn::IfThenElse(bad, hn::Set(d, kNaN), product(d, factor, value)), d, out);
}

HWY_INLINE auto outside_unit(D d, V x) {  // NaN too
  return hn::Not(hn::And(hn::Le(hn::Zero(d), x), hn::Le(x, hn::Set(d, 1))));
}

HWY_INLINE V probability_loss(D d, V x, V c1, V c0) {
  const V zero = hn::Zero(d), other = hn::Sub(hn::Set(d, 1), x);
  const V lost = hn::Sub(hn::Sub(hn::Set(d, 1), other), x);
  return mix(d, c1, minus_log(d, x, zero), c0, minus_log(d, other, lost));
}

// The losses of probabilities in [2^-1022, 1) against targets 0 and 1, where one logarithm is
// enough: the other is weighted with 0. False where there is anything else.
HWY_INLINE bool plain_probability_loss(D d, V x, V t, V& loss) {
  const hn::RebindToUnsigned<D> du;
  const V zero = hn::Zero(d), one = hn::Set(d, 1);
  const auto least = hn::BitCast(du, hn::Set(d, kMin));
  const auto inside = hn::RebindMask(
      d, hn::Lt(hn::Sub(hn::BitCast(du, x), least), hn::Sub(hn::BitCast(du, one), least)));
  const auto first = hn::Eq(t, one);
  if (!hn::AllTrue(d, hn::And(inside, hn::Or(first, hn::Eq(t, zero))))) return false;
  const V other = hn::Sub(one, x), lost = hn::Sub(hn::Sub(one, other), x);
  loss =
      minus_log_normal(d, hn::IfThenElse(first, x, other), hn::IfThenZeroElse(first, lost), zero);
  return true;
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
