// The choice of the SIMD target for optimiser steps, penalties and sums over flat arrays.
#include "kernels/update.h"

#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/update.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "kernels/update_table.h"
// After highway.h.
#include "kernels/update-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
using kernels::UpdateTable;

template <class T>
UpdateTable<T> table() {
  return {sgd<T>,          adam<T>,          add_penalties<T>, scale<T>,
          sum_of<true, T>, sum_of<false, T>, sum_parts<T>};
}
UpdateTable<float> update_f32() { return table<float>(); }
UpdateTable<double> update_f64() { return table<double>(); }

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(update_f32);
HWY_EXPORT(update_f64);

namespace {
template <class T>
kernels::UpdateTable<T> table() {
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(update_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(update_f64)();
}
}  // namespace

template <class T>
void kernels::sgd(const SgdStep& step, T* w, T* v, const T* g, std::size_t n) {
  table<T>().sgd(step, w, v, g, n);
}
template <class T>
void kernels::adam(const AdamStep& step, T* w, T* m, T* v, const T* g, std::size_t n) {
  table<T>().adam(step, w, m, v, g, n);
}
template <class T>
void kernels::add_penalties(double l1, double l2, T* g, const T* w, std::size_t n) {
  table<T>().add_penalties(l1, l2, g, w, n);
}
template <class T>
void kernels::scale(double factor, T* x, std::size_t n) {
  table<T>().scale(factor, x, n);
}
template <class T>
double kernels::sum_of_squares(const T* x, std::size_t n) {
  return table<T>().sum_of_squares(x, n);
}
template <class T>
double kernels::sum_of_magnitudes(const T* x, std::size_t n) {
  return table<T>().sum_of_magnitudes(x, n);
}
template <class T>
void kernels::sum_parts(const T* parts, std::size_t stride, std::size_t count, T* out,
                        std::size_t n) {
  table<T>().sum_parts(parts, stride, count, out, n);
}

template void kernels::sgd(const SgdStep&, float*, float*, const float*, std::size_t);
template void kernels::adam(const AdamStep&, float*, float*, float*, const float*, std::size_t);
template void kernels::add_penalties(double, double, float*, const float*, std::size_t);
template void kernels::scale(double, float*, std::size_t);
template double kernels::sum_of_squares(const float*, std::size_t);
template double kernels::sum_of_magnitudes(const float*, std::size_t);
template void kernels::sum_parts(const float*, std::size_t, std::size_t, float*, std::size_t);
template void kernels::sgd(const SgdStep&, double*, double*, const double*, std::size_t);
template void kernels::adam(const AdamStep&, double*, double*, double*, const double*, std::size_t);
template void kernels::add_penalties(double, double, double*, const double*, std::size_t);
template void kernels::scale(double, double*, std::size_t);
template double kernels::sum_of_squares(const double*, std::size_t);
template double kernels::sum_of_magnitudes(const double*, std::size_t);
template void kernels::sum_parts(const double*, std::size_t, std::size_t, double*, std::size_t);
}  // namespace crossent
#endif  // HWY_ONCE
