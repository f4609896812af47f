// The losses of a batch of rows whose sums are known, and the rows that need a closer look. Toggle
// guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_CROSS_ENTROPY_LOSS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_CROSS_ENTROPY_LOSS_INL_H_
#undef CROSSENT_KERNELS_CROSS_ENTROPY_LOSS_INL_H_
#else
#define CROSSENT_KERNELS_CROSS_ENTROPY_LOSS_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cross_entropy.h"
// After highway.h.
#include "kernels/cross_entropy_gradient-inl.h"
#include "kernels/row_target_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// One logit.
template <class T>
HWY_INLINE double logit_at(const Source& z, std::size_t row, std::size_t col, bool limit) {
  if (!limit && is_plain<T>(z))
    return double{static_cast<const T*>(z.data)[offset_of(z, row, col)]};
  return double{load_one<T>(z, row, col, {kNone, kNone, limit})};
}

// The row's sum where the batch did not find it, or the status of a row that has none.
template <class T>
void find_sum(const CrossEntropyTask& task, Row row, Batch<T>& batch, std::size_t r) {
  const Source& z = task.logits;
  RowSum<T> sum = sum_row_near<T>(z, row.index, false);
  if (!sum.ordinary) {
    row.status = classify<T>(z, row.index, &row.bad_column);
    batch.limit[r] = row.status == Status::ok;
    if (batch.limit[r]) sum = sum_row_near<T>(z, row.index, true);
  }
  batch.sums.set(r, sum);
  row.argmax = static_cast<std::int64_t>(sum.a);
}

// What the row is compared with: gap and s.
template <class T>
void find_target(const CrossEntropyTask& task, Row row, Batch<T>& batch, std::size_t r) {
  const Source& z = task.logits;
  const double m = batch.sums.m[r];
  const bool soft = task.target.soft.data != nullptr;
  double gap = 0, weight = 0;
  if (!soft) {
    const auto y = static_cast<std::size_t>(row.label);
    weight = task.target.weight_of(y);
    gap = factor_times(weight, m - logit_at<T>(z, row.index, y, batch.limit[r]));
  }
  if (task.target.one_term()) {
    batch.s[r] = weight;
    batch.gap[r] = gap;
    return;
  }
  const TargetSum target = sum_target<T>(z, task.target, row, m, batch.limit[r], gap, weight);
  batch.gap[r] = target.gap;
  batch.s[r] = target.s;
  if (task.target.tolerance != 0 && soft)
    check_target(task.target.soft, target.facts, task.target.tolerance, row);
}

// find_target of all rows of a batch of columns against labels, every class of weight 1.
template <class T>
void find_targets(const Rows& rows, std::size_t begin, std::size_t n, const Tiles<T>& tiles,
                  Batch<T>& batch) {
  HWY_ALIGN T own[kRowsPerCall];
  for (std::size_t first = 0; first < n; first += kBatch) {
    const ColumnsView<T> z = tiles.of(first);
    for (std::size_t r = 0; r < std::min(kBatch, n - first); ++r)
      own[first + r] = *z.at(static_cast<std::size_t>(rows.label[begin + first + r]), r);
  }
  each<double>(n, [&](auto d, std::size_t r) HWY_ATTR {
    hn::StoreU(hn::Sub(hn::LoadU(d, batch.sums.m + r), load_f64(d, own + r)), d, batch.gap + r);
    hn::StoreU(hn::Set(d, 1), d, batch.s + r);
  });
}

// The sums and the targets of the rows that the batch left open; `compared`: not those of ordinary
// rows.
template <class T>
void find_one_by_one(const CrossEntropyTask& task, Rows& rows, std::size_t begin, std::size_t n,
                     bool compared, Batch<T>& batch) {
  for (std::size_t r = 0; r < n; ++r) {
    const std::size_t i = begin + r;
    if (!rows.live[i] || rows.status[i] != Status::ok) {
      batch.gap[r] = batch.s[r] = batch.sums.m[r] = batch.sums.S[r] = 0;
      continue;
    }
    if (compared && batch.sums.is_ordinary(r)) continue;
    if (!batch.sums.is_ordinary(r)) find_sum(task, rows.at(i), batch, r);
    if (rows.status[i] == Status::ok) find_target(task, rows.at(i), batch, r);
  }
}

template <class T, class D, class V = hn::Vec<D>>
HWY_INLINE V log1p_for(D d, V x) {
  if constexpr (sizeof(T) == 4)
    return short_log1p(d, x);
  else
    return log1p(d, x);
}

// loss = w (gap + s log1p S) + zeta lse^2
template <class T>
void finish_losses(const CrossEntropyTask& task, Rows& rows, std::size_t begin, std::size_t n,
                   Batch<T>& batch, bool all_ordinary) {
  each<double>(n, [&](auto d, std::size_t r) HWY_ATTR {
    const std::size_t i = begin + r;
    const auto log1p_S = log1p_for<T>(d, hn::LoadU(d, batch.sums.S + r));
    const auto w = hn::LoadU(d, rows.weight + i), s = hn::LoadU(d, batch.s + r);
    const auto loss = hn::Mul(w, hn::Add(hn::LoadU(d, batch.gap + r), hn::Mul(s, log1p_S)));
    hn::StoreU(hn::IfThenZeroElse(hn::Eq(w, hn::Zero(d)), loss), d, rows.loss + i);
    hn::StoreU(hn::Add(hn::LoadU(d, batch.sums.m + r), log1p_S), d, rows.lse + i);
    hn::StoreU(s, d, rows.target_weight + i);
    hn::StoreU(log1p_S, d, batch.log1p_S + r);
  });
  if (all_ordinary && task.z_loss == 0) return;
  for (std::size_t r = 0; r < n; ++r) {
    const std::size_t i = begin + r;
    if (batch.limit[r]) rows.lse[i] = kInf;
    if (task.z_loss != 0) rows.loss[i] += task.z_loss * (rows.lse[i] * rows.lse[i]);
    if (rows.live[i] && rows.status[i] == Status::ok) continue;
    rows.loss[i] = rows.lse[i] = rows.live[i] ? kNaN : 0;
    rows.target_weight[i] = 0;
    rows.argmax[i] = -1;
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
