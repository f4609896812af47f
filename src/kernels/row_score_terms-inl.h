// What the scores of a vector of rows are made of. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_SCORE_TERMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_SCORE_TERMS_INL_H_
#undef CROSSENT_KERNELS_ROW_SCORE_TERMS_INL_H_
#else
#define CROSSENT_KERNELS_ROW_SCORE_TERMS_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/row_scores.h"
// After highway.h.
#include "kernels/probabilities_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

using D = hn::CappedTag<double, kBatch>;
using V = hn::Vec<D>;

// Vectors of the rows `at`, `at` + 1, .. of a call.
struct Scored {
  const double* values;
  std::size_t cols, stride, at;
  V label;
  RowScores& out;

  // body(v, column) for every class.
  template <class Body>
  HWY_INLINE void each(const Body& body) const {
    const D d;
    auto column = hn::Zero(d);
    for (std::size_t j = 0; j < cols; ++j) {
      body(hn::LoadU(d, values + j * stride + at), column);
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
HWY_INLINE void score_extremes(const Scored& s) {
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

template <class Exp>
HWY_INLINE void add_exponentials(const Scored& s, const Exp& exponential) {
  const D d;
  const auto largest = hn::Load(d, s.out.largest + s.at), argmax = hn::Load(d, s.out.argmax + s.at);
  auto rest = hn::Zero(d);
  s.add_terms([&](V v, V column) HWY_ATTR {
    const auto first = hn::Eq(column, argmax);
    const auto e = exponential(hn::Sub(v, largest));
    rest = hn::Add(rest, hn::IfThenZeroElse(first, e));
    return hn::IfThenElse(first, hn::Set(d, 1), e);
  });
  hn::Store(rest, d, s.out.rest + s.at);
}

HWY_INLINE void score_logits(const Scored& s) {
  const D d;
  const auto depth = hn::Sub(hn::Load(d, s.out.least + s.at), hn::Load(d, s.out.largest + s.at));
  if (hn::AllTrue(d, hn::Ge(depth, hn::Set(d, kLeastNormalExp))))
    add_exponentials(s, [](V x) HWY_ATTR { return normal_exp(D(), x); });
  else
    add_exponentials(s, [](V x) HWY_ATTR { return exp(D(), x); });
}

HWY_INLINE void count_ahead(const Scored& s) {
  const D d;
  auto own = hn::Zero(d), ahead = hn::Zero(d);
  s.each([&](V v, V column) HWY_ATTR { own = hn::IfThenElse(hn::Eq(column, s.label), v, own); });
  s.each([&](V v, V column) HWY_ATTR {
    const auto tie = hn::And(hn::Eq(v, own), hn::Lt(column, s.label));
    ahead = hn::Add(ahead, hn::IfThenElseZero(hn::Or(hn::Gt(v, own), tie), hn::Set(d, 1)));
  });
  hn::Store(ahead, d, s.out.ahead + s.at);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
