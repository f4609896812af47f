// Biases and their sums; the choice of the SIMD target for these and the activations.
#include "kernels/activation.h"

#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "kernels/activation_table.h"
// After highway.h.
#include "kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
using kernels::ActivationTable;

template <class T>
void add_bias(const T* HWY_RESTRICT bias, MatrixView<T> z, bool accumulate) {
  for (std::size_t row = 0; row < z.rows; ++row) {
    T* HWY_RESTRICT p = &z(row, 0);
    each<T>(z.cols, [=](auto d, std::size_t i) HWY_ATTR {
      const auto b = hn::LoadU(d, bias + i);
      hn::StoreU(accumulate ? hn::Add(hn::LoadU(d, p + i), b) : b, d, p + i);
    });
  }
}

template <class T>
void column_sums(MatrixView<const T> g, T* HWY_RESTRICT out, bool accumulate) {
  each<T>(g.cols, [=](auto d, std::size_t i) HWY_ATTR {
    auto sum = accumulate ? hn::LoadU(d, out + i) : hn::Zero(d);
    for (std::size_t row = 0; row < g.rows; ++row) sum = hn::Add(sum, hn::LoadU(d, &g(row, i)));
    hn::StoreU(sum, d, out + i);
  });
}

template <class T>
ActivationTable<T> table() {
  return {activate<T>, multiply_by_slope<T>, add_bias<T>, column_sums<T>};
}
ActivationTable<float> activation_f32() { return table<float>(); }
ActivationTable<double> activation_f64() { return table<double>(); }

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(activation_f32);
HWY_EXPORT(activation_f64);

namespace {
template <class T>
kernels::ActivationTable<T> table() {
  if constexpr (std::is_same_v<T, float>)
    return HWY_DYNAMIC_DISPATCH(activation_f32)();
  else
    return HWY_DYNAMIC_DISPATCH(activation_f64)();
}
}  // namespace

template <class T>
void kernels::activate(Hidden f, const T* z, T* a, std::size_t n) {
  table<T>().activate(f, z, a, n);
}
template <class T>
void kernels::multiply_by_slope(Hidden f, const T* kept, T* g, std::size_t n) {
  table<T>().multiply_by_slope(f, kept, g, n);
}
template <class T>
void kernels::add_bias(const T* bias, MatrixView<T> z, bool accumulate) {
  table<T>().add_bias(bias, z, accumulate);
}
void kernels::column_sums(MatrixView<const float> g, float* out, bool accumulate) {
  table<float>().column_sums(g, out, accumulate);
}
void kernels::column_sums(MatrixView<const double> g, double* out, bool accumulate) {
  table<double>().column_sums(g, out, accumulate);
}

template void kernels::activate(Hidden, const float*, float*, std::size_t);
template void kernels::activate(Hidden, const double*, double*, std::size_t);
template void kernels::multiply_by_slope(Hidden, const float*, float*, std::size_t);
template void kernels::multiply_by_slope(Hidden, const double*, double*, std::size_t);
template void kernels::add_bias(const float*, MatrixView<float>, bool);
template void kernels::add_bias(const double*, MatrixView<double>, bool);
}  // namespace crossent
#endif  // HWY_ONCE
