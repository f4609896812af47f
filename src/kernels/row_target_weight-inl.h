// What a row's soft target weighs. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_
#undef CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_
#else
#define CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_
#endif

#include <algorithm>
#include <cmath>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/row_target-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// sum_j q_j (m - z_j) and s = sum_j q_j, with 0 * inf = 0; sum, least and largest of t itself.
struct TargetSum {
  double gap = 0, s = 0;
  double t_sum = 0, t_min = 0, t_max = 0;
};

// Adds a block's targets, whole groups; T is the type that the row is computed in. Extremes are
// those of staged targets: others are regular. A NaN among them shows in the sum alone.
template <class T, class Q>
HWY_INLINE void sum_plain(const Q* t, std::size_t groups, Lanes& plain, TargetSum& out) {
  using Vectors = LaneVectors<T>;
  const typename Vectors::D d;
  Vectors sum(plain);
  auto least = hn::Set(d, out.t_min), most = hn::Set(d, out.t_max);
  for (std::size_t begin = 0; begin < groups * kLanes; begin += kLanes) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Vectors::kVectors; ++i) {
      const auto v = load_f64(d, t + begin + i * Vectors::N);
      sum.add(i, v);
      if constexpr (sizeof(Q) == 8) {
        least = hn::Min(least, v);
        most = hn::Max(most, v);
      }
    }
  }
  sum.store(plain);
  if constexpr (sizeof(Q) == 8) {
    out.t_min = hn::GetLane(hn::MinOfLanes(d, least));
    out.t_max = hn::GetLane(hn::MaxOfLanes(d, most));
  }
}

// sum_j t_j and sum_j t_j c_j of a row.
struct TargetWeights {
  Lanes plain, weighted;
  template <class T>
  double total(const Target& target) const {
    return fold_for<T>(target.class_weight == nullptr ? plain : weighted);
  }
};

// Adds a block's soft targets and leaves t_j c_j in q, padded with zeros to whole groups; or
// returns where the whole groups lie in the matrix, and leaves the rest alone in q.
template <class T>
HWY_INLINE const T* take_targets(const Target& target, const Row& row, const Extent& e,
                                 double* HWY_RESTRICT q, TargetWeights& weights, TargetSum& out) {
  const bool weighted = target.class_weight != nullptr;
  const T* given = weighted ? nullptr : regular_targets<T>(target.soft, row, e.begin, e.groups);
  const std::size_t staged = given != nullptr ? e.whole : 0;
  load_plain_target(target, row, e.begin + staged, e.n - staged, q + staged);
  if (given != nullptr) sum_plain<T>(given, e.groups, weights.plain, out);
  sum_plain<T>(q + staged, e.groups + e.rest - staged / kLanes, weights.plain, out);
  if (!weighted) return given;
  TargetSum unused;  // the extremes
  times_class_weight(target, e.begin, e.n, q);
  sum_plain<T>(q, e.groups + e.rest, weights.weighted, unused);
  return nullptr;
}

// Names the value or the sum that makes a target no distribution.
inline void check_target(const Source& target, const TargetSum& sum, double tolerance,
                         const Row& row) {
  if (sum.t_min >= 0 && sum.t_max <= 1 && std::fabs(sum.t_sum - 1) <= tolerance) return;
  row.status = Status::target_sum;
  row.bad_value = sum.t_sum;
  for (std::size_t j = 0; j < target.cols; ++j) {
    const double t = load_one<double>(target, row.index, j, {});
    if (t >= 0 && t <= 1) continue;
    row.status = t < 0   ? Status::target_negative
                 : t > 1 ? Status::target_above_one
                         : Status::target_nan;
    row.bad_column = j;
    row.bad_value = t;
    return;
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
