// What a row's targets and logits come to together. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_
#undef CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_
#else
#define CROSSENT_KERNELS_ROW_TARGET_SUM_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_target_weight-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The factors of classes that all have one.
struct Ones {};

// sum_j f_j (m - z_j) of a row, block by block, for two factors: what the target asks of a class by
// itself, and what smoothing asks of every class, in units of Target::spread_unit.
template <class T>
struct TargetLanes {
  Lanes own, every;

  // Adds whole groups; a factor is nullptr (none), Ones or an array.
  template <class F, class U>
  HWY_INLINE void add(const T* z, F own_factor, U factor, std::size_t groups, double m,
                      double spread_unit) {
    using Vectors = LaneVectors<T>;
    const typename Vectors::D d;
    const auto max = hn::Set(d, m), unit = hn::Set(d, spread_unit);
    Vectors owns(own), everys(every);
    for (std::size_t begin = 0; begin < groups * kLanes; begin += kLanes) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < Vectors::kVectors; ++i) {
        const std::size_t at = begin + i * Vectors::N;
        const auto gap = hn::Sub(max, load_f64(d, z + at));
        if constexpr (!std::is_null_pointer_v<F>)
          owns.add(i, factor_times(d, load_f64(d, own_factor + at), gap));
        if constexpr (std::is_same_v<U, Ones>) {
          everys.add(i, hn::Mul(gap, unit));
        } else if constexpr (!std::is_null_pointer_v<U>) {
          everys.add(i, factor_times(d, hn::LoadU(d, factor + at), hn::Mul(gap, unit)));
        }
      }
    }
    owns.store(own);
    everys.store(every);
  }
};

// The factors of smoothing in a block: nullptr where all are 1, but for the last group's padding.
struct EveryFactor {
  HWY_ALIGN double staged[kBlock];
  const double* body;

  HWY_INLINE EveryFactor(const Target& target, const std::uint8_t* class_mask, std::size_t begin,
                         std::size_t n) {
    const double* c = target.class_weight;
    body = class_mask != nullptr ? staged : c != nullptr ? c + begin : nullptr;
    const std::size_t padded = in_groups(n);
    for (std::size_t i = body == staged ? 0 : n / kLanes * kLanes; i < padded; ++i) {
      const bool counts = i < n && (class_mask == nullptr || class_mask[begin + i] != 0);
      staged[i] = counts ? c == nullptr ? 1 : c[begin + i] : 0;
    }
  }
};

// Adds a block of logits; `own` and `own_rest`: the target's factors of whole groups and of the
// rest.
template <class T, class Own, class Rest>
HWY_INLINE void add_block(const Source& source, const Target& target, const Block<T>& z,
                          const Extent& e, Own own, Rest own_rest, double m,
                          TargetLanes<T>& lanes) {
  const double unit = target.spread_unit;
  const T* z_rest = z.tail != nullptr ? z.tail : z.body + e.whole;
  if (target.spread == 0) {
    lanes.add(z.body, own, nullptr, e.groups, m, unit);
    lanes.add(z_rest, own_rest, nullptr, e.rest, m, unit);
    return;
  }
  const EveryFactor every(target, source.class_mask, e.begin, e.n);
  if (every.body == nullptr)
    lanes.add(z.body, own, Ones(), e.groups, m, unit);
  else
    lanes.add(z.body, own, every.body, e.groups, m, unit);
  lanes.add(z_rest, own_rest, every.staged + e.whole, e.rest, m, unit);
}

// sum_j q_j (m - z_j), with 0 * inf = 0, and s = sum_j q_j.
struct TargetSum {
  double gap, s;
  TargetFacts facts;
};

// What a row's target comes to. `label_gap` and `label_weight`: c_y (m - z_y) and c_y of a label.
template <class T>
TargetSum sum_target(const Source& source, const Target& target, const Row& row, double m,
                     bool limit, double label_gap, double label_weight) {
  const bool direct = is_direct<T>(source), soft = target.soft.data != nullptr;
  Scratch<T> scratch;
  HWY_ALIGN double t[kBlock];
  TargetLanes<T> lanes;
  TargetWeights weights;
  for (std::size_t begin = 0; begin < source.cols; begin += kBlock) {
    const Extent e{begin, std::min(kBlock, source.cols - begin)};
    const Block<T> z = load_block(source, direct, row.index, begin, {kNone, kNone, limit}, scratch);
    const auto add = [&](auto own, auto own_rest)
                         HWY_ATTR { add_block(source, target, z, e, own, own_rest, m, lanes); };
    if (!soft) {
      add(nullptr, nullptr);
      continue;
    }
    if (const T* given = take_targets<T>(target, row, e, t, weights))
      add(given, t + e.whole);
    else
      add(static_cast<const double*>(t), t + e.whole);
  }
  weights.facts.sum = soft ? fold_for<T>(weights.plain) : 1;
  const double own = soft ? fold_for<T>(lanes.own) : label_gap;
  const double weight = soft ? weights.total<T>(target) : label_weight;
  return {.gap = mul_add(target.spread / target.spread_unit, fold_for<T>(lanes.every),
                         factor_times(target.keep, own)),
          .s = mul_add(target.keep, weight, target.spread_weight),
          .facts = weights.facts};
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
