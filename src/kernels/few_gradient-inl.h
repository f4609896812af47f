// The gradients of a batch of rows of few classes against labels. Toggle guard: once per SIMD
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
#include "kernels/cross_entropy_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// A batch's factors of the exponentials, as vectors.
template <class T>
struct BatchScaling {
  HWY_ALIGN T two[kBatch], magic[kBatch], lo[kBatch];
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

// The elements alpha p_j of a batch.
template <class T>
void scale_columns(const BatchScaling<T>& scaling, const T* c, const ColumnsView<T>& z,
                   std::size_t n, Columns<T>& out) {
  using D = hn::CappedTag<T, kBatch>;
  const D d;
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const auto two = hn::Load(d, scaling.two + r);
    const Exponential<D> exponential(hn::Load(d, c + r), hn::Load(d, scaling.magic + r),
                                     hn::Load(d, scaling.lo + r));
    for (std::size_t j = 0; j < z.cols; ++j) {
      auto scale = hn::Zero(d);
      const auto e = exponential(hn::LoadU(d, z.at(j, r)), scale,
                                 [&](auto v) HWY_ATTR { return hn::Mul(v, two); });
      hn::Store(hn::MulAdd(e, scale, hn::Zero(d)), d, out.at + j * kBatch + r);
    }
  }
}

// GradientScalars and the elements of the maxima of a batch, as vectors.
template <class T>
HWY_INLINE void scale_batch(const CrossEntropyTask& task, const Rows& rows, std::size_t begin,
                            std::size_t n, const Batch<T>& batch, BatchScaling<T>& scaling,
                            double* at_max) {
  const hn::CappedTag<double, kBatch> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto zeta = hn::Set(d, 2 * task.z_loss);
  for (std::size_t r = 0; r < n; r += hn::Lanes(d)) {
    const std::size_t i = begin + r;
    const auto load = [&](const double* p) HWY_ATTR { return hn::LoadU(d, p); };
    const auto weight = load(rows.weight + i), upstream = load(rows.upstream + i);
    const auto s = load(batch.s + r), S = load(batch.sums.S + r);
    const auto label = hn::LoadU(di, rows.label + i), argmax = hn::LoadU(di, rows.argmax + i);
    const auto q = hn::IfThenElseZero(
        hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(di, hn::Eq(label, argmax)))), s);
    const auto p = hn::Div(hn::Set(d, 1), hn::Add(hn::Set(d, 1), S));
    auto alpha = hn::Mul(hn::Mul(weight, upstream), s);
    auto at = hn::Mul(weight, hn::Sub(hn::Mul(hn::Sub(s, q), p), hn::Mul(q, hn::Mul(S, p))));
    if (task.z_loss != 0) {
      const auto pull = hn::Mul(zeta, load(rows.lse + i));
      alpha = hn::Add(alpha, hn::Mul(pull, upstream));
      at = hn::Add(at, hn::Mul(pull, p));
    }
    hn::Store(hn::Mul(at, upstream), d, at_max + r);
    scale_vector(d, alpha, batch.sums, r, scaling);
  }
}

// Gradients against labels of a batch of rows, all at once; rows that need more go one by one.
template <class T>
void write_gradients_few(const CrossEntropyTask& task, const Rows& rows, std::size_t begin,
                         std::size_t n, const Batch<T>& batch, const ColumnsView<T>& z) {
  Columns<T> columns;
  BatchScaling<T> scaling;
  HWY_ALIGN double at_max[kBatch];
  bool together[kBatch] = {};
  scale_batch(task, rows, begin, n, batch, scaling, at_max);
  scale_columns(scaling, batch.sums.c, z, n, columns);
  for (std::size_t r = 0; r < n; ++r) {
    const std::size_t i = begin + r;
    together[r] = rows.status[i] == Status::ok && !batch.limit[r];
    if (!together[r]) continue;
    if (!rows.live[i]) {
      for (std::size_t j = 0; j < z.cols; ++j) columns.at[j * kBatch + r] = 0;
      continue;
    }
    const auto a = static_cast<std::size_t>(rows.argmax[i]);
    const auto y = static_cast<std::size_t>(rows.label[i]);
    T& at_label = columns.at[y * kBatch + r];
    if (y != a) at_label = subtract_one(rows.weight[i] * rows.upstream[i], batch.s[r], at_label);
    put(columns.at[a * kBatch + r], at_max[r]);
  }
  store_columns(columns, z.cols, rows.first + begin, n, together, task.gradient);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
