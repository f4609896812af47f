// The loss of rows of probabilities or log-probabilities, and what is wrong with those that are
// none. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_PROBABILITIES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_PROBABILITIES_INL_H_
#undef CROSSENT_KERNELS_PROBABILITIES_INL_H_
#else
#define CROSSENT_KERNELS_PROBABILITIES_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/probabilities.h"
// After highway.h.
#include "kernels/probabilities_scan-inl.h"
#include "kernels/row_target_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using Task = ProbabilitiesTask;

// -log of what the model gives x, in a row of sum high + low. Logarithms: the negative. Normalised
// by the sum: log1p(others / x), so that nothing cancels near 1. Clipped: of the bound, with a bit
// of `clipped` a lane.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V minus_log(D d, const Task& task, V x, V high, V low, std::uint32_t& clipped) {
  const auto zero = hn::Zero(d);
  V p = x, loss = hn::Sub(zero, x);
  clipped = 0;
  if (task.normalize) {
    p = hn::Div(x, hn::Add(high, low));
    const auto rest = hn::Sub(high, x), back = hn::Sub(rest, high);
    const auto error = hn::Sub(hn::Sub(high, hn::Sub(rest, back)), hn::Add(x, back));
    const auto ratio = hn::Div(hn::Add(rest, hn::Add(low, error)), x);
    loss = log1p(d, ratio);
    const auto beyond = hn::Eq(ratio, hn::Set(d, std::numeric_limits<double>::infinity()));
    if (HWY_UNLIKELY(!hn::AllFalse(d, beyond)))
      loss = hn::IfThenElse(beyond, hn::Sub(log(d, high), log(d, x)), loss);
  } else if (!task.logarithms) {
    loss = hn::Sub(zero, log(d, x));
  }
  if (task.clip == 0) return loss;
  const auto least = hn::Set(d, task.clip), largest = hn::Set(d, 1 - task.clip);
  const auto below = hn::Lt(p, least), above = hn::Gt(p, largest);
  std::uint8_t bits[8] = {};
  hn::StoreMaskBits(d, hn::Or(below, above), bits);
  clipped = bits[0];
  loss = hn::IfThenElse(below, hn::Sub(zero, log(d, least)), loss);
  return hn::IfThenElse(above, hn::Sub(zero, log(d, largest)), loss);
}

// The same of a block, in place.
HWY_INLINE void minus_log(const Task& task, const Pair& sum, std::size_t n,
                          double* HWY_RESTRICT v) {
  const hn::CappedTag<double, 8> d;
  std::uint32_t clipped;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    hn::Store(
        minus_log(d, task, hn::Load(d, v + i), hn::Set(d, sum.high), hn::Set(d, sum.low), clipped),
        d, v + i);
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

// The sum of lane r's row: where one value is nearly all of it the others are plainly added up in
// the low part, so they are summed again without it.
void sum_again(const Task& task, std::size_t row, std::size_t r, Scans& scan) {
  const double largest = scan.largest[r];
  if (!(largest < kInf && largest > (1 - 0x1p-30) * scan.total(r).value())) return;
  const auto place = static_cast<std::size_t>(scan.place[r]);
  Lanes lanes;
  visit(task, row, [&](std::size_t begin, std::size_t n, const double* v) HWY_ATTR {
    for (std::size_t i = 0; i < n; ++i)
      if (begin + i != place) add_to(lanes.high[i % kLanes], lanes.low[i % kLanes], v[i]);
  });
  const Pair others = fold_pair(lanes);
  Pair sum{largest, others.low};
  add_to(sum.high, sum.low, others.high);
  scan.sum.high[r] = sum.high;
  scan.sum.low[r] = sum.low;
}

// Whether lane r holds a row that is a distribution.
bool is_distribution(const Task& task, const Scans& scan, std::size_t r) {
  const double sum = scan.total(r).value();
  if (task.normalize) return scan.least[r] >= 0 && sum > 0 && sum < kInf;
  if (!(std::fabs(sum - 1) <= task.tolerance)) return false;
  return task.logarithms ? scan.largest[r] <= task.tolerance
                         : scan.least[r] >= 0 && scan.largest[r] <= 1;
}

// Names what is wrong with a row that fails: its first value out of range, or its sum.
void find_fault(const Task& task, double sum, const Row& row) {
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

// sum_j q_j times a class's loss, and sum_j q_j; checks the target on the way.
double target_loss(const Task& task, const Row& row, const Pair& sum) {
  HWY_ALIGN double q[kBlock];
  Lanes losses, weights, plain;
  TargetFacts facts;
  double largest = 0;
  visit(task, row.index, [&](std::size_t begin, std::size_t n, double* v) HWY_ATTR {
    load_plain_target(task.target, row, begin, n, q);
    sum_plain<double>(q, (n + kLanes - 1) / kLanes, plain, &facts);
    weigh_target(task.target, nullptr, begin, n, q);
    for (std::size_t i = 0; i < n; ++i)
      row.clipped |= q[i] != 0 && is_clipped(task, task.normalize ? v[i] / sum.value() : v[i]);
    minus_log(task, sum, n, v);
    for (std::size_t i = 0; i < n; ++i) {
      const double loss = factor_times(q[i], v[i]);
      largest = std::max(largest, loss);
      add_to(losses.high[i % kLanes], losses.low[i % kLanes], loss);
      add_to(weights.high[i % kLanes], weights.low[i % kLanes], q[i]);
    }
  });
  row.target_weight = fold(weights);
  facts.sum = fold(plain);
  if (task.target.tolerance != 0 && task.target.soft.data != nullptr)
    check_target(task.target.soft, facts, task.target.tolerance, row);
  return largest < kInf ? fold(losses) : largest;
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
