// The total weight of soft targets.
#include "kernels/target_weights.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/target_weights.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_target-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

void weights_rows(const Target& target, std::size_t cols, Rows& rows) {
  const hn::CappedTag<double, kLanes> d;
  HWY_ALIGN double q[kBlock];
  for (std::size_t r = 0; r < rows.count; ++r) {
    rows.target_weight[r] = 0;
    if (!rows.live[r]) continue;
    Lanes weights;
    for (std::size_t begin = 0; begin < cols; begin += kBlock) {
      const std::size_t n = std::min(kBlock, cols - begin);
      load_plain_target(target, rows.at(r), begin, n, q);
      weigh_target(target, nullptr, begin, n, q);
      for (std::size_t i = 0; i < n; i += hn::Lanes(d))  // zeros to a whole group
        add_term<double>(d, hn::Load(d, q + i), weights.high + i % kLanes,
                         weights.low + i % kLanes);
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
