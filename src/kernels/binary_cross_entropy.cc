// Binary cross-entropy, its first and second derivative, element by element in f64.
#include "kernels/binary_cross_entropy.h"

#include <limits>

// Compile this file once per SIMD target. The path must be this file's own (checked in CI).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/binary_cross_entropy.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/math-inl.h"
#include "kernels/minus_log-inl.h"
#include "kernels/row_elements-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using kernels::BinaryBlock;
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

// e^-|x| and log1p of it, a loop each: short loops overlap, one long chain of both does not.
void logit_functions(const BinaryBlock& b, double* HWY_RESTRICT e, double* HWY_RESTRICT rest) {
  const D d;
  for (std::size_t i = 0; i < b.n; i += hn::Lanes(d))
    hn::Store(exp(d, hn::Neg(hn::Abs(hn::LoadU(d, b.x + i)))), d, e + i);
  for (std::size_t i = 0; i < b.n; i += hn::Lanes(d))
    hn::Store(log1p(d, hn::Load(d, e + i)), d, rest + i);
}

template <bool kProbabilities, bool kOptions, bool kDerivatives>
void run(BinaryBlock& b) {
  const D d;
  const V zero = hn::Zero(d), one = hn::Set(d, 1);
  const V keep = hn::Set(d, b.keep), spread = hn::Set(d, b.spread);
  HWY_ALIGN double e[kernels::kBinaryBlock], rest[kernels::kBinaryBlock];
  if (!kProbabilities) logit_functions(b, e, rest);
  for (std::size_t i = 0; i < b.n; i += hn::Lanes(d)) {
    prefetch<2048, 8 * hn::MaxLanes(D())>(b.x + i);
    prefetch<2048, 8 * hn::MaxLanes(D())>(b.t + i);
    V x = hn::LoadU(d, b.x + i), loss;
    const V t = hn::LoadU(d, b.t + i);
    if constexpr (kProbabilities && !kOptions && !kDerivatives) {
      if (HWY_LIKELY(plain_probability_loss(d, x, t, loss))) {
        hn::StoreU(loss, d, b.loss + i);
        continue;
      }
    }
    auto bad = hn::Lt(one, zero);
    if (b.check)
      bad = hn::Or(outside_unit(d, t), kProbabilities ? outside_unit(d, x) : hn::IsNaN(x));
    V c1 = t, c0 = hn::Sub(one, t);
    if constexpr (kOptions) {
      if (kProbabilities && b.clip > 0) {
        const V inside = clamp_keep_nan(d, x, b.clip, 1 - b.clip);
        b.clipped +=
            static_cast<std::int64_t>(hn::CountTrue(d, hn::AndNot(bad, hn::Ne(inside, x))));
        x = inside;
      }
      // 1 - t is smoothed by itself: 1 - (t keep + spread) would cancel.
      c1 = hn::Mul(hn::LoadU(d, b.pos_weight + i), hn::Add(hn::Mul(t, keep), spread));
      c0 = hn::Add(hn::Mul(c0, keep), spread);
    }
    V loss1, loss0, slope1, slope0, curve1, curve0;
    if constexpr (kProbabilities) {
      loss = probability_loss(d, x, c1, c0);
      slope1 = hn::Div(one, x);
      slope0 = hn::Div(one, hn::Sub(one, x));
      curve1 = hn::Mul(slope1, slope1);
      curve0 = hn::Mul(slope0, slope0);
    } else {
      logit_terms(d, x, hn::Load(d, e + i), hn::Load(d, rest + i), loss1, loss0, slope1, slope0,
                  curve1);
      curve0 = curve1;
      loss = mix(d, c1, loss1, c0, loss0);
    }
    if constexpr (kOptions) loss = product(d, hn::LoadU(d, b.weight + i), loss);
    hn::StoreU(hn::IfThenElse(bad, hn::Set(d, kNaN), loss), d, b.loss + i);
    if constexpr (kDerivatives) {
      const V factor = kOptions ? hn::LoadU(d, b.factor + i) : hn::Set(d, b.scale);
      if (b.gradient != nullptr)
        store_derivative(d, mix(d, c1, hn::Neg(slope1), c0, slope0), factor, bad, b.gradient + i);
      if (b.hessian != nullptr)
        store_derivative(d, mix(d, c1, curve1, c0, curve0), factor, bad, b.hessian + i);
    }
  }
}

void binary_block(BinaryBlock& b) {
  b.clipped = 0;
  choose(b.probabilities, [&](auto probabilities) {
    choose(b.weight != nullptr, [&](auto options) {
      choose(b.gradient != nullptr || b.hessian != nullptr,
             [&](auto derivatives) { run<probabilities(), options(), derivatives()>(b); });
    });
  });
  b.sum = kernels::total(b.loss, b.n);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(binary_block);
void kernels::binary_cross_entropy(BinaryBlock& block) {
  HWY_DYNAMIC_DISPATCH(binary_block)(block);
}
}  // namespace crossent
#endif  // HWY_ONCE
