// What a row's soft target weighs. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_
#undef CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_
#else
#define CROSSENT_KERNELS_ROW_TARGET_WEIGHT_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/each-inl.h"
#include "kernels/row_target-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// What a distribution is known by: its sum 1, no t below 0 or above 1. A NaN shows in the sum.
struct TargetFacts {
  double sum = 0, least = 0, most = 0;
};

// Adds a block's targets, whole groups; T is the type that the row is computed in. `facts`: where
// the extremes are kept, or nullptr of targets that are known to be regular.
template <class T, class Q, class F>
HWY_INLINE void sum_plain(const Q* t, std::size_t groups, Lanes& plain, F facts) {
  using Vectors = LaneVectors<T>;
  constexpr bool kExtremes = !std::is_null_pointer_v<F>;
  const typename Vectors::D d;
  Vectors sum(plain);
  auto least = hn::Zero(d), most = hn::Zero(d);
  for (std::size_t begin = 0; begin < groups * kLanes; begin += kLanes) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Vectors::kVectors; ++i) {
      const auto v = load_f64(d, t + begin + i * Vectors::N);
      sum.add(i, v);
      if constexpr (kExtremes) {
        least = hn::Min(least, v);
        most = hn::Max(most, v);
      }
    }
  }
  sum.store(plain);
  if constexpr (kExtremes) {
    facts->least = std::min(facts->least, hn::GetLane(hn::MinOfLanes(d, least)));
    facts->most = std::max(facts->most, hn::GetLane(hn::MaxOfLanes(d, most)));
  }
}

// sum_j t_j and sum_j t_j c_j of a row, and the extremes of t.
struct TargetWeights {
  Lanes plain, weighted;
  TargetFacts facts;
  template <class T>
  double total(const Target& target) const {
    return fold_for<T>(target.class_weight == nullptr ? plain : weighted);
  }
};

// Adds a block's soft targets and leaves t_j c_j in q, padded with zeros to whole groups; or
// returns where the whole groups lie in the matrix, and leaves the rest alone in q.
template <class T>
HWY_INLINE const T* take_targets(const Target& target, const Row& row, const Extent& e,
                                 double* HWY_RESTRICT q, TargetWeights& weights) {
  const bool weighted = target.class_weight != nullptr;
  const T* given = weighted ? nullptr : regular_targets<T>(target.soft, row, e.begin, e.groups);
  const std::size_t staged = given != nullptr ? e.whole : 0;
  load_plain_target(target, row, e.begin + staged, e.n - staged, q + staged);
  if (given != nullptr) sum_plain<T>(given, e.groups, weights.plain, nullptr);
  sum_plain<T>(q + staged, e.groups + e.rest - staged / kLanes, weights.plain, &weights.facts);
  if (!weighted) return given;
  times_class_weight(target, e.begin, e.n, q);
  sum_plain<T>(q, e.groups + e.rest, weights.weighted, nullptr);
  return nullptr;
}

// Names the value or the sum that makes a target no distribution.
inline void check_target(const Source& target, const TargetFacts& facts, double tolerance,
                         const Row& row) {
  if (facts.least >= 0 && facts.most <= 1 && std::fabs(facts.sum - 1) <= tolerance) return;
  row.status = Status::target_sum;
  row.bad_value = facts.sum;
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
