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

// What the rows of a batch need between their sums and their gradients.
template <class T>
struct Batch {
  BatchSums<T> sums;
  HWY_ALIGN double gap[kRowsPerCall], s[kRowsPerCall], log1p_S[kRowsPerCall];
  bool limit[kRowsPerCall] = {};  // a single +inf: the row's one-sided limit

  // The terms of the row's sum, or nullptr.
  const T* terms_of(std::size_t r) const {
    return (has_terms >> r & 1) != 0 ? terms + r * stride : nullptr;
  }
  // Those of the rows that are ordinary so far lie `stride_` apart.
  void keep(const T* terms_, std::size_t stride_) {
    terms = terms_;
    stride = stride_;
    has_terms = sums.ordinary;
  }

 private:
  const T* terms = nullptr;
  std::size_t stride = 0;
  std::uint64_t has_terms = 0;
};

// The element of the maximum in f64, where 1 - p would cancel: s p - q = (s - q) p - q S / (1 + S).
// q: the target there.
HWY_INLINE double gradient_at_maximum(double q, double s, double S, double weight, double upstream,
                                      double z_loss, double lse) {
  const double p = 1 / (1 + S);
  double g = weight * ((s - q) * p - q * (S * p));
  if (z_loss != 0) g += 2 * z_loss * lse * p;
  return g * upstream;
}

HWY_INLINE GradientScalars gradient_scalars(const CrossEntropyTask& task, const Row& row,
                                            double s) {
  const double w = row.weight * row.upstream;
  GradientScalars g{w * s, w, !task.target.one_term()};
  if (task.z_loss != 0) g.alpha += 2 * task.z_loss * row.lse * row.upstream;
  return g;
}

template <class T>
void write_gradient(const CrossEntropyTask& task, const Row& row, const Batch<T>& batch,
                    std::size_t r, const Ahead& ahead) {
  const RowSum<T> sum = batch.sums.get(r, row.argmax);
  const GradientScalars g = gradient_scalars(task, row, batch.s[r]);
  const std::size_t a = sum.a;
  const auto y = static_cast<std::size_t>(row.label);
  const bool other_label = task.target.one_term() && y != a;
  // Everything that reads the logits comes before the first write: they may be the same memory.
  HWY_ALIGN T e[kLanes] = {};
  if (other_label) {
    stage<T>(task.logits, row.index, y, 1, {kNone, kNone, batch.limit[r]}, e);
    with_factor<T>(g.alpha / sum.total, sum.origin, batch.terms_of(r),
                   [&](const auto& elements) HWY_ATTR { e[0] = elements.one(e[0], y); });
    e[0] = subtract_one(g.beta, batch.s[r], e[0]);
  }
  HWY_ALIGN double at_max[kLanes] = {
      gradient_at_maximum(target_at(task.target, task.logits, row, a), batch.s[r], sum.S,
                          row.weight, row.upstream, task.z_loss, row.lse)};
  HWY_ALIGN double at_label[kLanes] = {double{e[0]}};
  if (task.logits.transforms()) {
    chain(task.logits, row.index, a, 1, at_max);
    if (other_label) chain(task.logits, row.index, y, 1, at_label);
  }
  write_row(task.logits, task.target, row, sum, g, batch.limit[r], task.gradient, ahead,
            batch.terms_of(r));
  store_one(task.gradient, row.index, a, at_max[0]);
  if (other_label) store_one(task.gradient, row.index, y, at_label[0]);
}

// d loss / d t_j = w keep c_j (lse - z_j).
template <class T>
void write_target_gradient(const CrossEntropyTask& task, const Row& row, const Batch<T>& batch,
                           std::size_t r) {
  const bool direct = is_direct<T>(task.logits);
  const double w = row.weight * row.upstream * task.target.keep;
  Scratch<T> scratch;
  HWY_ALIGN double g[kBlock];
  for (std::size_t begin = 0; begin < task.logits.cols; begin += kBlock) {
    const std::size_t n = std::min(kBlock, task.logits.cols - begin);
    widen(
        load_block(task.logits, direct, row.index, begin, {kNone, kNone, batch.limit[r]}, scratch),
        g);
    for (std::size_t i = 0; i < n; ++i) {
      g[i] = factor_times(w * task.target.weight_of(begin + i),
                          (batch.sums.m[r] - g[i]) + batch.log1p_S[r]);
    }
    store(task.target_gradient, row.index, begin, n, g);
  }
}

// write_target_gradient of a row, or what one that is not live or bad has in its place.
template <class T>
void write_any_target_gradient(const CrossEntropyTask& task, const Row& row, const Batch<T>& batch,
                               std::size_t r) {
  const bool bad = row.status != Status::ok;
  if (row.live && !bad) return write_target_gradient(task, row, batch, r);
  fill(task.target_gradient, row.index, task.logits.cols, bad ? kNaN : 0);
}

// The gradient of a row that its batch left: of many classes, not live, bad, or at its limit.
template <class T>
void write_one_by_one(const CrossEntropyTask& task, const Row& row, const Batch<T>& batch,
                      std::size_t r, bool done_together, const Ahead& ahead) {
  const bool bad = row.status != Status::ok;
  if (row.live && !bad) {
    if (!done_together || batch.limit[r]) write_gradient(task, row, batch, r, ahead);
  } else if (bad || !done_together) {
    fill(task.gradient, row.index, task.logits.cols, bad ? kNaN : 0);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
