// The elementary functions of every result path as f64 vector code, within 1 ulp on every SIMD
// target (docs/accuracy.md): exp expm1 tanh (exp-inl.h), log log1p (log-inl.h), pow (pow-inl.h).
// Each is `V f(D d, V x)`. The same bits on every target with fused multiply-add, whatever the
// number of lanes.
#if defined(CROSSENT_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_MATH_INL_H_
#undef CROSSENT_KERNELS_MATH_INL_H_
#else
#define CROSSENT_KERNELS_MATH_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exp-inl.h"
#include "kernels/log-inl.h"
#include "kernels/pow-inl.h"

#endif  // toggle guard
