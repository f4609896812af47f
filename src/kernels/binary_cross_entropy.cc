// Binary cross-entropy, its first and second derivative, element by element in f64.
#include "kernels/binary_cross_entropy.h"

#include <limits>

// Compile this file once per SIMD target. The path must be this file's own (checked in CI).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/binary_cross_entropy.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using kernels::BinaryBlock;
using kernels::kBinaryGroup;
using D = hn::CappedTag<double, kBinaryGroup>;
using V = hn::Vec<D>;
constexpr double kInf = std::numeric_limits<double>::infinity();
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
  hn::Store(hn::IfThenElse(bad, hn::Set(d, kNaN), product(d, factor, value)), d, out);
}

// sum += value, its rounding error into `error` (D. Knuth, TAOCP 2, 4.2.2).
HWY_INLINE void add_exactly(D d, V value, double* sum, double* error) {
  const V old = hn::Load(d, sum);
  const V s = hn::Add(old, value);
  const V part = hn::Sub(s, old);
  const V lost = hn::Add(hn::Sub(old, hn::Sub(s, part)), hn::Sub(value, part));
  hn::Store(s, d, sum);
  hn::Store(hn::Add(hn::Load(d, error), lost), d, error);
}

HWY_INLINE auto outside_unit(D d, V x) {  // NaN too
  return hn::Not(hn::And(hn::Le(hn::Zero(d), x), hn::Le(x, hn::Set(d, 1))));
}

// e^-|x| and log1p of it, a loop each: short loops overlap, one long chain of both does not.
void logit_functions(const BinaryBlock& b, double* HWY_RESTRICT e, double* HWY_RESTRICT rest) {
  const D d;
  for (std::size_t i = 0; i < b.n; i += hn::Lanes(d))
    hn::Store(exp(d, hn::Neg(hn::Abs(hn::Load(d, b.x + i)))), d, e + i);
  for (std::size_t i = 0; i < b.n; i += hn::Lanes(d))
    hn::Store(log1p(d, hn::Load(d, e + i)), d, rest + i);
}

template <bool kProbabilities>
void run(BinaryBlock& b) {
  const D d;
  const V zero = hn::Zero(d), one = hn::Set(d, 1), infinity = hn::Set(d, kInf);
  const V keep = hn::Set(d, b.keep), spread = hn::Set(d, b.spread);
  HWY_ALIGN double e[kernels::kBinaryBlock], rest[kernels::kBinaryBlock];
  if (!kProbabilities) logit_functions(b, e, rest);
  for (std::size_t i = 0; i < b.n; i += hn::Lanes(d)) {
    V x = hn::Load(d, b.x + i);
    const V t = hn::Load(d, b.t + i);
    auto bad = hn::Lt(one, zero);
    if (b.check)
      bad = hn::Or(outside_unit(d, t), kProbabilities ? outside_unit(d, x) : hn::IsNaN(x));
    if (kProbabilities && b.clip > 0) {
      const V inside = clamp_keep_nan(d, x, b.clip, 1 - b.clip);
      b.clipped += static_cast<std::int64_t>(hn::CountTrue(d, hn::AndNot(bad, hn::Ne(inside, x))));
      x = inside;
    }
    // 1 - t is smoothed by itself: 1 - (t keep + spread) would cancel.
    const V q = hn::Load(d, b.pos_weight + i);
    const V c1 = hn::Mul(q, hn::Add(hn::Mul(t, keep), spread));
    const V c0 = hn::Add(hn::Mul(hn::Sub(one, t), keep), spread);
    V loss1, loss0, slope1, slope0, curve1, curve0;
    if constexpr (kProbabilities) {
      const V other = hn::Sub(one, x);
      loss1 = hn::Neg(log(d, x));
      loss0 = hn::Neg(log1p(d, hn::Neg(x)));
      slope1 = hn::Div(one, x);
      slope0 = hn::Div(one, other);
      curve1 = hn::Mul(slope1, slope1);
      curve0 = hn::Mul(slope0, slope0);
    } else {
      logit_terms(d, x, hn::Load(d, e + i), hn::Load(d, rest + i), loss1, loss0, slope1, slope0,
                  curve1);
      curve0 = curve1;
    }

    const V weight = hn::Load(d, b.weight + i);
    V loss = product(d, weight, mix(d, c1, loss1, c0, loss0));
    loss = hn::IfThenElse(bad, hn::Set(d, kNaN), loss);
    hn::Store(loss, d, b.loss + i);
    const std::size_t lane = i % kBinaryGroup;
    const V counted = hn::IfThenZeroElse(hn::Eq(loss, infinity), loss);
    add_exactly(d, counted, b.sum + lane, b.error + lane);
    b.finite &= hn::AllTrue(d, hn::Lt(loss, infinity));

    const V factor = hn::Load(d, b.factor + i);
    if (b.gradient_wanted)
      store_derivative(d, mix(d, c1, hn::Neg(slope1), c0, slope0), factor, bad, b.gradient + i);
    if (b.hessian_wanted)
      store_derivative(d, mix(d, c1, curve1, c0, curve0), factor, bad, b.hessian + i);
  }
}

void binary_block(BinaryBlock& b) {
  for (std::size_t j = 0; j < kBinaryGroup; ++j) b.sum[j] = b.error[j] = 0;
  b.clipped = 0;
  b.finite = true;
  if (b.probabilities)
    run<true>(b);
  else
    run<false>(b);
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
