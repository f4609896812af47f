// Sums of columns of a batch, one lane a row, with the bits of a row's own. Toggle guard: once per
// SIMD target.
#if defined(CROSSENT_KERNELS_COLUMN_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_COLUMN_SUM_INL_H_
#undef CROSSENT_KERNELS_COLUMN_SUM_INL_H_
#else
#define CROSSENT_KERNELS_COLUMN_SUM_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_columns-inl.h"
#include "kernels/row_target-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The kLanes partial sums of a vector of rows: their terms go where LaneVectors<T> puts those of
// one row, and fold alike.
template <class T, class D>
class ColumnSum {
 public:
  using V = hn::Vec<D>;
  HWY_INLINE void add(std::size_t j, V x) {
    if (j < kLanes) {
      high_[j] = x;
      low_[j] = hn::Zero(D());
      used_ = j + 1;
    } else if constexpr (sizeof(T) == 8) {
      add_to(high_[j % kLanes], low_[j % kLanes], x);
    } else {
      high_[j % kLanes] = hn::Add(high_[j % kLanes], x);
    }
  }
  // Infinite where a term was.
  HWY_INLINE V fold() {
    if (used_ == 0) return hn::Zero(D());
    for (std::size_t half = kLanes / 2; half > 0; half /= 2)
      for (std::size_t i = 0; i < half && i + half < used_; ++i) {
        if constexpr (sizeof(T) == 8) {
          add_to(high_[i], low_[i], high_[i + half]);
          low_[i] = hn::Add(low_[i], low_[i + half]);
        } else {
          high_[i] = hn::Add(high_[i], high_[i + half]);
        }
      }
    if constexpr (sizeof(T) == 4) return high_[0];
    const auto infinite = hn::Eq(high_[0], hn::Set(D(), kInf));
    return hn::IfThenElse(infinite, high_[0], hn::Add(high_[0], low_[0]));
  }

 private:
  V high_[kLanes], low_[kLanes];
  std::size_t used_ = 0;
};

// Whether every element of f32 columns is a regular target; see regular_targets.
template <class T>
HWY_INLINE bool is_regular(const ColumnsView<T>& t) {
  if constexpr (sizeof(T) == 4) {
    static_assert(kBatch == kLanes);
    return are_regular(t.cols, [&](std::size_t j) { return t.at(j, 0); });
  } else {
    return false;
  }
}

// sum_j t_j c_j of the rows whose columns are t.
template <bool kRegular, class T>
HWY_INLINE void weigh_tile(const Target& target, const ColumnsView<T>& t, double* out) {
  using D = hn::CappedTag<double, kBatch>;
  const D d;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    ColumnSum<T, D> sum;
    for (std::size_t j = 0; j < t.cols; ++j) {
      const auto c = hn::Set(d, target.weight_of(j));
      sum.add(j, hn::Mul(load_wide<!kRegular>(d, t.at(j, r)), c));
    }
    hn::Store(sum.fold(), d, out + r);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
