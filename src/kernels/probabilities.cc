// Cross-entropy of rows of probabilities or log-probabilities.
#include "kernels/probabilities.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/probabilities.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/probabilities_check-inl.h"
#include "kernels/probabilities_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// Rows that are settled together: what they sum to, and what they are compared with.
struct Batch {
  static constexpr std::size_t kRows = kRowsPerCall;
  Scans scan[kRows / kBatch];
  HWY_ALIGN double x[kRows], s[kRows], loss[kRows];  // the label's value and weight

  Batch() {
    std::fill_n(x, kRows, 1.0);
    std::fill_n(s, kRows, 0.0);
    std::fill_n(loss, kRows, 0.0);
  }
  Pair total(std::size_t r) const { return scan[r / kBatch].total(r % kBatch); }
};

// The losses of a label of each row.
void label_losses(const Task& task, Rows& rows, std::size_t begin, std::size_t n, Batch& batch) {
  const hn::CappedTag<double, kBatch> d;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const Lanes& sum = batch.scan[r / kBatch].sum;
    const auto high = hn::Load(d, sum.high + r % kBatch), low = hn::Load(d, sum.low + r % kBatch);
    const auto s = hn::Load(d, batch.s + r);
    std::uint32_t clipped;
    const auto loss = minus_log(d, task, hn::Load(d, batch.x + r), high, low, clipped);
    hn::Store(hn::IfThenZeroElse(hn::Eq(s, hn::Zero(d)), hn::Mul(s, loss)), d, batch.loss + r);
    for (std::size_t i = r; clipped != 0 && i < n; ++i, clipped >>= 1)
      if (rows.live[begin + i]) rows.clipped[begin + i] = (clipped & 1) != 0;
  }
}

// The row's weight times the losses, and what stays of rows that are dead or bad.
void finish_losses(Rows& rows, std::size_t begin, std::size_t n, const Batch& batch) {
  const hn::CappedTag<double, kBatch> d;
  const auto zero = hn::Zero(d);
  HWY_ALIGN double loss[Batch::kRows];
  std::copy_n(rows.weight + begin, n, loss);
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const auto w = hn::Load(d, loss + r);
    const auto weighted = hn::Add(hn::Mul(w, hn::Load(d, batch.loss + r)), zero);
    hn::Store(hn::IfThenZeroElse(hn::Eq(w, zero), weighted), d, loss + r);
  }
  std::copy_n(loss, n, rows.loss + begin);
  const bool plain = rows.all_live && rows.all_ok();
  for (std::size_t r = begin; r < begin + n && !plain; ++r) {
    if (rows.live[r] && rows.status[r] == Status::ok) continue;
    rows.loss[r] = rows.lse[r] = rows.live[r] ? kNaN : 0;
    rows.target_weight[r] = 0;
    rows.argmax[r] = -1;
  }
}

bool is_few(const Task& task) { return task.values.cols <= kFewClasses; }

// The rows' sums, as exactly as needed; returns the columns of few classes.
template <bool kExact, class T>
ColumnsView<T> scan_rows(const Task& task, const Rows& rows, std::size_t begin, std::size_t n,
                         const CallColumns<T>& call, Columns<T>& buffer, Scans& scan) {
  if (is_few(task)) {
    const ColumnsView<T> columns = load_columns(task.values, rows, begin, call, buffer.at);
    scan_columns<kExact>(task.logarithms, columns, scan);
    return columns;
  }
  for (std::size_t r = 0; r < n; ++r)
    if (rows.live[begin + r])
      scan_row<kExact, T>(task.values, task.logarithms, rows.first + begin + r, scan, r);
  return {};
}

// The label's value of the live rows [begin, begin + n), and its weight.
template <class T>
void find_labels(const Task& task, Rows& rows, std::size_t begin, std::size_t n,
                 const ColumnsView<T>& columns, double* x, double* s) {
  for (std::size_t r = 0; r < n; ++r) {
    if (!rows.live[begin + r]) continue;
    const auto y = static_cast<std::size_t>(rows.label[begin + r]);
    x[r] = is_few(task) ? value_of<double>(*columns.at(y, r))
                        : load_one<double>(task.values, rows.first + begin + r, y, {});
    s[r] = rows.target_weight[begin + r] = task.target.weight_of(y);
  }
}

// Sums, checks, details and labels of the rows [begin, begin + n), n <= kBatch.
template <class T>
void examine(const Task& task, Rows& rows, std::size_t begin, std::size_t n,
             const CallColumns<T>& call, Scans& scan, double* x, double* s) {
  Columns<T> buffer;
  const bool exact = task.details || task.normalize;
  const ColumnsView<T> columns = exact ? scan_rows<true>(task, rows, begin, n, call, buffer, scan)
                                       : scan_rows<false>(task, rows, begin, n, call, buffer, scan);
  for (std::size_t r = 0; task.normalize && r < n; ++r)
    if (rows.live[begin + r]) sum_again(task, rows.first + begin + r, r, scan);
  if (task.tolerance != 0) check_rows<T>(task, rows, begin, n, scan);
  if (task.details) write_details(rows, begin, n, scan);
  if (task.target.one_term()) find_labels(task, rows, begin, n, columns, x, s);
}

// Rows [begin, begin + n), from the values to the gradients.
template <class T>
void probabilities_batch(const Task& task, Rows& rows, std::size_t begin, std::size_t n) {
  Batch batch;
  const CallColumns<T> call(task.values, rows);
  for (std::size_t r = 0; r < n; r += kBatch)
    examine<T>(task, rows, begin + r, std::min(kBatch, n - r), call, batch.scan[r / kBatch],
               batch.x + r, batch.s + r);
  if (task.target.one_term()) label_losses(task, rows, begin, n, batch);
  for (std::size_t r = 0; r < n && !task.target.one_term(); ++r)
    if (rows.live[begin + r]) batch.loss[r] = target_loss(task, rows.at(begin + r), batch.total(r));
  finish_losses(rows, begin, n, batch);
  if (task.gradient.data == nullptr && task.target_gradient.data == nullptr) return;
  for (std::size_t r = 0; r < n; ++r)
    write_gradients(task, rows.at(begin + r), batch.total(r), batch.x[r]);
}

void probabilities_rows(const Task& task, Rows& rows) {
  // Of many classes, few enough that a gradient finds the values in the first-level cache.
  const std::size_t step =
      is_few(task) ? Batch::kRows : std::clamp<std::size_t>(4096 / task.values.cols, 1, kBatch);
  for (std::size_t begin = 0; begin < rows.count; begin += step) {
    const std::size_t n = std::min(step, rows.count - begin);
    if (task.values.type == Element::f64)
      probabilities_batch<double>(task, rows, begin, n);
    else
      probabilities_batch<float>(task, rows, begin, n);
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
