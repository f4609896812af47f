// Optimiser steps, penalties and sums over flat arrays. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_UPDATE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_UPDATE_INL_H_
#undef CROSSENT_KERNELS_UPDATE_INL_H_
#else
#define CROSSENT_KERNELS_UPDATE_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/update.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/row_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using kernels::AdamStep;
using kernels::SgdStep;

template <class T>
void sgd(const SgdStep& step, T* HWY_RESTRICT w, T* HWY_RESTRICT v, const T* HWY_RESTRICT g,
         std::size_t n) {
  const T rate = static_cast<T>(step.rate), momentum = static_cast<T>(step.momentum);
  if (step.momentum == 0)
    return each<T>(n, [=](auto d, std::size_t i) HWY_ATTR {
      const auto x = hn::LoadU(d, g + i);
      hn::StoreU(hn::NegMulAdd(hn::Set(d, rate), x, hn::LoadU(d, w + i)), d, w + i);
    });
  each<T>(n, [=, nesterov = step.nesterov](auto d, std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, g + i), mu = hn::Set(d, momentum);
    const auto velocity = hn::MulAdd(mu, hn::LoadU(d, v + i), x);
    hn::StoreU(velocity, d, v + i);
    const auto move = nesterov ? hn::MulAdd(mu, velocity, x) : velocity;
    hn::StoreU(hn::NegMulAdd(hn::Set(d, rate), move, hn::LoadU(d, w + i)), d, w + i);
  });
}

template <class T>
void adam(const AdamStep& step, T* HWY_RESTRICT w, T* HWY_RESTRICT m, T* HWY_RESTRICT v,
          const T* HWY_RESTRICT g, std::size_t n) {
  const T beta1 = static_cast<T>(step.beta1), rest1 = static_cast<T>(1 - step.beta1);
  const T beta2 = static_cast<T>(step.beta2), rest2 = static_cast<T>(1 - step.beta2);
  const T rate = static_cast<T>(step.rate), decay = static_cast<T>(step.decay);
  const T v_factor = static_cast<T>(step.v_factor), epsilon = static_cast<T>(step.epsilon);
  each<T>(n, [=](auto d, std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, g + i);
    const auto mean =
        hn::MulAdd(hn::Set(d, beta1), hn::LoadU(d, m + i), hn::Mul(hn::Set(d, rest1), x));
    const auto square = hn::Mul(hn::Mul(hn::Set(d, rest2), x), x);
    const auto variance = hn::MulAdd(hn::Set(d, beta2), hn::LoadU(d, v + i), square);
    hn::StoreU(mean, d, m + i);
    hn::StoreU(variance, d, v + i);
    const auto size = hn::MulAdd(hn::Sqrt(variance), hn::Set(d, v_factor), hn::Set(d, epsilon));
    const auto kept = hn::Mul(hn::Set(d, decay), hn::LoadU(d, w + i));
    hn::StoreU(hn::NegMulAdd(hn::Set(d, rate), hn::Div(mean, size), kept), d, w + i);
  });
}

template <class T>
void add_penalties(double l1, double l2, T* HWY_RESTRICT g, const T* HWY_RESTRICT w,
                   std::size_t n) {
  each<T>(n, [=, a = static_cast<T>(l1), b = static_cast<T>(l2)](auto d, std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, w + i);
    const auto sign = hn::CopySign(hn::Set(d, a), x);
    const auto slope =
        hn::MulAdd(hn::Set(d, b), x, hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Zero(d), sign));
    hn::StoreU(hn::Add(hn::LoadU(d, g + i), slope), d, g + i);
  });
}

template <class T>
void scale(double factor, T* x, std::size_t n) {
  each<T>(n, [=, f = static_cast<T>(factor)](auto d, std::size_t i)
                 HWY_ATTR { hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, f)), d, x + i); });
}

template <class T>
void sum_parts(const T* parts, std::size_t stride, std::size_t count, T* out, std::size_t n) {
  each<T>(n, [=](auto d, std::size_t i) HWY_ATTR {
    auto sum = hn::LoadU(d, parts + i);
    for (std::size_t p = 1; p < count; ++p)
      sum = hn::Add(sum, hn::LoadU(d, parts + p * stride + i));
    hn::StoreU(sum, d, out + i);
  });
}

// The sum of squares, or of magnitudes, in kLanes partial sums; zeros fill up the last group.
template <bool kSquares, class T>
double sum_of(const T* x, std::size_t n) {
  const hn::CappedTag<double, kLanes> d;
  constexpr std::size_t N = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sum[kLanes / N];
#pragma GCC unroll 16
  for (auto& s : sum) s = hn::Zero(d);
  HWY_ALIGN T last[kLanes] = {};
  for (std::size_t i = n - n % kLanes; i < n; ++i) last[i % kLanes] = x[i];
  for (std::size_t i = 0; i < n; i += kLanes) {
    const T* p = n - i >= kLanes ? x + i : last;
#pragma GCC unroll 16
    for (std::size_t j = 0; j < kLanes / N; ++j) {
      const auto v = load_f64(d, p + j * N);
      sum[j] = kSquares ? hn::MulAdd(v, v, sum[j]) : hn::Add(sum[j], hn::Abs(v));
    }
  }
  HWY_ALIGN double lane[kLanes];
#pragma GCC unroll 16
  for (std::size_t j = 0; j < kLanes / N; ++j) hn::Store(sum[j], d, lane + j * N);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lane[i] += lane[i + half];
  return lane[0];
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
