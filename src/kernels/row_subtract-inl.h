// What a target takes off a row's gradient. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_SUBTRACT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_SUBTRACT_INL_H_
#undef CROSSENT_KERNELS_ROW_SUBTRACT_INL_H_
#else
#define CROSSENT_KERNELS_ROW_SUBTRACT_INL_H_
#endif

#include <cmath>
#include <limits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/row_target-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// v, or 0 where T would hold a subnormal.
template <class T, class D, class V = hn::Vec<D>>
HWY_INLINE V flushed(D d, V v) {
  return hn::IfThenZeroElse(
      hn::Lt(hn::Abs(v), hn::Set(d, hn::TFromD<D>{std::numeric_limits<T>::min()})), v);
}

// A vector of f64 in D's type.
template <class D, class Wide>
HWY_INLINE hn::Vec<D> rounded_to(D d, Wide v) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    (void)d;
    return v;
  } else {
    return hn::DemoteTo(d, v);
  }
}

// g less an f64 that is rounded to D's type first; 0 for what became subnormal.
template <class D, class Wide>
HWY_INLINE hn::Vec<D> less(D d, hn::Vec<D> g, Wide taken) {
  using T = hn::TFromD<D>;
  const hn::Rebind<double, D> wide;
  return flushed<T>(d, hn::Sub(g, rounded_to(d, flushed<T>(wide, taken))));
}

// Writes g less beta q; whole groups. q_at(d, i): q of elements i, i + 1, .. `to` may be g.
template <class T, class QAt>
HWY_INLINE void subtract_all(double beta, std::size_t groups, const QAt& q_at, const T* g, T* to) {
  const hn::CappedTag<double, kLanes> wide;
  const hn::Rebind<T, decltype(wide)> d;
  const auto factor = hn::Set(wide, beta);
  for (std::size_t i = 0; i < groups * kLanes; i += hn::Lanes(wide)) {
    hn::StoreU(less(d, hn::Load(d, g + i), hn::Mul(factor, q_at(wide, i))), d, to + i);
  }
}

// The same of one element.
template <class T>
HWY_INLINE T subtract_one(double beta, double q, T g) {
  T taken;
  kernels::put(taken, beta * q);
  const T v = g - taken;
  return std::fabs(v) < std::numeric_limits<T>::min() ? T{0} : v;
}

// Writes a block less beta q_j, whole groups. A target that lies in memory, or is the same for all
// classes but one, is taken as it is; others are staged in f64.
template <class T>
HWY_INLINE void subtract_target(const Target& target, const std::uint8_t* class_mask,
                                const Row& row, const Extent& e, double beta, const T* g, T* to) {
  const hn::CappedTag<double, kLanes> d;
  const bool soft = target.soft.data != nullptr;
  const bool plain = target.class_weight == nullptr && class_mask == nullptr;
  const auto spread = hn::Set(d, target.spread);
  if (plain && !soft) {
    const std::size_t y = static_cast<std::size_t>(row.label) - e.begin;
    const T own = y < e.n ? g[y] : T{0};
    subtract_all(
        beta, e.groups + e.rest, [&](auto, std::size_t) HWY_ATTR { return spread; }, g, to);
    if (y < e.n) to[y] = subtract_one(beta, target.keep + target.spread, own);
    return;
  }
  HWY_ALIGN double q[kBlock];
  const T* given = plain ? regular_targets<T>(target.soft, row, e.begin, e.groups) : nullptr;
  const std::size_t staged = given != nullptr ? e.whole : 0;
  load_plain_target(target, row, e.begin + staged, e.n - staged, q + staged);
  weigh_target(target, class_mask, e.begin + staged, e.n - staged, q + staged);
  if (given != nullptr)
    subtract_all(
        beta, e.groups,
        [&](auto, std::size_t i)
            HWY_ATTR { return smoothed(d, target, load_f64(d, given + i), spread); },
        g, to);
  subtract_all(
      beta, e.groups + e.rest - staged / kLanes,
      [&](auto, std::size_t i) HWY_ATTR { return hn::Load(d, q + staged + i); }, g + staged,
      to + staged);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
