// What a row's targets and logits come to together. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_
#undef CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_
#else
#define CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_
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

// Adds a block's targets as they are given, whole groups.
HWY_INLINE void sum_plain(const double* t, std::size_t padded, Lanes& plain, TargetSum& out) {
  using Vectors = LaneVectors<double>;
  const Vectors::D d;
  Vectors sum(plain);
  auto least = hn::Set(d, out.t_min), most = hn::Set(d, out.t_max);
  for (std::size_t begin = 0; begin < padded; begin += kLanes) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Vectors::kVectors; ++i) {
      const auto v = hn::Load(d, t + begin + i * Vectors::N);
      sum.add(i, v);
      least = hn::Min(least, v);
      most = hn::Max(most, v);
    }
  }
  sum.store(plain);
  out.t_min = hn::GetLane(hn::MinOfLanes(d, least));
  out.t_max = hn::GetLane(hn::MaxOfLanes(d, most));
}

// What a row comes to, block by block.
template <class T>
struct TargetLanes {
  Lanes gaps, weights, plain;
  HWY_ALIGN double largest[kLanes] = {};  // gap

  // Adds whole groups of logits and of what they weigh; the weights' own sum may be known.
  template <bool kWeights>
  HWY_INLINE void add(const T* z, const double* q, std::size_t groups, double m) {
    using Vectors = LaneVectors<double>;
    const Vectors::D d;
    const auto max = hn::Set(d, m);
    LaneVectors<T> gap_sum(gaps);
    Vectors weight_sum(weights);
    auto most = hn::Load(d, largest);
    for (std::size_t begin = 0; begin < groups * kLanes; begin += kLanes) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < Vectors::kVectors; ++i) {
        const std::size_t at = begin + i * Vectors::N;
        const auto weight = hn::Load(d, q + at);
        const auto gap = hn::IfThenZeroElse(hn::Eq(weight, hn::Zero(d)),
                                            hn::Mul(weight, hn::Sub(max, load_f64(d, z + at))));
        most = hn::Max(most, gap);
        gap_sum.add(i, gap);
        if constexpr (kWeights) weight_sum.add(i, weight);
      }
    }
    gap_sum.store(gaps);
    if constexpr (kWeights) weight_sum.store(weights);
    hn::Store(most, d, largest);
  }
  double largest_gap() const { return *std::max_element(largest, largest + kLanes); }
};

template <class T>
TargetSum sum_target(const Source& source, const Target& target, const Row& row, double m,
                     bool limit) {
  const bool direct = is_direct<T>(source), soft = target.soft.data != nullptr;
  const bool check = target.tolerance != 0, weighted = target.class_weight != nullptr;
  const bool as_given = target.keep == 1 && target.spread == 0 && !weighted;
  Scratch<T> scratch;
  HWY_ALIGN double q[kBlock];
  TargetLanes<T> lanes;
  TargetSum out;
  for (std::size_t begin = 0; begin < source.cols; begin += kBlock) {
    const std::size_t n = std::min(kBlock, source.cols - begin);
    const Block<T> z = load_block(source, direct, row.index, begin, {kNone, kNone, limit}, scratch);
    load_plain_target(target, row, begin, n, q);
    if (soft && (check || !weighted))  // s follows from their own sum
      sum_plain(q, (n + kLanes - 1) / kLanes * kLanes, lanes.plain, out);
    if (!as_given) weigh_target(target, source.class_mask, begin, n, q);
    choose(weighted, [&](auto weights) HWY_ATTR {
      lanes.template add<weights()>(z.body, q, z.groups, m);
      if (z.tail != nullptr) lanes.template add<weights()>(z.tail, q + z.groups * kLanes, 1, m);
    });
  }
  const double largest_gap = lanes.largest_gap();
  out.t_sum = soft ? fold(lanes.plain) : 1;
  out.s = weighted   ? fold(lanes.weights)
          : as_given ? out.t_sum
                     : std::fma(target.keep, out.t_sum, 1 - target.keep);
  out.gap = largest_gap < kInf ? fold(lanes.gaps) : largest_gap;
  return out;
}

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
