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

// f(d, i) for lanes i, i + 1, ..., from `begin` until n elements are done: vectors of D while they
// are full, then ever shorter ones.
template <class D, class F>
HWY_INLINE void each_from(D d, std::size_t begin, std::size_t n, const F& f) {
  constexpr std::size_t N = hn::MaxLanes(D());
  for (; n - begin >= N; begin += N) f(d, begin);
  if constexpr (N > 1)
    if (begin < n) each_from(hn::CappedTag<hn::TFromD<D>, N / 2>(), begin, n, f);
}
template <class T, class F>
HWY_INLINE void each(std::size_t n, const F& f) {
  each_from(hn::ScalableTag<T>(), 0, n, f);
}

// f(true_type) or f(false_type): a loop for each answer.
template <class F>
void choose(bool condition, const F& f) {
  condition ? f(std::true_type()) : f(std::false_type());
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
