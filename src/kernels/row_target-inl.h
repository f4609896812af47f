// What a row is compared with: labels, soft targets, smoothing, class weights. Toggle guard: once
// per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_TARGET_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_TARGET_INL_H_
#undef CROSSENT_KERNELS_ROW_TARGET_INL_H_
#else
#define CROSSENT_KERNELS_ROW_TARGET_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_load-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// t_j of one block in f64, zeros to a whole group.
HWY_INLINE void load_plain_target(const Target& target, const Row& row, std::size_t begin,
                                  std::size_t n, double* HWY_RESTRICT t) {
  const bool soft = target.soft.data != nullptr;
  std::fill(t + (soft ? n : 0), t + (n + kLanes - 1) / kLanes * kLanes, 0.0);
  if (soft) return load_raw(target.soft, row.index, begin, n, t);
  const std::size_t y = static_cast<std::size_t>(row.label) - begin;
  if (y < n) t[y] = 1;
}

// t_j to q_j = (keep t_j + spread) c_j, in place; masked classes have no spread.
HWY_INLINE void weigh_target(const Target& target, const std::uint8_t* class_mask,
                             std::size_t begin, std::size_t n, double* HWY_RESTRICT q) {
  const hn::CappedTag<double, kLanes> d;
  const std::size_t padded = (n + kLanes - 1) / kLanes * kLanes;
  if (target.keep != 1 || target.spread != 0) {
    const auto keep = hn::Set(d, target.keep), same = hn::Set(d, target.spread);
    HWY_ALIGN double spread[kBlock];
    const bool varies = n != padded || class_mask != nullptr;
    for (std::size_t i = 0; varies && i < padded; ++i)
      spread[i] =
          i >= n || (class_mask != nullptr && class_mask[begin + i] == 0) ? 0 : target.spread;
    for (std::size_t i = 0; i < padded; i += hn::Lanes(d)) {
      const auto part = varies ? hn::Load(d, spread + i) : same;
      hn::Store(hn::MulAdd(keep, hn::Load(d, q + i), part), d, q + i);
    }
  }
  if (target.class_weight != nullptr)
    for (std::size_t i = 0; i < padded; i += hn::Lanes(d))
      hn::Store(hn::Mul(hn::Load(d, q + i), hn::LoadU(d, target.class_weight + begin + i)), d,
                q + i);
}

// q of one class.
inline double target_at(const Target& target, const Source& logits, const Row& row,
                        std::size_t col) {
  if (target.one_term()) {
    if (col != static_cast<std::size_t>(row.label)) return 0;
    return target.class_weight == nullptr ? 1 : target.class_weight[col];
  }
  HWY_ALIGN double q[kLanes];
  load_plain_target(target, row, col, 1, q);
  weigh_target(target, logits.class_mask, col, 1, q);
  return q[0];
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
