// The loss of a row of probabilities or log-probabilities, and whether it is one. Toggle guard:
// once per SIMD target.
#if defined(CROSSENT_KERNELS_PROBABILITIES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_PROBABILITIES_INL_H_
#undef CROSSENT_KERNELS_PROBABILITIES_INL_H_
#else
#define CROSSENT_KERNELS_PROBABILITIES_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/probabilities.h"
// After highway.h.
#include "kernels/row_target-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using Task = ProbabilitiesTask;

// Sum and extremes of a row: what its validity, normalisation and argmax need.
struct Scan {
  Lanes sum;
  double least = kInf, largest = -kInf;
  std::size_t argmax = 0;
};

// -log of what the model gives each class of a block. Logarithms: the negative. Normalised by
// `sum`: log1p(others / p), so that nothing cancels near 1. Clipped: of the bound.
HWY_INLINE void minus_log(const Task& task, const Pair& sum, std::size_t n,
                          double* HWY_RESTRICT v) {
  const hn::CappedTag<double, kLanes> d;
  const auto zero = hn::Zero(d), low = hn::Set(d, task.clip), high = hn::Set(d, 1 - task.clip);
  const auto total = hn::Set(d, sum.value());
  HWY_ALIGN double others[kLanes];
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto x = hn::Load(d, v + i);
    const auto p = task.normalize ? hn::Div(x, total) : x;
    auto loss = hn::Sub(zero, x);
    if (task.normalize) {
      for (std::size_t k = 0; k < hn::Lanes(d); ++k) others[k] = sum.minus(v[i + k]).value();
      loss = log1p(d, hn::Div(hn::Load(d, others), x));
    } else if (!task.logarithms) {
      loss = hn::Sub(zero, log(d, x));
    }
    if (task.clip != 0) {
      loss = hn::IfThenElse(hn::Lt(p, low), hn::Sub(zero, log(d, low)), loss);
      loss = hn::IfThenElse(hn::Gt(p, high), hn::Sub(zero, log(d, high)), loss);
    }
    hn::Store(loss, d, v + i);
  }
}

// Visits a row's blocks in f64: body(begin, n, values), values padded to whole groups.
template <class Body>
HWY_INLINE void visit(const Task& task, std::size_t row, const Body& body) {
  HWY_ALIGN double values[kBlock];
  for (std::size_t begin = 0; begin < task.values.cols; begin += kBlock) {
    const std::size_t n = std::min(kBlock, task.values.cols - begin);
    stage(task.values, row, begin, n, {}, values);
    body(begin, n, values);
  }
}

Scan scan_row(const Task& task, std::size_t row) {
  Scan scan;
  const hn::CappedTag<double, kLanes> d;
  visit(task, row, [&](std::size_t begin, std::size_t n, double* v) HWY_ATTR {
    for (std::size_t i = 0; i < n; ++i) {
      scan.least = std::min(scan.least, v[i]);
      if (v[i] > scan.largest) {
        scan.largest = v[i];
        scan.argmax = begin + i;
      }
    }
    const std::size_t padded = (n + kLanes - 1) / kLanes * kLanes;
    for (std::size_t i = 0; task.logarithms && i < padded; i += hn::Lanes(d))
      hn::Store(exp(d, hn::Load(d, v + i)), d, v + i);
    for (std::size_t i = 0; i < n; ++i)
      add_to(scan.sum.high[i % kLanes], scan.sum.low[i % kLanes], v[i]);
  });
  return scan;
}

void check_row(const Task& task, const Scan& scan, double sum, const Row& row) {
  const bool in_range = task.logarithms  ? scan.largest <= task.tolerance
                        : task.normalize ? scan.least >= 0 && sum > 0 && sum < kInf
                                         : scan.least >= 0 && scan.largest <= 1;
  const bool one = task.normalize || std::fabs(sum - 1) <= task.tolerance;
  if (in_range && one) return;
  row.status = Status::sum;
  row.bad_value = sum;
  for (std::size_t j = 0; j < task.values.cols; ++j) {
    const double v = load_one<double>(task.values, row.index, j, {});
    const bool high = task.logarithms ? v > task.tolerance : v > 1 && !(task.normalize && v < kInf);
    if (v == v && !high && (task.logarithms || v >= 0)) continue;
    row.status = v != v            ? Status::nan
                 : !high           ? Status::negative
                 : task.logarithms ? Status::positive
                                   : Status::above_one;
    row.bad_column = j;
    row.bad_value = v;
    return;
  }
}

bool is_clipped(const Task& task, double p) {
  return task.clip != 0 && (p < task.clip || p > 1 - task.clip);
}

double label_loss(const Task& task, const Row& row, const Pair& sum) {
  const auto y = static_cast<std::size_t>(row.label);
  HWY_ALIGN double v[kLanes] = {load_one<double>(task.values, row.index, y, {})};
  row.clipped = is_clipped(task, task.normalize ? v[0] / sum.value() : v[0]);
  minus_log(task, sum, 1, v);
  return v[0];
}

// sum_j q_j times a class's loss, and sum_j q_j; checks the target on the way.
double target_loss(const Task& task, const Row& row, const Pair& sum) {
  HWY_ALIGN double q[kBlock];
  Lanes losses, weights, plain;
  TargetSum t;
  double largest = 0;
  visit(task, row.index, [&](std::size_t begin, std::size_t n, double* v) HWY_ATTR {
    load_plain_target(task.target, row, begin, n, q);
    for (std::size_t i = 0; i < n; ++i) {
      add_to(plain.high[i % kLanes], plain.low[i % kLanes], q[i]);
      t.t_min = std::min(t.t_min, q[i]);
      t.t_max = std::max(t.t_max, q[i]);
    }
    weigh_target(task.target, nullptr, begin, n, q);
    for (std::size_t i = 0; i < n; ++i)
      row.clipped |= q[i] != 0 && is_clipped(task, task.normalize ? v[i] / sum.value() : v[i]);
    minus_log(task, sum, n, v);
    for (std::size_t i = 0; i < n; ++i) {
      const double loss = q[i] == 0 ? 0 : q[i] * v[i];
      largest = std::max(largest, loss);
      add_to(losses.high[i % kLanes], losses.low[i % kLanes], loss);
      add_to(weights.high[i % kLanes], weights.low[i % kLanes], q[i]);
    }
  });
  row.target_weight = fold(weights);
  t.t_sum = fold(plain);
  if (task.target.tolerance != 0 && task.target.soft.data != nullptr)
    check_target(task.target.soft, t, task.target.tolerance, row);
  return largest < kInf ? fold(losses) : largest;
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
