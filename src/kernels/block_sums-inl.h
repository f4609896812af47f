// The fixed partial sums of a pass over blocks. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_BLOCK_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_BLOCK_SUMS_INL_H_
#undef CROSSENT_KERNELS_BLOCK_SUMS_INL_H_
#else
#define CROSSENT_KERNELS_BLOCK_SUMS_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The sums of a pass over T. What f64 adds of f32 terms needs no second part.
template <class T>
struct Sums : Lanes {};
template <>
struct Sums<float> {
  HWY_ALIGN double high[kLanes] = {};
};

template <class T>
HWY_INLINE void add_sums(Sums<T>& to, const Sums<T>& x) {
  const hn::CappedTag<double, kLanes> d;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes; i += hn::MaxLanes(d)) {
    auto high = hn::Load(d, to.high + i);
    if constexpr (sizeof(T) == 8) {
      auto low = hn::Load(d, to.low + i);
      add_to(high, low, hn::Load(d, x.high + i));
      hn::Store(hn::Add(low, hn::Load(d, x.low + i)), d, to.low + i);
    } else {
      high = hn::Add(high, hn::Load(d, x.high + i));
    }
    hn::Store(high, d, to.high + i);
  }
}

template <class T>
HWY_INLINE void scale_sums(Sums<T>& sums, double factor) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    sums.high[i] *= factor;
    if constexpr (sizeof(T) == 8) sums.low[i] *= factor;
  }
}

template <class T>
HWY_INLINE double fold_sums(const Sums<T>& sums, double minus = 0) {
  if constexpr (sizeof(T) == 8) {
    return fold_pair(sums).minus(minus).value();
  } else {
    double sum[kLanes / 2];
    for (std::size_t i = 0; i < kLanes / 2; ++i) sum[i] = sums.high[i] + sums.high[i + kLanes / 2];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7])) -
           minus;
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
