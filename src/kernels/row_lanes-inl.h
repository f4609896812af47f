// The fixed partial sums of a row. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_LANES_INL_H_
#undef CROSSENT_KERNELS_ROW_LANES_INL_H_
#else
#define CROSSENT_KERNELS_ROW_LANES_INL_H_
#endif

#include <cstddef>
#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLanes = 16;  // partial sums of a row, whatever the vector width

// n elements in whole groups of kLanes.
constexpr std::size_t in_groups(std::size_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// 16 sums in f64, as unevaluated high + low.
struct Lanes {
  HWY_ALIGN double high[kLanes] = {};
  HWY_ALIGN double low[kLanes] = {};
};

// Adds x to the sum high + low (TwoSum), of scalars or lane by lane.
HWY_INLINE void add_to(double& high, double& low, double x) {
  const double sum = high + x, back = sum - high;
  low += (high - (sum - back)) + (x - back);
  high = sum;
}
template <class V>
HWY_INLINE void add_to(V& high, V& low, V x) {
  const V sum = hn::Add(high, x), back = hn::Sub(sum, high);
  low = hn::Add(low, hn::Add(hn::Sub(high, hn::Sub(sum, back)), hn::Sub(x, back)));
  high = sum;
}

// The 16 sums in registers, for the length of a loop: TwoSum for T = double, plain for float.
template <class T>
struct LaneVectors {
  using D = hn::CappedTag<double, kLanes>;
  static constexpr std::size_t N = hn::MaxLanes(D()), kVectors = kLanes / N;
  hn::Vec<D> high[kVectors], low[kVectors];

  HWY_INLINE explicit LaneVectors(const Lanes& from) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kVectors; ++i) {
      high[i] = hn::Load(D(), from.high + i * N);
      if constexpr (sizeof(T) == 8) low[i] = hn::Load(D(), from.low + i * N);
    }
  }
  HWY_INLINE void add(std::size_t i, hn::Vec<D> term) {
    if constexpr (sizeof(T) == 8)
      add_to(high[i], low[i], term);
    else
      high[i] = hn::Add(high[i], term);
  }
  HWY_INLINE void store(Lanes& to) const {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kVectors; ++i) {
      hn::Store(high[i], D(), to.high + i * N);
      if constexpr (sizeof(T) == 8) hn::Store(low[i], D(), to.low + i * N);
    }
  }
};

HWY_INLINE void add_lanes(Lanes& to, const Lanes& x) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    add_to(to.high[i], to.low[i], x.high[i]);
    to.low[i] += x.low[i];
  }
}

// A number as high + low.
struct Pair {
  double high = 0, low = 0;
  double value() const { return high + low; }
  Pair minus(double x) const {
    Pair rest = *this;
    add_to(rest.high, rest.low, -x);
    return rest;
  }
};

// The 16 sums folded 8, 4, 2, 1.
HWY_INLINE Pair fold_pair(Lanes lanes) {
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) {
      add_to(lanes.high[i], lanes.low[i], lanes.high[i + half]);
      lanes.low[i] += lanes.low[i + half];
    }
  return {lanes.high[0], lanes.low[0]};
}
HWY_INLINE double fold(const Lanes& lanes) { return fold_pair(lanes).value(); }

// The fold of sums that LaneVectors<T> made, without TwoSum for float; infinite where a term was.
template <class T>
HWY_INLINE double fold_for(Lanes lanes) {
  if constexpr (sizeof(T) == 8) {
    const Pair sum = fold_pair(lanes);
    return sum.high == std::numeric_limits<double>::infinity() ? sum.high : sum.value();
  } else {
    for (std::size_t half = kLanes / 2; half > 0; half /= 2)
      for (std::size_t i = 0; i < half; ++i) lanes.high[i] += lanes.high[i + half];
    return lanes.high[0];
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
