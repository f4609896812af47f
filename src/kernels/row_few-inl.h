// Rows of few classes, one lane a row: 16 rows at a time, transposed into columns. A row's bits do
// not depend on its neighbours or on the vector width. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_FEW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_FEW_INL_H_
#undef CROSSENT_KERNELS_ROW_FEW_INL_H_
#else
#define CROSSENT_KERNELS_ROW_FEW_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr std::size_t kFewClasses = 128;  // up to here; the choice depends on the classes alone
constexpr std::size_t kBatch = 16;        // rows

// kBatch rows as columns: element (row r, class j) at j * kBatch + r.
template <class T>
struct Columns {
  HWY_ALIGN T at[kFewClasses * kBatch];
};

// The rows of a batch. Lanes without a live row repeat one that is: such rows are not read.
struct BatchRows {
  std::size_t index[kBatch];
  bool any = false;
  std::ptrdiff_t step = 0;  // of the indices, where they are evenly spaced

  BatchRows(const Row* rows, std::size_t n) {
    std::size_t live = 0;
    while (live < n && !rows[live].live) ++live;
    any = live < n;
    for (std::size_t r = 0; r < kBatch && any; ++r)
      index[r] = r < n && rows[r].live ? rows[r].index : rows[live].index;
    if (!any) return;
    step = static_cast<std::ptrdiff_t>(index[1] - index[0]);
    for (std::size_t r = 2; r < kBatch; ++r)
      if (static_cast<std::ptrdiff_t>(index[r] - index[r - 1]) != step) step = 0;
  }
};

// Rows that lie side by side (class-strided logits) need no transposition.
template <class T>
bool is_columnar(const Source& s, const BatchRows& rows) {
  return is_direct_type<T>(s) && s.row_stride == 1 && rows.step == 1;
}

template <class T>
void load_columns(const Source& s, const BatchRows& rows, Columns<T>& out) {
  const hn::CappedTag<T, kBatch> d;
  if (is_columnar<T>(s, rows)) {
    const T* p = static_cast<const T*>(s.data) + offset_of(s, rows.index[0], 0);
    for (std::size_t j = 0; j < s.cols; ++j, p += s.col_stride)
      for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d))
        hn::Store(hn::LoadU(d, p + r), d, out.at + j * kBatch + r);
    return;
  }
  HWY_ALIGN T row[kFewClasses];
  for (std::size_t r = 0; r < kBatch; ++r) {
    const T* from = row;
    if (is_direct<T>(s))
      from = static_cast<const T*>(s.data) + offset_of(s, rows.index[r], 0);
    else
      stage(s, rows.index[r], 0, s.cols, {}, row);
    for (std::size_t j = 0; j < s.cols; ++j) out.at[j * kBatch + r] = from[j];
  }
}

// What the lanes of a batch come to.
template <class T>
struct BatchSum {
  HWY_ALIGN T m[kBatch], a[kBatch], c[kBatch], k[kBatch], high[kBatch], low[kBatch];
  HWY_ALIGN double u[kBatch];
};

// Maximum, origin, and the sum beside the maximum: 8 terms plain, then TwoSum (f64: every term).
template <class T>
void sum_columns(const Columns<T>& z, std::size_t cols, BatchSum<T>& out) {
  const hn::CappedTag<T, kBatch> d;
  using F = Format<T>;
  const auto round = hn::Set(d, F::kMagic);
  const auto bias = hn::Set(d, static_cast<T>(F::kBias));
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    auto m = hn::Load(d, z.at + r);
    auto a = hn::Zero(d);
    for (std::size_t j = 1; j < cols; ++j) {
      const auto v = hn::Load(d, z.at + j * kBatch + r);
      const auto above = hn::Gt(v, m);
      m = hn::IfThenElse(above, v, m);
      a = hn::IfThenElse(above, hn::Set(d, static_cast<T>(j)), a);
    }
    const auto far = hn::Ge(hn::Abs(m), hn::Set(d, F::kFar));
    const auto c = hn::IfThenElseZero(far, m);
    const auto nearest =
        hn::Sub(hn::MulAdd(m, hn::Set(d, static_cast<T>(1.4426950408889634)), round), round);
    const auto k = hn::IfThenZeroElse(far, nearest);
    const auto magic = hn::Add(round, hn::Sub(bias, k));
    const auto lo = hn::Mul(hn::Sub(k, bias), hn::Set(d, static_cast<T>(0.6931471805599453)));
    auto high = hn::Zero(d), low = hn::Zero(d);
    constexpr std::size_t kGroup = sizeof(T) == 4 ? 8 : 1;
    for (std::size_t begin = 0; begin < cols; begin += kGroup) {
      auto term = hn::Zero(d);
      for (std::size_t j = begin; j < std::min(begin + kGroup, cols); ++j) {
        auto scale = hn::Zero(d);
        const auto e = exp_parts(d, hn::Load(d, z.at + j * kBatch + r), c, magic, lo, scale);
        scale = hn::IfThenZeroElse(hn::Eq(a, hn::Set(d, static_cast<T>(j))), scale);
        term = hn::MulAdd(e, scale, term);
      }
      const auto sum = hn::Add(high, term), back = hn::Sub(sum, high);
      low = hn::Add(low, hn::Add(hn::Sub(high, hn::Sub(sum, back)), hn::Sub(term, back)));
      high = sum;
    }
    hn::Store(m, d, out.m + r);
    hn::Store(a, d, out.a + r);
    hn::Store(c, d, out.c + r);
    hn::Store(k, d, out.k + r);
    hn::Store(high, d, out.high + r);
    hn::Store(low, d, out.low + r);
  }
  const hn::CappedTag<double, kBatch> df;
  HWY_ALIGN double x[kBatch], k[kBatch];
  for (std::size_t r = 0; r < kBatch; ++r) {
    x[r] = double{out.m[r]} - double{out.c[r]};
    k[r] = double{out.k[r]};
  }
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(df)) {  // 2 exp(m - c) 2^-k
    const auto n = hn::Load(df, k + r);
    auto v = hn::NegMulAdd(n, hn::Set(df, Ln2<double>::kHigh), hn::Load(df, x + r));
    v = hn::NegMulAdd(n, hn::Set(df, Ln2<double>::kLow), v);
    hn::Store(two_exp(df, v), df, out.u + r);
  }
}

// The sums of kBatch rows at most; a lane that needs a closer look is left not ordinary.
template <class T, class State>
void sum_few(const Source& source, const Row* rows, std::size_t n, State* state) {
  const BatchRows batch(rows, n);
  if (!batch.any) return;
  Columns<T> columns;
  BatchSum<T> sums;
  load_columns(source, batch, columns);
  sum_columns(columns, source.cols, sums);
  for (std::size_t r = 0; r < n; ++r) {
    RowSum<T>& out = state[r].sum;
    const double s = double{sums.high[r]} + double{sums.low[r]};
    const double S = s / sums.u[r];
    const bool finite = std::fabs(sums.m[r]) < std::numeric_limits<T>::infinity();
    out.ordinary = finite && (S >= Format<T>::kTiny || (source.cols == 1 && S == 0));
    out.m = double{sums.m[r]};
    out.a = static_cast<std::size_t>(sums.a[r]);
    out.S = S;
    out.total = sums.u[r] + s;
    out.origin.c = sums.c[r];
    out.origin.k = out.ordinary ? static_cast<int>(sums.k[r]) : 0;
  }
}

// A batch's factors of the exponentials, as vectors.
template <class T>
struct BatchScaling {
  HWY_ALIGN T two[kBatch] = {}, c[kBatch] = {}, magic[kBatch] = {}, lo[kBatch] = {};

  void set(std::size_t r, const Scaling<T>& scaling) {
    two[r] = scaling.two;
    c[r] = scaling.pass.c;
    magic[r] = scaling.pass.magic;
    lo[r] = scaling.pass.lo;
  }
};

// The elements alpha p_j of a batch, in place.
template <class T>
void scale_columns(const BatchScaling<T>& scaling, std::size_t cols, Columns<T>& z) {
  const hn::CappedTag<T, kBatch> d;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    const auto two = hn::Load(d, scaling.two + r), c = hn::Load(d, scaling.c + r);
    const auto magic = hn::Load(d, scaling.magic + r), lo = hn::Load(d, scaling.lo + r);
    for (std::size_t j = 0; j < cols; ++j) {
      T* p = z.at + j * kBatch + r;
      auto scale = hn::Zero(d);
      const auto e = exp_parts(d, hn::Load(d, p), c, magic, lo, scale);
      hn::Store(hn::MulAdd(hn::Mul(e, two), scale, hn::Zero(d)), d, p);
    }
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
