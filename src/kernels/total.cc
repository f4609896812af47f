// Sums of losses as if in twice the precision.
#include "kernels/total.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/total.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
using kernels::Total;

constexpr std::size_t kSums = 8;  // whatever the vector width

Total total(const double* x, std::size_t n) {
  const hn::CappedTag<double, kSums> d;
  HWY_ALIGN double high[kSums] = {}, low[kSums] = {};
  const std::size_t whole = n / kSums * kSums;
  for (std::size_t k = 0; k < kSums; k += hn::Lanes(d)) {
    auto h = hn::Zero(d), l = hn::Zero(d);
    for (std::size_t i = 0; i < whole; i += kSums) add_to(h, l, hn::LoadU(d, x + i + k));
    hn::Store(h, d, high + k);
    hn::Store(l, d, low + k);
  }
  for (std::size_t i = whole; i < n; ++i) add_to(high[i - whole], low[i - whole], x[i]);
  for (std::size_t half = kSums / 2; half > 0; half /= 2) {  // pairs: their latencies overlap
    for (std::size_t k = 0; k < half; ++k) {
      add_to(high[k], low[k], high[k + half]);
      low[k] += low[k + half];
    }
  }
  return {high[0], low[0]};
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(total);

kernels::Total kernels::total(const double* x, std::size_t n) {
  return n == 1 ? Total{x[0]} : HWY_DYNAMIC_DISPATCH(total)(x, n);
}
}  // namespace crossent
#endif  // HWY_ONCE
