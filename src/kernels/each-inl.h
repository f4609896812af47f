// A loop over the elements of flat arrays. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_EACH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_EACH_INL_H_
#undef CROSSENT_KERNELS_EACH_INL_H_
#else
#define CROSSENT_KERNELS_EACH_INL_H_
#endif

#include <cstddef>
#include <type_traits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// f(d, i) for lanes i, i + 1, ..., until n elements of T are done: whole vectors, then one by one.
template <class T, class F>
HWY_INLINE void each(std::size_t n, const F& f) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  std::size_t i = 0;
  for (; n - i >= hn::Lanes(d); i += hn::Lanes(d)) f(d, i);
  for (; i < n; ++i) f(one, i);
}

// Elements of T in f64, and back (rounded once).
template <class D, class T>
HWY_INLINE hn::Vec<D> load_f64(D d, const T* p) {
  if constexpr (std::is_same_v<T, double>)
    return hn::LoadU(d, p);
  else
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), p));
}
template <class D, class T>
HWY_INLINE void store_f64(D d, hn::Vec<D> v, T* p) {
  if constexpr (std::is_same_v<T, double>) {
    hn::StoreU(v, d, p);
  } else {
    (void)d;
    const hn::Rebind<T, D> to;
    hn::StoreU(hn::DemoteTo(to, v), to, p);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
