// What the scores of rows of few classes are made of, a lane a row.
#include "kernels/row_scores.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/row_scores.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/probabilities_scan-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

static_assert(kMostScoreClasses <= kFewClasses);

using D = hn::CappedTag<double, kBatch>;
using V = hn::Vec<D>;

// Vectors of the rows `at`, `at` + 1, .. of a call.
template <class T>
struct Scored {
  const ColumnsView<T>& z;
  std::size_t r, at;  // row of the batch, of the call
  V label;
  RowScores& out;

  // body(v, column) for every class.
  template <class Body>
  HWY_INLINE void each(const Body& body) const {
    const D d;
    auto column = hn::Zero(d);
    for (std::size_t j = 0; j < z.cols; ++j) {
      body(load_wide<true>(d, z.at(j, r)), column);
      column = hn::Add(column, hn::Set(d, 1));
    }
  }
  // value and squares, of what term(v, column) makes of a value.
  template <class Term>
  HWY_INLINE void add_terms(const Term& term) const {
    const D d;
    auto value = hn::Zero(d), squares = hn::Zero(d);
    each([&](V v, V column) HWY_ATTR {
      const auto t = term(v, column);
      const auto own = hn::Eq(column, label);
      value = hn::IfThenElse(own, t, value);
      squares = hn::Add(squares, hn::IfThenZeroElse(own, hn::Mul(t, t)));
    });
    hn::Store(value, d, out.value + at);
    hn::Store(squares, d, out.squares + at);
  }
};

// sum, least, largest, argmax and hard.
template <class T>
HWY_INLINE void score_extremes(const Scored<T>& s) {
  const D d;
  const auto one = hn::Set(d, 1), zero = hn::Zero(d);
  auto sum = zero, least = hn::Set(d, kInf), largest = hn::Set(d, -kInf), argmax = zero;
  auto hard = hn::Eq(zero, zero);
  s.each([&](V v, V column) HWY_ATTR {
    const auto above = hn::Gt(v, largest);
    sum = hn::Add(sum, v);
    least = hn::IfThenElse(hn::Lt(v, least), v, least);
    largest = hn::IfThenElse(above, v, largest);
    argmax = hn::IfThenElse(above, column, argmax);
    hard = hn::And(hard, hn::Or(hn::Eq(v, zero), hn::Eq(v, one)));
  });
  hn::Store(sum, d, s.out.sum + s.at);
  hn::Store(least, d, s.out.least + s.at);
  hn::Store(largest, d, s.out.largest + s.at);
  hn::Store(argmax, d, s.out.argmax + s.at);
  std::uint8_t bits[8] = {};
  hn::StoreMaskBits(d, hard, bits);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) s.out.hard[s.at + i] = (bits[0] >> i & 1) != 0;
}

template <class T>
HWY_INLINE void score_logits(const Scored<T>& s) {
  const D d;
  const auto largest = hn::Load(d, s.out.largest + s.at), argmax = hn::Load(d, s.out.argmax + s.at);
  auto rest = hn::Zero(d);
  s.add_terms([&](V v, V column) HWY_ATTR {
    const auto first = hn::Eq(column, argmax);
    const auto e = exp(d, hn::Sub(v, largest));
    rest = hn::Add(rest, hn::IfThenZeroElse(first, e));
    return hn::IfThenElse(first, hn::Set(d, 1), e);
  });
  hn::Store(rest, d, s.out.rest + s.at);
}

template <class T>
HWY_INLINE void count_ahead(const Scored<T>& s) {
  const D d;
  auto own = hn::Zero(d), ahead = hn::Zero(d);
  s.each([&](V v, V column) HWY_ATTR { own = hn::IfThenElse(hn::Eq(column, s.label), v, own); });
  s.each([&](V v, V column) HWY_ATTR {
    const auto tie = hn::And(hn::Eq(v, own), hn::Lt(column, s.label));
    ahead = hn::Add(ahead, hn::IfThenElseZero(hn::Or(hn::Gt(v, own), tie), hn::Set(d, 1)));
  });
  hn::Store(ahead, d, s.out.ahead + s.at);
}

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
