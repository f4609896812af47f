// Cross-entropy of rows of probabilities or log-probabilities.
#include "kernels/probabilities.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/probabilities.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/probabilities-inl.h"
#include "kernels/row_store-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// d loss / d p_j = -q_j / p_j (+ s / sum when normalised); of a logarithm: -q_j. d loss / d t_j.
void write_gradients(const Task& task, const Row& row, const Pair& total) {
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
      const double c =
          task.target.class_weight == nullptr ? 1 : task.target.class_weight[begin + i];
      const double factor = w * task.target.keep * c;
      g[i] = factor == 0 ? 0 : factor * v[i];
    }
    store(task.target_gradient, row.index, begin, n, g);
  });
}

// The row's loss; returns its sum.
Pair probabilities_row(const Task& task, Row row) {
  const Scan scan = scan_row(task, row.index);
  const Pair total = fold_pair(scan.sum);
  const double sum = total.value();
  const hn::CappedTag<double, 1> d;
  row.argmax = static_cast<std::int64_t>(scan.argmax);
  row.lse = hn::GetLane(log(d, hn::Set(d, sum)));
  if (task.tolerance != 0) check_row(task, scan, sum, row);
  double loss;
  if (task.target.one_term()) {
    row.target_weight =
        task.target.class_weight == nullptr ? 1 : task.target.class_weight[row.label];
    loss = label_loss(task, row, total);
    loss = row.target_weight == 0 ? 0 : row.target_weight * loss;
  } else {
    loss = target_loss(task, row, total);
  }
  row.loss = row.weight == 0 ? 0 : row.weight * loss + 0.0;
  if (row.status == Status::ok) return total;
  row.loss = row.lse = kNaN;
  row.argmax = -1;
  return total;
}

void probabilities_rows(const Task& task, Rows& rows) {
  for (std::size_t r = 0; r < rows.count; ++r) {
    const Row row = rows.at(r);
    const Pair total = row.live ? probabilities_row(task, row) : Pair{};
    const bool bad = row.status != Status::ok;
    if (row.live && !bad) {
      if (task.gradient.data != nullptr || task.target_gradient.data != nullptr)
        write_gradients(task, row, total);
      continue;
    }
    for (const Sink& sink : {task.gradient, task.target_gradient})
      if (sink.data != nullptr) fill(sink, row.index, task.values.cols, bad ? kNaN : 0);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(probabilities_rows);

void kernels::probabilities_cross_entropy(const ProbabilitiesTask& task, Rows& rows) {
  HWY_DYNAMIC_DISPATCH(probabilities_rows)(task, rows);
}
}  // namespace crossent
#endif  // HWY_ONCE
