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

// The sums of up to kBatch rows, and what they are compared with.
struct Batch {
  Scans scan;
  HWY_ALIGN double x[kBatch] = {}, s[kBatch] = {};  // the label's value and weight
  HWY_ALIGN double loss[kBatch] = {};

  Batch() { std::fill_n(x, kBatch, 1.0); }
};

// A bit for every row that is a distribution by the least exact of sums.
std::uint32_t sure_distributions(const Task& task, const Scans& scan) {
  const hn::CappedTag<double, kBatch> d;
  const auto zero = hn::Zero(d), one = hn::Set(d, 1);
  const auto near = hn::Set(d, task.normalize ? kInf : 0.99 * task.tolerance);
  const auto least = hn::Set(d, task.logarithms ? -kInf : 0);
  const auto largest = hn::Set(d, task.logarithms ? task.tolerance : task.normalize ? kInf : 1);
  std::uint32_t sure = 0;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    const auto sum = hn::Add(hn::Load(d, scan.sum.high + r), hn::Load(d, scan.sum.low + r));
    const auto ok = hn::And(hn::Ge(hn::Load(d, scan.least + r), least),
                            hn::Le(hn::Load(d, scan.largest + r), largest));
    const auto positive = hn::And(hn::Gt(sum, zero), hn::Lt(sum, hn::Set(d, kInf)));
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(d, hn::And(ok, hn::And(positive, hn::Le(hn::Abs(hn::Sub(sum, one)), near))),
                      bits);
    sure |= std::uint32_t{bits[0]} << r;
  }
  return sure;
}

template <class T>
void check_rows(const Task& task, Rows& rows, std::size_t begin, std::size_t n, const Scans& scan) {
  const std::uint32_t sure = sure_distributions(task, scan), all = (1u << n) - 1;
  for (std::size_t r = 0; r < n && (sure & all) != all; ++r) {
    if ((sure >> r & 1) != 0 || !rows.live[begin + r]) continue;
    const Row row = rows.at(begin + r);
    Scans exact;
    scan_row<true, T>(task.values, task.logarithms, row.index, exact, r);
    if (!is_distribution(task, exact, r)) find_fault(task, exact.total(r).value(), row);
  }
}

void write_details(Rows& rows, std::size_t begin, std::size_t n, const Scans& scan) {
  const hn::CappedTag<double, kBatch> d;
  HWY_ALIGN double lse[kBatch];
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d))
    hn::Store(log(d, hn::Add(hn::Load(d, scan.sum.high + r), hn::Load(d, scan.sum.low + r))), d,
              lse + r);
  std::copy_n(lse, n, rows.lse + begin);
  for (std::size_t r = 0; r < n; ++r)
    rows.argmax[begin + r] = static_cast<std::int64_t>(scan.place[r]);
}

// The losses of a label of each row.
void label_losses(const Task& task, Rows& rows, std::size_t begin, std::size_t n, Batch& batch) {
  const hn::CappedTag<double, kBatch> d;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const auto high = hn::Load(d, batch.scan.sum.high + r);
    const auto low = hn::Load(d, batch.scan.sum.low + r);
    const auto s = hn::Load(d, batch.s + r);
    std::uint32_t clipped;
    const auto loss = minus_log(d, task, hn::Load(d, batch.x + r), high, low, clipped);
    hn::Store(hn::IfThenZeroElse(hn::Eq(s, hn::Zero(d)), hn::Mul(s, loss)), d, batch.loss + r);
    for (std::size_t i = r; clipped != 0 && i < n; ++i, clipped >>= 1)
      if (rows.live[begin + i]) rows.clipped[begin + i] = (clipped & 1) != 0;
  }
}

// w s times the losses, and what stays of rows that are dead or bad.
void finish_losses(Rows& rows, std::size_t begin, std::size_t n, const Batch& batch) {
  bool plain = rows.all_live;
  for (std::size_t r = 0; r < n; ++r) {
    const std::size_t i = begin + r;
    rows.loss[i] = rows.weight[i] == 0 ? 0 : rows.weight[i] * batch.loss[r] + 0.0;
    plain &= rows.status[i] == Status::ok;
  }
  for (std::size_t r = 0; r < n && !plain; ++r) {
    const std::size_t i = begin + r;
    if (rows.live[i] && rows.status[i] == Status::ok) continue;
    rows.loss[i] = rows.lse[i] = rows.live[i] ? kNaN : 0;
    rows.argmax[i] = -1;
  }
}

// Against soft targets: d loss / d p_j = -q_j / p_j (+ s / sum when normalised); of a logarithm: -q_j. d loss / d t_j.
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
      const double c =
          task.target.class_weight == nullptr ? 1 : task.target.class_weight[begin + i];
      const double factor = w * task.target.keep * c;
      g[i] = factor == 0 ? 0 : factor * v[i];
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

// The rows' sums, as exactly as needed; returns the columns of few classes.
template <bool kExact, class T>
ColumnsView<T> scan_rows(const Task& task, const Rows& rows, std::size_t begin, std::size_t n,
                         bool few, Columns<T>& buffer, Scans& scan) {
  if (few) {
    const ColumnsView<T> columns = load_columns(task.values, rows, begin, buffer);
    scan_columns<kExact>(task.logarithms, columns, scan);
    return columns;
  }
  for (std::size_t r = 0; r < n; ++r)
    if (rows.live[begin + r])
      scan_row<kExact, T>(task.values, task.logarithms, rows.first + begin + r, scan, r);
  return {};
}

// The label's value and weight of every live row.
template <class T>
void find_labels(const Task& task, Rows& rows, std::size_t begin, std::size_t n, bool few,
                 const ColumnsView<T>& columns, Batch& batch) {
  const double* weight = task.target.class_weight;
  for (std::size_t r = 0; r < n; ++r) {
    if (!rows.live[begin + r]) continue;
    const auto y = static_cast<std::size_t>(rows.label[begin + r]);
    batch.x[r] = few ? value_of<double>(*columns.at(y, r))
                     : load_one<double>(task.values, rows.first + begin + r, y, {});
    batch.s[r] = rows.target_weight[begin + r] = weight == nullptr ? 1 : weight[y];
  }
}

// Rows [begin, begin + n), from the values to the gradients.
template <class T>
void probabilities_batch(const Task& task, Rows& rows, std::size_t begin, std::size_t n, bool few) {
  Batch batch;
  Columns<T> buffer;
  const bool exact = task.details || task.normalize;
  const ColumnsView<T> columns =
      exact ? scan_rows<true>(task, rows, begin, n, few, buffer, batch.scan)
            : scan_rows<false>(task, rows, begin, n, few, buffer, batch.scan);
  if (task.tolerance != 0) check_rows<T>(task, rows, begin, n, batch.scan);
  if (task.details) write_details(rows, begin, n, batch.scan);
  if (task.target.one_term()) {
    find_labels(task, rows, begin, n, few, columns, batch);
    label_losses(task, rows, begin, n, batch);
  }
  for (std::size_t r = 0; r < n && !task.target.one_term(); ++r)
    if (rows.live[begin + r])
      batch.loss[r] = target_loss(task, rows.at(begin + r), batch.scan.total(r));
  finish_losses(rows, begin, n, batch);
  if (task.gradient.data == nullptr && task.target_gradient.data == nullptr) return;
  for (std::size_t r = 0; r < n; ++r)
    write_gradients(task, rows.at(begin + r), batch.scan.total(r), batch.x[r]);
}

void probabilities_rows(const Task& task, Rows& rows) {
  const std::size_t cols = task.values.cols;
  const bool few = cols <= kFewClasses;
  // Few enough that a gradient finds the values in the first-level cache.
  const std::size_t step = few ? kBatch : std::clamp<std::size_t>(4096 / cols, 1, kBatch);
  for (std::size_t begin = 0; begin < rows.count; begin += step) {
    const std::size_t n = std::min(step, rows.count - begin);
    if (task.values.type == Element::f64)
      probabilities_batch<double>(task, rows, begin, n, few);
    else
      probabilities_batch<float>(task, rows, begin, n, few);
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
