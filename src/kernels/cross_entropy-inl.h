// Cross-entropy of rows: the order of the work. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_
#undef CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_
#else
#define CROSSENT_KERNELS_CROSS_ENTROPY_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cross_entropy.h"
// After highway.h.
#include "kernels/cross_entropy_loss-inl.h"
#include "kernels/few_gradient-inl.h"
#include "kernels/few_target-inl.h"
#include "kernels/short_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// Whether every live row has its sum.
template <class T>
bool are_summed(const Rows& rows, std::size_t begin, std::size_t n, const BatchSums<T>& sums) {
  if (rows.all_live || sums.are_ordinary(n)) return sums.are_ordinary(n);
  bool summed = true;
  for (std::size_t r = 0; r < n; ++r) summed &= sums.is_ordinary(r) || !rows.live[begin + r];
  return summed;
}

// Rows [begin, begin + n), from the logits to the gradients.
template <class T>
void cross_entropy_batch(const CrossEntropyTask& task, Rows& rows, std::size_t begin, std::size_t n,
                         const CallColumns<T>& call, const CallColumns<T>& soft_call,
                         ShortBatch<T>& short_batch, const Ahead& ahead) {
  const bool few = task.logits.cols <= kFewClasses;
  Batch<T> batch;
  Tiles<T> tiles, soft_tiles;
  if (few) {
    tiles.load(task.logits, rows, begin, n, call, ahead.write);
    sum_columns(tiles, n, batch.sums, rows.argmax + begin);
    if (task.target.soft.data != nullptr)
      soft_tiles.load(task.target.soft, rows, begin, n, soft_call);
  } else if (task.logits.cols <= kShortClasses) {
    const bool keep = task.gradient.data != nullptr;
    sum_short_rows(task.logits, rows, begin, n, keep, ahead, short_batch, batch.sums,
                   rows.argmax + begin);
    if (keep) batch.keep(short_batch.kept, in_groups(task.logits.cols));
  }
  const bool plain = few && task.target.one_term() && task.target.class_weight == nullptr &&
                     are_summed(rows, begin, n, batch.sums);
  if (plain) {
    find_targets(rows, begin, n, tiles, batch);
  } else {
    if (few) find_targets_few(task, rows, begin, n, tiles, soft_tiles, batch);
    find_one_by_one(task, rows, begin, n, few, batch);
  }
  finish_losses(task, rows, begin, n, batch, plain && rows.all_live);
  // The gradient may go where the logits are: it comes last.
  for (std::size_t r = 0; task.target_gradient.data != nullptr && r < n; ++r)
    write_any_target_gradient(task, rows.at(begin + r), batch, r);
  if (task.gradient.data == nullptr) return;
  const bool together = few && !task.logits.transforms();
  if (together) write_gradients_few(task, rows, begin, n, batch, tiles, soft_tiles);
  if (together && plain && rows.all_live) return;
  for (std::size_t r = 0; r < n; ++r)
    write_one_by_one(task, rows.at(begin + r), batch, r, together, ahead.after(kStream.read));
}

template <class T>
void cross_entropy_rows(const CrossEntropyTask& task, Rows& rows) {
  const Source& z = task.logits;
  const std::size_t apart = bytes_apart(z, task.gradient);
  const CallColumns<T> call(z, rows, apart), soft_call(task.target.soft, rows);
  const std::size_t step = rows_together<T>(z.cols);
  const auto stride = static_cast<std::size_t>(z.row_stride) * size_of(z.type);
  ShortBatch<T> short_batch;
  for (std::size_t begin = 0; begin < rows.count; begin += step) {
    const std::size_t n = std::min(step, rows.count - begin);
    const bool more = rows.more || begin + n < rows.count;
    const Ahead ahead = {more ? n * stride : 0, apart};
    cross_entropy_batch<T>(task, rows, begin, n, call, soft_call, short_batch, ahead);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
