// Binary cross-entropy, its first and second derivative, element by element in f64.
#include "kernels/binary_cross_entropy.h"

// Compile this file once per SIMD target. The path must be this file's own (checked in CI).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/binary_cross_entropy.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/binary_terms-inl.h"
#include "kernels/each-inl.h"
#include "kernels/row_elements-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using kernels::BinaryBlock;
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
    fetch_ahead<8 * hn::MaxLanes(D())>(b.x + i, kStream);
    fetch_ahead<8 * hn::MaxLanes(D())>(b.t + i, kStream);
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
    V gradient, hessian;
    if constexpr (kProbabilities) {  // 1 / x and 1 / x^2 may be infinite where c / x^2 is not
      const V other = hn::Sub(one, x);
      const V slope1 = quotient(d, c1, x), slope0 = quotient(d, c0, other);
      loss = probability_loss(d, x, c1, c0);
      gradient = hn::Sub(slope0, slope1);
      hessian = hn::Add(quotient(d, slope1, x), quotient(d, slope0, other));
    } else {
      V loss1, loss0, slope1, slope0, curve;
      logit_terms(d, x, hn::Load(d, e + i), hn::Load(d, rest + i), loss1, loss0, slope1, slope0,
                  curve);
      loss = mix(d, c1, loss1, c0, loss0);
      gradient = mix(d, c1, hn::Neg(slope1), c0, slope0);
      hessian = mix(d, c1, curve, c0, curve);
    }
    if constexpr (kOptions) loss = product(d, hn::LoadU(d, b.weight + i), loss);
    hn::StoreU(hn::IfThenElse(bad, hn::Set(d, kNaN), loss), d, b.loss + i);
    if constexpr (kDerivatives) {
      const V factor = kOptions ? hn::LoadU(d, b.factor + i) : hn::Set(d, b.scale);
      if (b.gradient != nullptr) store_derivative(d, gradient, factor, bad, b.gradient + i);
      if (b.hessian != nullptr) store_derivative(d, hessian, factor, bad, b.hessian + i);
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
