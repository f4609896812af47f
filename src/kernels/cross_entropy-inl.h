// Cross-entropy of rows: loss, lse, argmax, and the order of the work. Toggle guard: once per SIMD
// target.
#if defined(CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_
#undef CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_
#else
#define CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cross_entropy.h"
// After highway.h.
#include "kernels/cross_entropy_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The row's sum where the batch did not find it, its status, and what it is compared with.
template <class T>
void begin_row(const CrossEntropyTask& task, Row& row, RowState<T>& state) {
  const Source& z = task.logits;
  if (!state.sum.ordinary) state.sum = sum_row_near<T>(z, row.index, false);
  if (!state.sum.ordinary) {
    row.status = classify<T>(z, row.index, &row.bad_column);
    if (row.status != Status::ok) return;
    state.limit = true;
    state.sum = sum_row_near<T>(z, row.index, true);
  }
  if (task.target.one_term()) {
    const auto y = static_cast<std::size_t>(row.label);
    const View view{kNone, kNone, state.limit};
    const double gap = state.sum.m - double{load_one<T>(z, row.index, y, view)};
    state.target.s = target_at(task.target, z, row, y);
    state.target.gap = state.target.s == 0 ? 0 : state.target.s * gap;
  } else {
    state.target = sum_target<T>(z, task.target, row, state.sum.m, state.limit);
    if (task.target.tolerance != 0 && task.target.soft.data != nullptr)
      check_target(task.target.soft, state.target, task.target.tolerance, row);
  }
}

template <class T>
void finish_loss(const CrossEntropyTask& task, Row& row, const RowState<T>& state) {
  row.argmax = static_cast<std::int64_t>(state.sum.a);
  row.lse = state.limit ? kInf : state.sum.m + state.log1p_S;
  const double loss = state.target.gap + state.target.s * state.log1p_S;
  row.loss = row.weight == 0 ? 0 : row.weight * loss;
  if (task.z_loss != 0) row.loss += task.z_loss * (row.lse * row.lse);
  row.target_weight = state.target.s;
}

template <class T>
void cross_entropy_rows(const CrossEntropyTask& task, Row* rows, std::size_t n) {
  RowState<T> state[kRowsPerCall];
  HWY_ALIGN double S[kRowsPerCall] = {};
  const bool few = task.logits.cols <= kFewClasses;
  for (std::size_t r = 0; few && r < n; r += kBatch)
    sum_few<T>(task.logits, rows + r, std::min(kBatch, n - r), state + r);
  for (std::size_t r = 0; r < n; ++r) {
    if (!rows[r].live) continue;
    begin_row<T>(task, rows[r], state[r]);
    S[r] = state[r].sum.S;
  }
  const hn::CappedTag<double, kLanes> d;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d))
    hn::Store(log1p(d, hn::Load(d, S + r)), d, S + r);
  for (std::size_t r = 0; r < n; ++r) {
    state[r].log1p_S = S[r];
    if (!rows[r].live) continue;
    if (rows[r].status == Status::ok)
      finish_loss(task, rows[r], state[r]);
    else
      rows[r].loss = rows[r].lse = kNaN;
  }
  const bool together =
      few && task.gradient.data != nullptr && task.target.one_term() && !task.logits.transforms();
  for (std::size_t r = 0; together && r < n; r += kBatch)
    write_gradients_few(task, rows + r, state + r, std::min(kBatch, n - r));
  for (std::size_t r = 0; r < n; ++r) write_one_by_one(task, rows[r], state[r], together);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
