// Log-sum-exp, softmax and log-softmax of rows.
#include "kernels/softmax.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_few-inl.h"
#include "kernels/short_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

template <class T>
void write_log_softmax(const SoftmaxTask& task, const Row& row, const RowSum<T>& sum,
                       double log1p_S, bool limit) {
  const bool direct = is_direct<T>(task.logits);
  Scratch<T> scratch;
  HWY_ALIGN double out[kBlock];
  for (std::size_t begin = 0; begin < task.logits.cols; begin += kBlock) {
    const std::size_t n = std::min(kBlock, task.logits.cols - begin);
    widen(load_block(task.logits, direct, row.index, begin, {kNone, kNone, limit}, scratch), out);
    for (std::size_t i = 0; i < n; ++i) out[i] = (out[i] - sum.m) - log1p_S;
    store(task.out, row.index, begin, n, out);
  }
}

template <class T>
void softmax_row(const SoftmaxTask& task, const Row& row, RowSum<T> sum) {
  const Source& z = task.logits;
  bool limit = false;
  if (!sum.ordinary) sum = sum_row_near<T>(z, row.index, false);
  if (!sum.ordinary) {
    row.status = classify<T>(z, row.index, &row.bad_column);
    row.lse = row.status == Status::nan ? kNaN : row.status == Status::no_class_left ? -kInf : kInf;
    if (row.status != Status::ok) {
      if (task.out.data != nullptr) fill(task.out, row.index, z.cols, kNaN);
      return;
    }
    limit = true;
    sum = sum_row_near<T>(z, row.index, true);
  }
  const hn::CappedTag<double, 1> d;
  const double log1p_S = hn::GetLane(log1p(d, hn::Set(d, sum.S)));
  if (!limit) row.lse = sum.m + log1p_S;
  if (task.out.data == nullptr) return;
  if (task.logarithm) return write_log_softmax(task, row, sum, log1p_S, limit);
  write_row(z, {}, row, sum, {.alpha = 1, .chained = false}, limit, task.out);
  // A largest element that stands alone is exact, never above 1; equal ones (S >= 1 up to rounding)
  // stay equal.
  if (sum.S < 0.75) store_one(task.out, row.index, sum.a, 1 / (1 + sum.S));
}

template <class T>
void softmax_rows(const SoftmaxTask& task, Rows& rows) {
  const Source& z = task.logits;
  const bool few = z.cols <= kFewClasses, brief = !few && z.cols <= kShortClasses;
  const CallColumns<T> call(z, rows);
  const std::size_t step = rows_together<T>(z.cols);
  Tiles<T> tiles;
  ShortBatch<T> batch;
  for (std::size_t begin = 0; begin < rows.count; begin += step) {
    const std::size_t n = std::min(step, rows.count - begin);
    BatchSums<T> sums;
    if (few) {
      tiles.load(z, rows, begin, n, call);
      sum_columns(tiles, n, sums, rows.argmax + begin);
    } else if (brief) {
      sum_short_rows(z, rows, begin, n, false, {}, batch, sums, rows.argmax + begin);
    }
    for (std::size_t r = begin; r < begin + n; ++r)
      softmax_row<T>(task, rows.at(r),
                     few || brief ? sums.get(r - begin, rows.argmax[r]) : RowSum<T>());
  }
}

void softmax_f32(const SoftmaxTask& task, Rows& rows) { softmax_rows<float>(task, rows); }
void softmax_f64(const SoftmaxTask& task, Rows& rows) { softmax_rows<double>(task, rows); }

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(softmax_f32);
HWY_EXPORT(softmax_f64);

void kernels::softmax_f32(const SoftmaxTask& task, Rows& rows) {
  HWY_DYNAMIC_DISPATCH(softmax_f32)(task, rows);
}
void kernels::softmax_f64(const SoftmaxTask& task, Rows& rows) {
  HWY_DYNAMIC_DISPATCH(softmax_f64)(task, rows);
}
}  // namespace crossent
#endif  // HWY_ONCE
