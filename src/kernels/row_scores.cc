// What the scores of rows of few classes are made of, a lane a row.
#include "kernels/row_scores.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/row_scores.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_score_terms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

static_assert(kMostScoreClasses <= kFewClasses && values_stride(1) == kBatch);

// A tile of rows in f64.
template <class T>
void widen(const ColumnsView<T>& z, std::size_t stride, double* out) {
  const D d;
  for (std::size_t j = 0; j < z.cols; ++j)
    for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d))
      hn::StoreU(load_wide<true>(d, z.at(j, r)), d, out + j * stride + r);
}

// Logarithms to probabilities; the largest logarithm.
void exponentiate(double* values, std::size_t cols, std::size_t stride, double* highest) {
  const D d;
  const auto one = hn::Set(d, 1);
  for (std::size_t r = 0; r < stride; r += hn::Lanes(d)) {
    auto most = hn::Set(d, -kInf);
    for (std::size_t j = 0; j < cols; ++j) {
      double* at = values + j * stride + r;
      const auto v = hn::LoadU(d, at), e = exp(d, v);
      most = hn::IfThenElse(hn::Gt(v, most), v, most);
      hn::StoreU(hn::IfThenElse(hn::Lt(one, e), one, e), d, at);
    }
    hn::Store(most, d, highest + r);
  }
}

template <class T>
void load_rows(const Source& from, const Rows& rows, double* values) {
  HWY_ALIGN T buffer[kFewClasses * kBatch];
  const CallColumns<T> call(from, rows);
  const std::size_t stride = values_stride(rows.count);
  for (std::size_t begin = 0; begin < rows.count; begin += kBatch)
    widen(load_columns(from, rows, begin, call, buffer), stride, values + begin);
}

void row_scores(const Source& from, ScoreInput input, bool want_ahead, const Rows& rows,
                double* values, RowScores& out) {
  const std::size_t stride = values_stride(rows.count);
  if (from.type == Element::f64)
    load_rows<double>(from, rows, values);
  else
    load_rows<float>(from, rows, values);
  if (input == ScoreInput::logarithms) exponentiate(values, from.cols, stride, out.highest);
  const D d;
  HWY_ALIGN double label[kRowsPerCall] = {};
  for (std::size_t r = 0; r < rows.count; ++r) label[r] = static_cast<double>(rows.label[r]);
  for (std::size_t r = 0; r < rows.count; r += hn::Lanes(d)) {
    const Scored s{values, from.cols, stride, r, hn::Load(d, label + r), out};
    score_extremes(s);
    if (input == ScoreInput::logits)
      score_logits(s);
    else
      s.add_terms([](V v, V) HWY_ATTR { return v; });
    if (want_ahead) count_ahead(s);
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(row_scores);

void kernels::row_scores(const Source& from, ScoreInput input, bool want_ahead, const Rows& rows,
                         double* values, RowScores& out) {
  HWY_DYNAMIC_DISPATCH(row_scores)(from, input, want_ahead, rows, values, out);
}
}  // namespace crossent
#endif  // HWY_ONCE
