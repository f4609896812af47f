// The normal distribution in f64, relatively accurate in both tails. Toggle guard: once per SIMD
// target.
#if defined(CROSSENT_KERNELS_NORMAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_NORMAL_INL_H_
#undef CROSSENT_KERNELS_NORMAL_INL_H_
#else
#define CROSSENT_KERNELS_NORMAL_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// (u + 4) e^(u^2/2) Phi(-u) by t = (u - 4) / (u + 4), for u in [0, 39]: the variable of M. Shepherd
// and J. Laframboise, Math. Comp. 36 (1981); interpolated in Chebyshev points, within 2^-53
// (scripts/kernel_constants.py).
template <class D, class V>
HWY_INLINE V scaled_tail(D d, V t) {
  return polynomial(d, t, 0x1.82b4bb8c94dcep-1, -0x1.373e3a893c28ap-1, 0x1.8c6dbf2cfc2afp-2,
                    -0x1.7dff2bff68368p-3, 0x1.eec4cc3e4db85p-5, -0x1.ee2761048b5e7p-8,
                    -0x1.c81719d610b82p-9, 0x1.ab825fc3a459bp-10, 0x1.17a4aebfc01c7p-13,
                    -0x1.e4a4260ad8c4ep-13, -0x1.001f43193794ap-19, 0x1.26d0a37c22e03p-15,
                    0x1.80c1dea0222a0p-21, -0x1.8d4bcda0e042bp-18, -0x1.5210d6172ef2fp-21,
                    0x1.1238a8ad41541p-20, 0x1.23d90f695d206p-22, -0x1.4cc8dd42dff5fp-23,
                    -0x1.6ed38c82f7cd9p-24, 0x1.c85321fba99d2p-27, 0x1.510ff60a84cb0p-26,
                    0x1.07a55f5929c3ap-29, -0x1.5aa27c5b7d63cp-29, -0x1.8f4178ebec560p-31);
}

// Phi(z), and `bell` = e^(-z^2/2); z in [-39, 39] or NaN.
template <class D, class V>
HWY_INLINE V normal(D d, V z, V& bell) {
  const V u = hn::Abs(z), half = hn::Set(d, 0.5), one = hn::Set(d, 1), four = hn::Set(d, 4);
  const V square = hn::Mul(u, u);
  bell = exp_sum(d, hn::Mul(square, hn::Neg(half)), hn::Mul(residual(d, square, u, u), half));
  const V near = hn::Sub(u, four), far = hn::Add(u, four);
  const V reciprocal = hn::Div(one, far), quotient = hn::Mul(near, reciprocal);
  const V t = hn::MulAdd(residual(d, near, quotient, far), reciprocal, quotient);
  const V tail = hn::Mul(hn::Mul(scaled_tail(d, t), reciprocal), bell);
  return hn::IfThenElse(hn::Lt(z, hn::Zero(d)), tail, hn::Sub(one, tail));
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
