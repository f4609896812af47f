// What a row is compared with: labels, soft targets, smoothing, class weights. Toggle guard: once
// per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_TARGET_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_TARGET_INL_H_
#undef CROSSENT_KERNELS_ROW_TARGET_INL_H_
#else
#define CROSSENT_KERNELS_ROW_TARGET_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <limits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_load-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// t_j of one block in f64, zeros to a whole group.
HWY_INLINE void load_plain_target(const Target& target, const Row& row, std::size_t begin,
                                  std::size_t n, double* HWY_RESTRICT t) {
  std::fill(t, t + (n + kLanes - 1) / kLanes * kLanes, 0.0);
  if (target.soft.data != nullptr) return load_raw(target.soft, row.index, begin, n, t);
  const std::size_t y = static_cast<std::size_t>(row.label) - begin;
  if (y < n) t[y] = 1;
}

// t_j to q_j = (keep t_j + spread) c_j, in place; masked classes have no spread.
HWY_INLINE void weigh_target(const Target& target, const std::uint8_t* class_mask,
                             std::size_t begin, std::size_t n, double* HWY_RESTRICT q) {
  const hn::CappedTag<double, kLanes> d;
  const std::size_t padded = (n + kLanes - 1) / kLanes * kLanes;
  if (target.keep != 1 || target.spread != 0) {
    HWY_ALIGN double spread[kBlock];
    for (std::size_t i = 0; i < padded; ++i)
      spread[i] =
          i >= n || (class_mask != nullptr && class_mask[begin + i] == 0) ? 0 : target.spread;
    const auto keep = hn::Set(d, target.keep);
    for (std::size_t i = 0; i < padded; i += hn::Lanes(d))
      hn::Store(hn::MulAdd(keep, hn::Load(d, q + i), hn::Load(d, spread + i)), d, q + i);
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

// sum_j q_j (m - z_j) and s = sum_j q_j, with 0 * inf = 0; sum, least and largest of t itself.
struct TargetSum {
  double gap = 0, s = 0;
  double t_sum = 0, t_min = 0, t_max = 0;
};

// A term a lane into sums of f64: plain for f32 results, TwoSum for f64.
template <class T, class D, class V = hn::Vec<D>>
HWY_INLINE void add_term(D d, V term, double* high, double* low) {
  auto sum = hn::Load(d, high);
  if constexpr (sizeof(T) == 8) {
    auto rest = hn::Load(d, low);
    add_to(sum, rest, term);
    hn::Store(rest, d, low);
  } else {
    sum = hn::Add(sum, term);
  }
  hn::Store(sum, d, high);
}

// Adds a block's targets as they are given, whole groups.
HWY_INLINE void sum_plain(const double* t, std::size_t padded, Lanes& plain, TargetSum& out) {
  const hn::CappedTag<double, kLanes> d;
  auto least = hn::Set(d, out.t_min), most = hn::Set(d, out.t_max);
  for (std::size_t i = 0; i < padded; i += hn::Lanes(d)) {
    const auto v = hn::Load(d, t + i);
    add_term<double>(d, v, plain.high + i % kLanes, plain.low + i % kLanes);
    least = hn::Min(least, v);
    most = hn::Max(most, v);
  }
  out.t_min = hn::GetLane(hn::MinOfLanes(d, least));
  out.t_max = hn::GetLane(hn::MaxOfLanes(d, most));
}

template <class T>
TargetSum sum_target(const Source& source, const Target& target, const Row& row, double m,
                     bool limit) {
  const hn::CappedTag<double, kLanes> d;
  const bool direct = is_direct<T>(source);
  Scratch<T> scratch;
  HWY_ALIGN double z[kBlock], q[kBlock];
  Lanes gaps, weights, plain;
  TargetSum out;
  auto largest = hn::Zero(d);
  const auto max = hn::Set(d, m);
  for (std::size_t begin = 0; begin < source.cols; begin += kBlock) {
    const std::size_t n = std::min(kBlock, source.cols - begin);
    const std::size_t padded = (n + kLanes - 1) / kLanes * kLanes;
    widen(load_block(source, direct, row.index, begin, {kNone, kNone, limit}, scratch), z);
    load_plain_target(target, row, begin, n, q);
    if (target.tolerance != 0 && target.soft.data != nullptr) sum_plain(q, padded, plain, out);
    weigh_target(target, source.class_mask, begin, n, q);
    for (std::size_t i = 0; i < padded; i += hn::Lanes(d)) {
      const std::size_t lane = i % kLanes;
      const auto weight = hn::Load(d, q + i);
      const auto gap = hn::IfThenZeroElse(hn::Eq(weight, hn::Zero(d)),
                                          hn::Mul(weight, hn::Sub(max, hn::Load(d, z + i))));
      largest = hn::Max(largest, gap);
      add_term<T>(d, gap, gaps.high + lane, gaps.low + lane);
      add_term<double>(d, weight, weights.high + lane, weights.low + lane);
    }
  }
  const double largest_gap = hn::GetLane(hn::MaxOfLanes(d, largest));
  out.s = fold(weights);
  out.t_sum = fold(plain);
  out.gap = largest_gap < kInf ? fold(gaps) : largest_gap;
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
