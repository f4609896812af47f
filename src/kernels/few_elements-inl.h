// The elements of a batch's gradients that hold targets or maxima. Toggle guard: once per SIMD
// target.
#if defined(CROSSENT_KERNELS_FEW_ELEMENTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_FEW_ELEMENTS_INL_H_
#undef CROSSENT_KERNELS_FEW_ELEMENTS_INL_H_
#else
#define CROSSENT_KERNELS_FEW_ELEMENTS_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/cross_entropy.h"
// After highway.h.
#include "kernels/column_sum-inl.h"
#include "kernels/cross_entropy_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// What a batch's elements at the labels and at the maxima are made of, and come to.
template <class T>
struct BatchElements {
  HWY_ALIGN double beta[kRowsPerCall], q_label[kRowsPerCall], q_max[kRowsPerCall];
  HWY_ALIGN T taken[kRowsPerCall], own[kRowsPerCall], at_max[kRowsPerCall];
};

// q at the labels and at the maxima of rows against labels alone, whose s it is.
template <class T>
HWY_INLINE void find_label_elements(const Rows& rows, std::size_t begin, std::size_t n,
                                    const Batch<T>& batch, BatchElements<T>& out) {
  const hn::CappedTag<double, kBatch> d;
  const hn::RebindToSigned<decltype(d)> di;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const std::size_t i = begin + r;
    const auto s = hn::LoadU(d, batch.s + r);
    const auto same = hn::Eq(hn::LoadU(di, rows.label + i), hn::LoadU(di, rows.argmax + i));
    const auto at_max = hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(di, same)));
    hn::Store(s, d, out.q_label + r);
    hn::Store(hn::IfThenElseZero(at_max, s), d, out.q_max + r);
  }
}

// The same against any target.
template <class T>
HWY_INLINE void find_elements(const CrossEntropyTask& task, const Rows& rows, std::size_t begin,
                              std::size_t n, const Tiles<T>& soft_tiles, BatchElements<T>& out) {
  const bool soft = task.target.soft.data != nullptr;
  const auto weigh = [&](std::size_t j, double t)
                         HWY_ATTR { return weigh_one(task.target, task.logits.class_mask, j, t); };
  for (std::size_t r = 0; r < n; ++r) {
    const std::int64_t y = rows.label[begin + r];
    const std::int64_t a = std::max<std::int64_t>(rows.argmax[begin + r], 0);  // -1: no such row
    const auto at = static_cast<std::size_t>(a);
    out.q_label[r] = soft ? 0 : weigh(static_cast<std::size_t>(y), 1);
    out.q_max[r] = weigh(at, soft ? to_f64(*soft_tiles.of(r).at(at, r % kBatch)) : y == a);
  }
}

// Takes beta q_j off every column, but for what place_elements does. kGiven: q is the soft target.
template <bool kRegular, bool kGiven, class T>
HWY_INLINE void subtract_columns(const CrossEntropyTask& task, const double* beta, std::size_t n,
                                 const ColumnsView<T>& t, Columns<T>& columns) {
  const hn::CappedTag<double, kBatch> d;
  const hn::Rebind<T, decltype(d)> to;
  const Target& target = task.target;
  const std::uint8_t* mask = task.logits.class_mask;
  for (std::size_t j = 0; j < task.logits.cols; ++j) {
    const auto spread = hn::Set(d, mask == nullptr || mask[j] != 0 ? target.spread : 0);
    const auto c = hn::Set(d, target.weight_of(j));
    for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
      T* at = columns.at + j * kBatch + r;
      auto q = spread;
      if (kGiven || target.soft.data != nullptr) q = load_wide<!kRegular>(d, t.at(j, r));
      if (!kGiven && target.soft.data != nullptr) q = smoothed(d, target, q, spread);
      const auto taken = hn::Mul(hn::Load(d, beta + r), kGiven ? q : hn::Mul(q, c));
      hn::Store(less(to, hn::Load(to, at), taken), to, at);
    }
  }
}

// The elements of a tile at one place in each row.
template <class T>
struct PlacesOfRows {
  const std::int64_t* column;
  Columns<T>& columns;
  T& operator[](std::size_t r) const {
    return columns.at[static_cast<std::size_t>(column[r]) * kBatch + r];
  }
};

// Takes the targets off the elements of the tile that begins at row `begin` of the batch, and puts
// those of the maxima in.
template <class T>
HWY_INLINE void place_elements(const CrossEntropyTask& task, const std::int64_t* label,
                               const std::int64_t* argmax, std::size_t begin, std::size_t n,
                               const ColumnsView<T>& t, BatchElements<T>& elements,
                               Columns<T>& columns) {
  const PlacesOfRows<T> at_label{label, columns}, at_max{argmax, columns};
  const bool labels = task.target.soft.data == nullptr;
  T* own = elements.own + begin;
  if (labels) {
    for (std::size_t r = 0; r < n; ++r) own[r] = at_label[r];
    const hn::CappedTag<T, kBatch> d;
    for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
      const auto v = hn::Sub(hn::Load(d, own + r), hn::Load(d, elements.taken + begin + r));
      hn::Store(flushed<T>(d, v), d, own + r);
    }
  }
  if (!task.target.one_term())
    choose(!labels && is_regular(t), [&](auto regular) HWY_ATTR {
      choose(task.target.as_given(), [&](auto given) HWY_ATTR {
        subtract_columns<regular(), given()>(task, elements.beta + begin, n, t, columns);
      });
    });
  for (std::size_t r = 0; labels && r < n; ++r) at_label[r] = own[r];
  for (std::size_t r = 0; r < n; ++r) at_max[r] = elements.at_max[begin + r];
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
