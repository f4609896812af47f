// The elementary functions for plain C++ callers: one lane, or arrays, of the vector code.
#include "kernels/math.h"

#include <cstddef>

// Compile this file once per SIMD target. The path must be this file's own (checked in CI).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/math.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using One = hn::CappedTag<double, 1>;

double exp_one(double x) { return hn::GetLane(exp(One(), hn::Set(One(), x))); }
double expm1_one(double x) { return hn::GetLane(expm1(One(), hn::Set(One(), x))); }
double log_one(double x) { return hn::GetLane(log(One(), hn::Set(One(), x))); }
double log1p_one(double x) { return hn::GetLane(log1p(One(), hn::Set(One(), x))); }
double tanh_one(double x) { return hn::GetLane(tanh(One(), hn::Set(One(), x))); }
double pow_one(double x, double y) {
  return hn::GetLane(pow(One(), hn::Set(One(), x), hn::Set(One(), y)));
}

// out[i] = f(x[i]); the tail is padded with ones and takes the same path.
template <class F>
HWY_INLINE void map(const double* x, double* out, std::size_t n, const F& f) {
  const hn::ScalableTag<double> d;
  const std::size_t N = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + N <= n; i += N) hn::StoreU(f(d, hn::LoadU(d, x + i)), d, out + i);
  if (i == n) return;
  HWY_ALIGN double lane[hn::MaxLanes(d)];
  for (std::size_t j = 0; j < N; ++j) lane[j] = i + j < n ? x[i + j] : 1;
  hn::Store(f(d, hn::Load(d, lane)), d, lane);
  for (std::size_t j = 0; i + j < n; ++j) out[i + j] = lane[j];
}

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
struct Exp {
  HWY_INLINE V operator()(D d, V x) const { return exp(d, x); }
};
struct Log {
  HWY_INLINE V operator()(D d, V x) const { return log(d, x); }
};
struct Log1p {
  HWY_INLINE V operator()(D d, V x) const { return log1p(d, x); }
};
struct Tanh {
  HWY_INLINE V operator()(D d, V x) const { return tanh(d, x); }
};

void exp_array(const double* x, double* out, std::size_t n) { map(x, out, n, Exp()); }
void log_array(const double* x, double* out, std::size_t n) { map(x, out, n, Log()); }
void log1p_array(const double* x, double* out, std::size_t n) { map(x, out, n, Log1p()); }
void tanh_array(const double* x, double* out, std::size_t n) { map(x, out, n, Tanh()); }

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(exp_one);
HWY_EXPORT(expm1_one);
HWY_EXPORT(log_one);
HWY_EXPORT(log1p_one);
HWY_EXPORT(tanh_one);
HWY_EXPORT(pow_one);
HWY_EXPORT(exp_array);
HWY_EXPORT(log_array);
HWY_EXPORT(log1p_array);
HWY_EXPORT(tanh_array);

double kernels::exp(double x) { return HWY_DYNAMIC_DISPATCH(exp_one)(x); }
double kernels::expm1(double x) { return HWY_DYNAMIC_DISPATCH(expm1_one)(x); }
double kernels::log(double x) { return HWY_DYNAMIC_DISPATCH(log_one)(x); }
double kernels::log1p(double x) { return HWY_DYNAMIC_DISPATCH(log1p_one)(x); }
double kernels::tanh(double x) { return HWY_DYNAMIC_DISPATCH(tanh_one)(x); }
double kernels::pow(double x, double y) { return HWY_DYNAMIC_DISPATCH(pow_one)(x, y); }
void kernels::exp(const double* x, double* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(exp_array)(x, out, n);
}
void kernels::log(const double* x, double* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(log_array)(x, out, n);
}
void kernels::log1p(const double* x, double* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(log1p_array)(x, out, n);
}
void kernels::tanh(const double* x, double* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(tanh_array)(x, out, n);
}
}  // namespace crossent
#endif  // HWY_ONCE
