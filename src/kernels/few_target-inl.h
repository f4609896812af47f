// What the rows of a batch of few classes are compared with, one lane a row: labels, soft targets,
// smoothing, weights. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_FEW_TARGET_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_FEW_TARGET_INL_H_
#undef CROSSENT_KERNELS_FEW_TARGET_INL_H_
#else
#define CROSSENT_KERNELS_FEW_TARGET_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cross_entropy.h"
// After highway.h.
#include "kernels/column_sum-inl.h"
#include "kernels/cross_entropy_gradient-inl.h"
#include "kernels/row_target_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// What kBatch rows' targets are, as they are given.
struct TileTargets {
  HWY_ALIGN double label_gap[kBatch], label_weight[kBatch];
  HWY_ALIGN double t_sum[kBatch], t_min[kBatch], t_max[kBatch];
  bool distributions = true;  // whether every one has a sum of 1 and no element outside [0, 1]
};

// c_y (m - z_y) and c_y of the rows' labels.
template <class T>
HWY_INLINE void take_labels(const Target& target, const std::int64_t* label, std::size_t n,
                            const ColumnsView<T>& z, const double* m, TileTargets& out) {
  for (std::size_t r = 0; r < n; ++r) {
    const auto y = static_cast<std::size_t>(label[r]);
    out.label_weight[r] = target.weight_of(y);
    out.label_gap[r] = factor_times(out.label_weight[r], m[r] - double{*z.at(y, r)});
  }
}

// gap and s of the rows whose columns are z and, with soft targets, t: sum_target of each.
// kGiven: q is the soft target.
template <bool kRegular, bool kGiven, class T>
HWY_INLINE void sum_tile_targets(const CrossEntropyTask& task, const ColumnsView<T>& z,
                                 const ColumnsView<T>& t, std::size_t n, const double* m,
                                 TileTargets& tile, double* gap_out, double* s_out) {
  using D = hn::CappedTag<double, kBatch>;
  const D d;
  const Target& target = task.target;
  const std::uint8_t* mask = task.logits.class_mask;
  const bool soft = kGiven || target.soft.data != nullptr;
  const bool weighted = !kGiven && target.class_weight != nullptr;
  const bool smooth = !kGiven && target.spread != 0;
  const auto zero = hn::Zero(d), one = hn::Set(d, 1), tolerance = hn::Set(d, target.tolerance);
  auto good = hn::Eq(zero, zero);
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    ColumnSum<T, D> own, every, plain, weights;
    const auto max = hn::Load(d, m + r), unit = hn::Set(d, target.spread_unit);
    auto least = zero, most = zero;
    for (std::size_t j = 0; (soft || smooth) && j < z.cols; ++j) {
      const auto gap = hn::Sub(max, load_f64(d, z.at(j, r)));
      const auto c = hn::Set(d, weighted ? target.class_weight[j] : 1);
      if (soft) {
        const auto given = load_wide<!kRegular>(d, t.at(j, r)), q = hn::Mul(given, c);
        if constexpr (!kRegular) {
          least = hn::Min(least, given);
          most = hn::Max(most, given);
        }
        plain.add(j, given);
        if (weighted) weights.add(j, q);
        own.add(j, factor_times(d, q, gap));
      }
      if (!smooth) continue;
      const bool counts = mask == nullptr || mask[j] != 0;
      every.add(j, counts ? factor_times(d, c, hn::Mul(gap, unit)) : hn::Zero(d));
    }
    const auto t_sum = plain.fold();
    const auto weight = !soft      ? hn::Load(d, tile.label_weight + r)
                        : weighted ? weights.fold()
                                   : t_sum;
    auto kept = soft ? own.fold() : hn::Load(d, tile.label_gap + r);
    kept = target.keep == 0 ? hn::Zero(d) : hn::Mul(hn::Set(d, target.keep), kept);
    hn::StoreU(hn::MulAdd(hn::Set(d, target.spread / target.spread_unit), every.fold(), kept), d,
               gap_out + r);
    hn::StoreU(hn::MulAdd(hn::Set(d, target.keep), weight, hn::Set(d, target.spread_weight)), d,
               s_out + r);
    hn::Store(t_sum, d, tile.t_sum + r);
    hn::Store(least, d, tile.t_min + r);
    hn::Store(most, d, tile.t_max + r);
    const auto within = hn::And(hn::Ge(least, zero), hn::Le(most, one));
    good = hn::And(good, hn::And(within, hn::Le(hn::Abs(hn::Sub(t_sum, one)), tolerance)));
  }
  tile.distributions = hn::AllTrue(d, good);
}

// find_target of the ordinary rows of a batch of columns; others are left for one by one.
template <class T>
void find_targets_few(const CrossEntropyTask& task, Rows& rows, std::size_t begin, std::size_t n,
                      const Tiles<T>& tiles, const Tiles<T>& soft_tiles, Batch<T>& batch) {
  const Target& target = task.target;
  const bool soft = target.soft.data != nullptr;
  TileTargets tile = {};  // lanes that no row has
  for (std::size_t first = 0; first < n; first += kBatch) {
    const std::size_t i = begin + first, count = std::min(kBatch, n - first);
    const ColumnsView<T>& z = tiles.of(first);
    const double* m = batch.sums.m + first;
    if (!soft) take_labels(target, rows.label + i, count, z, m, tile);
    const ColumnsView<T>& t = soft ? soft_tiles.of(first) : z;
    choose(soft && is_regular(t), [&](auto regular) HWY_ATTR {
      choose(target.as_given(), [&](auto given) HWY_ATTR {
        sum_tile_targets<regular(), given()>(task, z, t, count, m, tile, batch.gap + first,
                                             batch.s + first);
      });
    });
    if (!soft || target.tolerance == 0 || tile.distributions) continue;
    for (std::size_t r = 0; r < count; ++r)
      if (rows.live[i + r] && batch.sums.is_ordinary(first + r))
        check_target(target.soft, {tile.t_sum[r], tile.t_min[r], tile.t_max[r]}, target.tolerance,
                     rows.at(i + r));
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
