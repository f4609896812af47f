// Binary cross-entropy of logits with its derivatives in f32.
#include "kernels/binary_logits.h"

// Compile this file once per SIMD target. The path must be this file's own (checked in CI).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/binary_logits.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/block_sums-inl.h"
#include "kernels/each-inl.h"
#include "kernels/row_elements-inl.h"
#include "kernels/row_exp-inl.h"
#include "kernels/row_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using kernels::BinaryLogits;
using kernels::kLogitsBlock;
using kernels::kLogitsGroup;
using D = hn::CappedTag<float, kLogitsGroup>;
using V = hn::Vec<D>;

// e^-a for a in [0, kFarLogit]: Exponential of row_exp-inl.h without its reference and its clamp.
HWY_INLINE V exp_minus(D d, V a, V table) {
  constexpr float kMagic = Format<float>::kMagic + 8 * (127 - 1);  // the table is doubled
  const hn::RebindToUnsigned<D> du;
  const V t =
      hn::NegMulAdd(a, hn::Set(d, static_cast<float>(8 * 1.4426950408889634)), hn::Set(d, kMagic));
  const V n = hn::Sub(t, hn::Set(d, kMagic));
  V r = hn::NegMulSub(n, hn::Set(d, Ln2<float>::kHigh / 8), a);
  r = hn::NegMulAdd(n, hn::Set(d, Ln2<float>::kLow / 8), r);
  V scale;
  const V p = power_by_eighths(d, table, hn::BitCast(du, t), r, scale, Unchanged());
  return hn::Mul(p, scale);
}

// log1p(e) for e in [0, 1]: e times a weighted minimax polynomial, within 2^-24.4 before rounding.
HWY_INLINE V log1p_unit(D d, V e) {
  return hn::Mul(e,
                 polynomial(d, e, 1, -0x1.ffff14p-2, 0x1.5535dap-2, -0x1.fd1322p-3, 0x1.884454p-3,
                            -0x1.19ad90p-3, 0x1.446c0cp-4, -0x1.ec9940p-6, 0x1.5f96fcp-8));
}

// Whether a lane is not |x| <= kFarLogit with t in [0, 1]. As integers negative numbers and NaN are
// large; t kFarLogit is above kFarLogit exactly when t is above 1.
HWY_INLINE bool any_far(D d, V magnitude, V t) {
  const hn::RebindToUnsigned<D> du;
  const V far = hn::Set(d, kernels::kFarLogit);
  const auto larger = hn::Max(hn::BitCast(du, magnitude), hn::BitCast(du, hn::Mul(t, far)));
  return !hn::AllFalse(du, hn::Gt(larger, hn::BitCast(du, far)));
}

HWY_NOINLINE void keep_far(BinaryLogits& b, std::size_t i) {
  for (const std::size_t end = i + hn::Lanes(D()); i < end; ++i) {
    const float x = b.x[i], t = b.t[i];
    if (x >= -kernels::kFarLogit && x <= kernels::kFarLogit && t >= 0 && t <= 1) continue;
    b.far[b.far_count] = static_cast<std::uint16_t>(i);
    b.far_x[b.far_count++] = x;
  }
}

// Below f32's normal range: +0.
HWY_INLINE V flushed(D d, V x) {
  return hn::IfThenZeroElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-126f)), x);
}

// With e = e^-|x|, sigma = e / (1 + e), and `wrong` the weight of the class that x speaks against,
// `both` that of the two:
//     loss     = wrong |x| + both log1p(e)
//     gradient = sign(x) (wrong - both sigma)      what cancels is small beside its larger term
//     hessian  = both sigma (1 - sigma)
template <bool kOptions, bool kGradient, bool kHessian>
void run(BinaryLogits& b, float* HWY_RESTRICT loss) {
  const D d;
  const V one = hn::Set(d, 1.0f), table = eighths(d, 1.0f);
  for (std::size_t i = 0; i < b.n; i += hn::Lanes(d)) {
    fetch_ahead<4 * hn::MaxLanes(D())>(b.x + i, kStream);
    fetch_ahead<4 * hn::MaxLanes(D())>(b.t + i, kStream);
    const V x = hn::LoadU(d, b.x + i), t = hn::LoadU(d, b.t + i);
    const V magnitude = hn::Abs(x);
    if (HWY_UNLIKELY(any_far(d, magnitude, t))) keep_far(b, i);

    const V e = exp_minus(d, magnitude, table);
    const V c1 = kOptions ? hn::LoadU(d, b.c1 + i) : t;
    const V c0 = kOptions ? hn::LoadU(d, b.c0 + i) : hn::Sub(one, t);
    const auto negative = hn::Lt(x, hn::Zero(d));
    const V wrong = hn::IfThenElse(negative, c1, c0);
    const V both = kOptions ? hn::Add(c1, c0) : one;
    const auto times_both = [&](V v) HWY_ATTR { return kOptions ? hn::Mul(both, v) : v; };
    hn::Store(hn::MulAdd(wrong, magnitude, times_both(log1p_unit(d, e))), d, loss + i);
    if constexpr (kGradient || kHessian) {
      const V factor = kOptions ? hn::LoadU(d, b.factor + i) : hn::Set(d, b.scale);
      const V sigma = hn::Div(e, hn::Add(one, e));
      if constexpr (kGradient) {
        const V slope = hn::Sub(wrong, times_both(sigma));
        V g = hn::MulAdd(hn::IfThenElse(negative, hn::Neg(slope), slope), factor,
                         hn::Zero(d));  // never -0
        if (kOptions) g = flushed(d, g);
        hn::StoreU(g, d, b.gradient + i);
      }
      if constexpr (kHessian) {
        const V curve = times_both(hn::NegMulAdd(sigma, sigma, sigma));
        hn::StoreU(flushed(d, hn::Mul(curve, factor)), d, b.hessian + i);
      }
    }
  }
}

// Weighs the losses, hands them out and sums them, element i in sum i mod 16.
double finish(const BinaryLogits& b, const float* HWY_RESTRICT loss) {
  const hn::CappedTag<double, kLogitsGroup / 2> d;
  constexpr std::size_t N = hn::MaxLanes(d), kVectors = kLogitsGroup / N;
  hn::Vec<decltype(d)> sum[kVectors];
  for (auto& s : sum) s = hn::Zero(d);
  for (std::size_t i = 0; i < b.n; i += kLogitsGroup) {
    for (std::size_t k = 0; k < kVectors; ++k) {
      auto v = load_f64(d, loss + i + k * N);
      if (b.weight != nullptr) v = hn::Mul(v, hn::LoadU(d, b.weight + i + k * N));
      if (b.loss != nullptr) hn::StoreU(v, d, b.loss + i + k * N);
      sum[k] = hn::Add(sum[k], v);
    }
  }
  Sums<float> sums;
  for (std::size_t k = 0; k < kVectors; ++k) hn::Store(sum[k], d, sums.high + k * N);
  return fold_sums(sums);
}

void binary_logits(BinaryLogits& b) {
  HWY_ALIGN float loss[kLogitsBlock];
  b.far_count = 0;
  choose(b.c1 != nullptr, [&](auto options) {
    choose(b.gradient != nullptr, [&](auto gradient) {
      choose(b.hessian != nullptr,
             [&](auto hessian) { run<options(), gradient(), hessian()>(b, loss); });
    });
  });
  for (std::size_t k = 0; k < b.far_count; ++k) loss[b.far[k]] = 0;
  b.sum = finish(b, loss);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(binary_logits);
void kernels::binary_logits(BinaryLogits& block) { HWY_DYNAMIC_DISPATCH(binary_logits)(block); }
}  // namespace crossent
#endif  // HWY_ONCE
