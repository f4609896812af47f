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

static_assert(kMostScoreClasses <= kFewClasses);

// Logarithms to probabilities; the largest logarithm.
template <class T>
void exponentiate(const ColumnsView<T>& z, Columns<double>& p, double* highest) {
  const D d;
  const auto one = hn::Set(d, 1);
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    auto most = hn::Set(d, -kInf);
    for (std::size_t j = 0; j < z.cols; ++j) {
      const auto v = load_wide<true>(d, z.at(j, r)), e = exp(d, v);
      most = hn::IfThenElse(hn::Gt(v, most), v, most);
      hn::Store(hn::IfThenElse(hn::Lt(one, e), one, e), d, p.at + j * kBatch + r);
    }
    hn::Store(most, d, highest + r);
  }
}

template <class T>
void score_columns(const ColumnsView<T>& z, bool logits, bool want_ahead, const Rows& rows,
                   std::size_t begin, RowScores& out) {
  const D d;
  HWY_ALIGN double label[kBatch];
  for (std::size_t r = 0; r < kBatch; ++r)
    label[r] = begin + r < rows.count ? static_cast<double>(rows.label[begin + r]) : 0;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    const Scored<T> s{z, r, begin + r, hn::Load(d, label + r), out};
    score_extremes(s);
    if (logits)
      score_logits(s);
    else
      s.add_terms([](V v, V) HWY_ATTR { return v; });
    if (want_ahead) count_ahead(s);
  }
}

template <class T>
void score_rows(const Source& values, ScoreInput input, bool want_ahead, const Rows& rows,
                RowScores& out) {
  Columns<T> buffer;
  Columns<double> p;
  const CallColumns<T> call(values, rows);
  for (std::size_t begin = 0; begin < rows.count; begin += kBatch) {
    const ColumnsView<T> z = load_columns(values, rows, begin, call, buffer.at);
    if (input != ScoreInput::logarithms) {
      score_columns(z, input == ScoreInput::logits, want_ahead, rows, begin, out);
    } else {
      exponentiate(z, p, out.highest + begin);
      score_columns(ColumnsView<double>{p.at, kBatch, z.cols}, false, want_ahead, rows, begin, out);
    }
  }
}

void row_scores(const Source& values, ScoreInput input, bool want_ahead, const Rows& rows,
                RowScores& out) {
  if (values.type == Element::f64)
    score_rows<double>(values, input, want_ahead, rows, out);
  else
    score_rows<float>(values, input, want_ahead, rows, out);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(row_scores);

void kernels::row_scores(const Source& values, ScoreInput input, bool want_ahead, const Rows& rows,
                         RowScores& out) {
  HWY_DYNAMIC_DISPATCH(row_scores)(values, input, want_ahead, rows, out);
}
}  // namespace crossent
#endif  // HWY_ONCE
