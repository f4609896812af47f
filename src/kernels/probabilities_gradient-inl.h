// The gradients of rows of probabilities or log-probabilities. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_PROBABILITIES_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_PROBABILITIES_GRADIENT_INL_H_
#undef CROSSENT_KERNELS_PROBABILITIES_GRADIENT_INL_H_
#else
#define CROSSENT_KERNELS_PROBABILITIES_GRADIENT_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/probabilities-inl.h"
#include "kernels/row_store-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// Against soft targets: d loss / d p_j = -q_j / p_j (+ s / sum when normalised); of a logarithm:
// -q_j. d loss / d t_j.
void soft_gradients(const Task& task, const Row& row, const Pair& total) {
  const double sum = total.value();
  const double w = row.weight * row.upstream;
  HWY_ALIGN double q[kBlock], g[kBlock];
  visit(task, row.index, [&](std::size_t begin, std::size_t n, double* v) HWY_ATTR {
    load_plain_target(task.target, row, begin, n, q);
    weigh_target(task.target, nullptr, begin, n, q);
    const double shared = task.normalize ? w * row.target_weight / sum : 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double p = task.normalize ? v[i] / sum : v[i];
      const bool constant = q[i] == 0 || w == 0 || (!task.logarithms && is_clipped(task, p));
      g[i] = constant ? 0 : task.logarithms ? -(w * q[i]) : -(w * q[i]) / v[i];
      if (task.normalize) g[i] += shared;
    }
    if (task.gradient.data != nullptr) store(task.gradient, row.index, begin, n, g);
    if (task.target_gradient.data == nullptr) return;
    minus_log(task, total, n, v);
    for (std::size_t i = 0; i < n; ++i) {
      g[i] = factor_times(w * task.target.keep * task.target.weight_of(begin + i), v[i]);
    }
    store(task.target_gradient, row.index, begin, n, g);
  });
}

// Against a label, whose value x is: the same, of which one element is not shared.
void label_gradient(const Task& task, const Row& row, const Pair& total, double x) {
  const double sum = total.value(), q = row.target_weight, w = row.weight * row.upstream;
  const double p = task.normalize ? x / sum : x;
  const double shared = task.normalize ? w * q / sum : 0;
  const bool constant = q == 0 || w == 0 || (!task.logarithms && is_clipped(task, p));
  const double own = constant ? 0 : task.logarithms ? -(w * q) : -(w * q) / x;
  fill(task.gradient, row.index, task.values.cols, shared);
  store_one(task.gradient, row.index, static_cast<std::size_t>(row.label),
            task.normalize ? own + shared : own);
}

void write_gradients(const Task& task, const Row& row, const Pair& total, double x) {
  if (row.live && row.status == Status::ok) {
    if (task.target.one_term() && task.target_gradient.data == nullptr)
      return label_gradient(task, row, total, x);
    return soft_gradients(task, row, total);
  }
  for (const Sink& sink : {task.gradient, task.target_gradient})
    if (sink.data != nullptr) fill(sink, row.index, task.values.cols, row.live ? kNaN : 0);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
