// Activations of hidden layers and their slopes. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ACTIVATION_INL_H_
#undef CROSSENT_KERNELS_ACTIVATION_INL_H_
#else
#define CROSSENT_KERNELS_ACTIVATION_INL_H_
#endif

#include <algorithm>
#include <type_traits>

#include "hwy/highway.h"
#include "kernels/activation.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/exp-inl.h"
#include "kernels/normal-inl.h"
#include "kernels/short_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using kernels::Hidden;

// Beyond it Phi is 0 or 1, and e^(-z^2/2) is 0.
constexpr double kFar = 39;

template <class T, class D, class V>
HWY_INLINE V tanh_for(D d, V z) {
  if constexpr (std::is_same_v<T, float>)
    return short_tanh(d, z);
  else
    return tanh(d, z);
}

template <class T, class D, class V>
HWY_INLINE V sigmoid_for(D d, V z) {
  const V one = hn::Set(d, 1), below = hn::Neg(hn::Abs(z));
  V e;
  if constexpr (std::is_same_v<T, float>)
    e = short_exp(d, below);
  else
    e = exp(d, below);
  return hn::Div(hn::IfThenElse(hn::Lt(z, hn::Zero(d)), e, one), hn::Add(one, e));
}

template <class D, class V>
HWY_INLINE V gelu(D d, V z) {
  V bell;
  const V share = normal(d, clamp_keep_nan(d, z, -kFar, kFar), bell);
  const V finite = hn::IfThenElse(hn::Lt(z, hn::Set(d, -kFar)), hn::Zero(d), z);  // -inf gives 0
  return hn::Mul(finite, share);
}

// Phi(z) + z e^(-z^2/2) / sqrt(2 pi).
template <class D, class V>
HWY_INLINE V gelu_slope(D d, V z) {
  V bell;
  z = clamp_keep_nan(d, z, -kFar, kFar);
  const V share = normal(d, z, bell);
  return hn::MulAdd(hn::Mul(z, hn::Set(d, 0x1.9884533d43651p-2)), bell, share);
}

template <class T>
void activate(Hidden f, const T* z, T* a, std::size_t n) {
  switch (f) {
    case Hidden::tanh:
      return each<double>(n, [=](auto d, std::size_t i) HWY_ATTR {
        store_f64(d, tanh_for<T>(d, load_f64(d, z + i)), a + i);
      });
    case Hidden::sigmoid:
      return each<double>(n, [=](auto d, std::size_t i) HWY_ATTR {
        store_f64(d, sigmoid_for<T>(d, load_f64(d, z + i)), a + i);
      });
    case Hidden::relu:
      return each<T>(n, [=](auto d, std::size_t i) HWY_ATTR {
        const auto v = hn::LoadU(d, z + i), zero = hn::Zero(d);
        hn::StoreU(hn::IfThenElse(hn::Le(v, zero), zero, v), d, a + i);
      });
    case Hidden::gelu:
      return each<double>(n, [=](auto d, std::size_t i)
                                 HWY_ATTR { store_f64(d, gelu(d, load_f64(d, z + i)), a + i); });
    case Hidden::identity:
      if (a != z) std::copy_n(z, n, a);
  }
}

template <class T>
void multiply_by_slope(Hidden f, const T* kept, T* g, std::size_t n) {
  switch (f) {
    case Hidden::tanh:
      return each<T>(n, [=](auto d, std::size_t i) HWY_ATTR {
        const auto a = hn::LoadU(d, kept + i), one = hn::Set(d, 1);
        const auto slope = hn::Mul(hn::Sub(one, a), hn::Add(one, a));
        hn::StoreU(hn::Mul(hn::LoadU(d, g + i), slope), d, g + i);
      });
    case Hidden::sigmoid:
      return each<T>(n, [=](auto d, std::size_t i) HWY_ATTR {
        const auto a = hn::LoadU(d, kept + i);
        const auto slope = hn::Mul(a, hn::Sub(hn::Set(d, 1), a));
        hn::StoreU(hn::Mul(hn::LoadU(d, g + i), slope), d, g + i);
      });
    case Hidden::relu:
      return each<T>(n, [=](auto d, std::size_t i) HWY_ATTR {
        const auto a = hn::LoadU(d, kept + i), zero = hn::Zero(d);  // a is 0 or NaN if not above 0
        const auto slope = hn::IfThenElse(hn::Gt(a, zero), hn::Set(d, 1), a);
        hn::StoreU(hn::Mul(hn::LoadU(d, g + i), slope), d, g + i);
      });
    case Hidden::gelu:
      return each<double>(n, [=](auto d, std::size_t i) HWY_ATTR {
        const auto slope = gelu_slope(d, load_f64(d, kept + i));
        store_f64(d, hn::Mul(load_f64(d, g + i), slope), g + i);
      });
    case Hidden::identity:
      return;
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
