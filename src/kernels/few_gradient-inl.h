// The gradients of a batch of rows of few classes. Toggle guard: once per SIMD
// target.
#if defined(CROSSENT_KERNELS_FEW_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_FEW_GRADIENT_INL_H_
#undef CROSSENT_KERNELS_FEW_GRADIENT_INL_H_
#else
#define CROSSENT_KERNELS_FEW_GRADIENT_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cross_entropy.h"
// After highway.h.
#include "kernels/columns_store-inl.h"
#include "kernels/few_elements-inl.h"
#include "kernels/few_scaling-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// x where it is an f32, else its neighbour with an odd last place: a later rounding to 16 bits is
// then the only one.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V odd_f32(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  const auto below = hn::Set(du, (std::uint64_t{1} << 29) - 1), bits = hn::BitCast(du, x);
  const auto exact = hn::Eq(hn::And(bits, below), hn::Zero(du));
  const auto odd = hn::Or(hn::AndNot(below, bits), hn::Set(du, std::uint64_t{1} << 29));
  return hn::BitCast(d, hn::IfThenElse(exact, bits, odd));
}

// GradientScalars and the elements of the maxima of a batch, as vectors.
template <class T>
HWY_INLINE void scale_batch(const CrossEntropyTask& task, const Rows& rows, std::size_t begin,
                            std::size_t n, const Batch<T>& batch, BatchScaling<T>& scaling,
                            BatchElements<T>& elements) {
  const hn::CappedTag<double, kBatch> d;
  const auto zeta = hn::Set(d, 2 * task.z_loss);
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const std::size_t i = begin + r;
    const auto load = [&](const double* p) HWY_ATTR { return hn::LoadU(d, p); };
    const auto weight = load(rows.weight + i), upstream = load(rows.upstream + i);
    const auto s = load(batch.s + r), S = load(batch.sums.S + r);
    const auto q = load(elements.q_max + r);
    const auto p = hn::Div(hn::Set(d, 1), hn::Add(hn::Set(d, 1), S));
    const auto beta = hn::Mul(weight, upstream);
    auto alpha = hn::Mul(beta, s);
    auto at = hn::Mul(weight, hn::Sub(hn::Mul(hn::Sub(s, q), p), hn::Mul(q, hn::Mul(S, p))));
    if (task.z_loss != 0) {
      const auto pull = hn::Mul(zeta, load(rows.lse + i));
      alpha = hn::Add(alpha, hn::Mul(pull, upstream));
      at = hn::Add(at, hn::Mul(pull, p));
    }
    hn::StoreU(beta, d, elements.beta + r);
    store_f64(d, flushed<T>(d, hn::Mul(beta, load(elements.q_label + r))), elements.taken + r);
    at = flushed<T>(d, hn::Mul(at, upstream));
    if (sizeof(T) == 4 && size_of(task.gradient.type) == 2) at = odd_f32(d, at);
    store_f64(d, at, elements.at_max + r);
    scale_vector(d, alpha, batch.sums, r, scaling);
  }
}

// Gradients of a batch of rows, all at once; rows that need more go one by one.
template <class T>
void write_gradients_few(const CrossEntropyTask& task, const Rows& rows, std::size_t begin,
                         std::size_t n, const Batch<T>& batch, const Tiles<T>& tiles,
                         const Tiles<T>& soft_tiles) {
  Columns<T> columns;
  BatchScaling<T> scaling;
  BatchElements<T> elements;
  if (task.target.one_term())
    find_label_elements(rows, begin, n, batch, elements);
  else
    find_elements(task, rows, begin, n, soft_tiles, elements);
  scale_batch(task, rows, begin, n, batch, scaling, elements);
  for (std::size_t first = 0; first < n; first += kBatch) {
    const std::size_t i = begin + first, count = std::min(kBatch, n - first);
    const ColumnsView<T>& z = tiles.of(first);
    scale_columns(scaling, batch.sums.c, z, first, count, columns);
    std::int64_t argmax[kBatch];
    bool together[kBatch] = {};
    for (std::size_t r = 0; r < count; ++r) {
      argmax[r] = std::max<std::int64_t>(rows.argmax[i + r], 0);  // -1 of rows without
      together[r] = rows.status[i + r] == Status::ok && !batch.limit[first + r];
    }
    const bool soft = task.target.soft.data != nullptr;
    place_elements(task, rows.label + i, argmax, first, count, soft ? soft_tiles.of(first) : z,
                   elements, columns);
    for (std::size_t r = 0; r < count && !rows.all_live; ++r)
      for (std::size_t j = 0; j < task.logits.cols && !rows.live[i + r]; ++j)
        columns.at[j * kBatch + r] = 0;
    store_columns(columns, task.logits.cols, rows.first + i, count, together, task.gradient);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
