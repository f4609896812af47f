// Exponentials of a batch of rows of few classes, each row times a factor. Toggle guard: once per
// SIMD target.
#if defined(CROSSENT_KERNELS_FEW_SCALING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_FEW_SCALING_INL_H_
#undef CROSSENT_KERNELS_FEW_SCALING_INL_H_
#else
#define CROSSENT_KERNELS_FEW_SCALING_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/batch_sums-inl.h"
#include "kernels/each-inl.h"
#include "kernels/row_columns-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// A batch's factors of the exponentials, as vectors.
template <class T>
struct BatchScaling {
  HWY_ALIGN T two[kRowsPerCall], magic[kRowsPerCall], lo[kRowsPerCall];
};

// Scaling of alpha / total for a vector of rows.
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE void scale_vector(D df, V alpha, const BatchSums<T>& sums, std::size_t r,
                             BatchScaling<T>& out) {
  using F = Format<T>;
  const hn::Rebind<T, D> d;
  const hn::RebindToUnsigned<D> du;
  const auto narrow = [&](V v) HWY_ATTR {
    if constexpr (sizeof(T) == 8)
      return v;
    else
      return hn::DemoteTo(d, v);
  };
  const auto W = hn::BitCast(du, hn::Div(alpha, hn::Load(df, sums.total + r)));
  const auto exponent = hn::Set(du, 0x7ffull << 52), one = hn::Set(du, 1023ull << 52);
  const auto biased = hn::And(W, exponent);
  const auto two = hn::BitCast(df, hn::Or(hn::AndNot(exponent, W), one));
  const auto zero = hn::Eq(hn::BitCast(df, biased), hn::Zero(df));
  hn::Store(narrow(hn::IfThenZeroElse(zero, two)), d, out.two + r);
  const auto k = hn::Sub(load_f64(df, sums.k + r), exponent_of(df, hn::BitCast(df, W)));
  const auto down = hn::Sub(k, hn::Set(df, F::kBias));
  hn::Store(narrow(hn::NegMulAdd(down, hn::Set(df, F::kSteps), hn::Set(df, F::kMagic))), d,
            out.magic + r);
  hn::Store(narrow(hn::Mul(down, hn::Set(df, 0.6931471805599453))), d, out.lo + r);
}

// The elements alpha p_j of the tile `z` that begins at row `begin` of a batch.
template <class T>
void scale_columns(const BatchScaling<T>& scaling, const T* c, const ColumnsView<T>& z,
                   std::size_t begin, std::size_t n, Columns<T>& out) {
  using D = hn::CappedTag<T, kBatch>;
  const D d;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const std::size_t at = begin + r;
    const auto two = hn::Load(d, scaling.two + at);
    const Exponential<D> exponential(hn::Load(d, c + at), hn::Load(d, scaling.magic + at),
                                     hn::Load(d, scaling.lo + at));
    for (std::size_t j = 0; j < z.cols; ++j) {
      auto scale = hn::Zero(d);
      const auto e = exponential(hn::LoadU(d, z.at(j, r)), scale,
                                 [&](auto v) HWY_ATTR { return hn::Mul(v, two); });
      hn::Store(hn::MulAdd(e, scale, hn::Zero(d)), d, out.at + j * kBatch + r);
    }
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
