// The total weight of soft targets.
#include "kernels/target_weights.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/target_weights.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/column_sum-inl.h"
#include "kernels/row_target_weight-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

template <class T>
void weights_of_few(const Target& target, Rows& rows) {
  const CallColumns<T> call(target.soft, rows);
  Tiles<T> tiles;
  const std::size_t step = Tiles<T>::most_rows(target.soft.cols);
  for (std::size_t begin = 0; begin < rows.count; begin += step) {
    const std::size_t n = std::min(step, rows.count - begin);
    tiles.load(target.soft, rows, begin, n, call);
    HWY_ALIGN double weight[kBatch];
    for (std::size_t first = 0; first < n; first += kBatch) {
      choose(is_regular(tiles.of(first)), [&](auto regular) HWY_ATTR {
        weigh_tile<regular()>(target, tiles.of(first), weight);
      });
      for (std::size_t r = 0; r < std::min(kBatch, n - first); ++r) {
        const std::size_t i = begin + first + r;
        rows.target_weight[i] = rows.live[i] ? weight[r] : 0;
      }
    }
  }
}

template <class T>
void weights_of(const Target& target, std::size_t cols, Rows& rows) {
  if (cols <= kFewClasses) return weights_of_few<T>(target, rows);
  HWY_ALIGN double q[kBlock];
  for (std::size_t r = 0; r < rows.count; ++r) {
    rows.target_weight[r] = 0;
    if (!rows.live[r]) continue;
    TargetWeights weights;
    for (std::size_t begin = 0; begin < cols; begin += kBlock)
      take_targets<T>(target, rows.at(r), {begin, std::min(kBlock, cols - begin)}, q, weights);
    rows.target_weight[r] = weights.total<T>(target);
  }
}

void weights_f32(const Target& target, std::size_t cols, Rows& rows) {
  weights_of<float>(target, cols, rows);
}
void weights_f64(const Target& target, std::size_t cols, Rows& rows) {
  weights_of<double>(target, cols, rows);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(weights_f32);
HWY_EXPORT(weights_f64);

void kernels::target_weights(const Target& target, std::size_t cols, bool f32, Rows& rows) {
  f32 ? HWY_DYNAMIC_DISPATCH(weights_f32)(target, cols, rows)
      : HWY_DYNAMIC_DISPATCH(weights_f64)(target, cols, rows);
}
}  // namespace crossent
#endif  // HWY_ONCE
