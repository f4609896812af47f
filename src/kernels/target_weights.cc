// The total weight of soft targets.
#include "kernels/target_weights.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/target_weights.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_target_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

void weights_rows(const Target& target, std::size_t cols, Rows& rows) {
  HWY_ALIGN double q[kBlock];
  TargetSum unused;  // the extremes
  for (std::size_t r = 0; r < rows.count; ++r) {
    rows.target_weight[r] = 0;
    if (!rows.live[r]) continue;
    Lanes weights;
    for (std::size_t begin = 0; begin < cols; begin += kBlock) {
      const std::size_t n = std::min(kBlock, cols - begin);
      load_plain_target(target, rows.at(r), begin, n, q);
      weigh_target(target, nullptr, begin, n, q);
      sum_plain(q, (n + kLanes - 1) / kLanes * kLanes, weights, unused);
    }
    rows.target_weight[r] = fold(weights);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(weights_rows);

void kernels::target_weights(const Target& target, std::size_t cols, Rows& rows) {
  HWY_DYNAMIC_DISPATCH(weights_rows)(target, cols, rows);
}
}  // namespace crossent
#endif  // HWY_ONCE
