// The gradients of cross-entropy to the logits and to the target. Toggle guard: once per SIMD
// target.
#if defined(CROSSENT_KERNELS_CROSS_ENTROPY_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_CROSS_ENTROPY_GRADIENT_INL_H_
#undef CROSSENT_KERNELS_CROSS_ENTROPY_GRADIENT_INL_H_
#else
#define CROSSENT_KERNELS_CROSS_ENTROPY_GRADIENT_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cross_entropy.h"
// After highway.h.
#include "kernels/row_few-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// What one row needs between its sum and its gradient.
template <class T>
struct RowState {
  RowSum<T> sum;
  TargetSum target;  // gap and s
  double log1p_S = 0;
  bool limit = false;  // a single +inf: the row's one-sided limit
};

// The element of the maximum in f64, where 1 - p would cancel: s p - q = (s - q) p - q S / (1 + S).
template <class T>
double gradient_at_maximum(const CrossEntropyTask& task, const Row& row, const RowState<T>& state) {
  const double q = target_at(task.target, task.logits, row, state.sum.a);
  const double S = state.sum.S, p = 1 / (1 + S);
  const double others = state.target.s - q;
  double g = row.weight * (others * p - q * (S * p));
  if (task.z_loss != 0) g += 2 * task.z_loss * row.lse * p;
  return g * row.upstream;
}

template <class T>
GradientScalars gradient_scalars(const CrossEntropyTask& task, const Row& row,
                                 const RowState<T>& state) {
  const double w = row.weight * row.upstream;
  GradientScalars g{w * state.target.s, w, !task.target.one_term()};
  if (task.z_loss != 0) g.alpha += 2 * task.z_loss * row.lse * row.upstream;
  return g;
}

template <class T>
void write_gradient(const CrossEntropyTask& task, const Row& row, const RowState<T>& state) {
  const GradientScalars g = gradient_scalars(task, row, state);
  const std::size_t a = state.sum.a;
  const auto y = static_cast<std::size_t>(row.label);
  const bool other_label = task.target.one_term() && y != a;
  // Everything that reads the logits comes before the first write: they may be the same memory.
  HWY_ALIGN T e[kLanes] = {};
  if (other_label) {
    stage<T>(task.logits, row.index, y, 1, {kNone, kNone, state.limit}, e);
    exponentials(Block<T>{e, 1, nullptr}, Scaling<T>(g.alpha / state.sum.total, state.sum.origin),
                 e);
    e[0] = subtract_one(g.beta, state.target.s, e[0]);
  }
  HWY_ALIGN double at_max[kLanes] = {gradient_at_maximum(task, row, state)};
  HWY_ALIGN double at_label[kLanes] = {double{e[0]}};
  if (task.logits.transforms()) {
    chain(task.logits, row.index, a, 1, at_max);
    if (other_label) chain(task.logits, row.index, y, 1, at_label);
  }
  write_row(task.logits, task.target, row, state.sum, g, state.limit, task.gradient);
  store_one(task.gradient, row.index, a, at_max[0]);
  if (other_label) store_one(task.gradient, row.index, y, at_label[0]);
}

// d loss / d t_j = w keep c_j (lse - z_j).
template <class T>
void write_target_gradient(const CrossEntropyTask& task, const Row& row, const RowState<T>& state) {
  const bool direct = is_direct<T>(task.logits);
  const double w = row.weight * row.upstream * task.target.keep;
  Scratch<T> scratch;
  HWY_ALIGN double g[kBlock];
  for (std::size_t begin = 0; begin < task.logits.cols; begin += kBlock) {
    const std::size_t n = std::min(kBlock, task.logits.cols - begin);
    widen(load_block(task.logits, direct, row.index, begin, {kNone, kNone, state.limit}, scratch),
          g);
    for (std::size_t i = 0; i < n; ++i) {
      const double c =
          task.target.class_weight == nullptr ? 1 : task.target.class_weight[begin + i];
      const double factor = w * c;
      g[i] = factor == 0 ? 0 : factor * ((state.sum.m - g[i]) + state.log1p_S);
    }
    store(task.target_gradient, row.index, begin, n, g);
  }
}

// Gradients against labels of a batch of rows, all at once; rows that need more go one by one.
template <class T>
void write_gradients_few(const CrossEntropyTask& task, const Row* rows, const RowState<T>* state,
                         std::size_t n) {
  const Source& z = task.logits;
  const BatchRows batch(rows, n);
  if (!batch.any) return;
  Columns<T> columns;
  BatchScaling<T> scaling;
  bool together[kBatch] = {};
  double at_max[kBatch], beta[kBatch];
  load_columns(z, batch, columns);
  for (std::size_t r = 0; r < n; ++r) {
    together[r] = rows[r].live && rows[r].status == Status::ok && !state[r].limit;
    if (!together[r]) continue;
    const GradientScalars g = gradient_scalars(task, rows[r], state[r]);
    scaling.set(r, Scaling<T>(g.alpha / state[r].sum.total, state[r].sum.origin));
    at_max[r] = gradient_at_maximum(task, rows[r], state[r]);
    beta[r] = g.beta;
  }
  scale_columns(scaling, z.cols, columns);
  HWY_ALIGN T row[kFewClasses];
  for (std::size_t r = 0; r < n; ++r) {
    if (!together[r]) continue;
    const auto y = static_cast<std::size_t>(rows[r].label);
    for (std::size_t j = 0; j < z.cols; ++j) row[j] = columns.at[j * kBatch + r];
    if (y != state[r].sum.a) row[y] = subtract_one(beta[r], state[r].target.s, row[y]);
    store(task.gradient, rows[r].index, 0, z.cols, row);
    store_one(task.gradient, rows[r].index, state[r].sum.a, at_max[r]);
  }
}

// Rows that are not live, or bad, or have a soft target, or whose limit was taken.
template <class T>
void write_one_by_one(const CrossEntropyTask& task, const Row& row, const RowState<T>& state,
                      bool done_together) {
  const bool bad = row.status != Status::ok;
  if (!row.live || bad) {
    const double value = bad ? kNaN : 0;
    if (task.gradient.data != nullptr) fill(task.gradient, row.index, task.logits.cols, value);
    if (task.target_gradient.data != nullptr)
      fill(task.target_gradient, row.index, task.logits.cols, value);
    return;
  }
  if (task.target_gradient.data != nullptr) write_target_gradient(task, row, state);
  if (task.gradient.data != nullptr && !(done_together && !state.limit))
    write_gradient(task, row, state);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
