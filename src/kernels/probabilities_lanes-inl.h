// What is found of rows of probabilities or log-probabilities, lane by lane. Toggle guard: once per
// SIMD target.
#if defined(CROSSENT_KERNELS_PROBABILITIES_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_PROBABILITIES_LANES_INL_H_
#undef CROSSENT_KERNELS_PROBABILITIES_LANES_INL_H_
#else
#define CROSSENT_KERNELS_PROBABILITIES_LANES_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exp-inl.h"
#include "kernels/row_columns-inl.h"
#include "kernels/short_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// As arrays: a lane is a row of a batch, or one of a row's kLanes partial results. `place` says
// where the first largest value stands.
struct Scans {
  Lanes sum;
  HWY_ALIGN double least[kLanes], largest[kLanes], place[kLanes];
  Scans() {
    for (std::size_t i = 0; i < kLanes; ++i) {
      least[i] = kInf;
      largest[i] = -kInf;
      place[i] = 0;
    }
  }
  Pair total(std::size_t r) const { return {sum.high[r], sum.low[r]}; }
};
static_assert(kLanes == kBatch);

// A vector of lanes. Exact: the sum in twice the precision, `place`, and NaN neither least nor
// largest. Else what tells rows that are surely distributions: a NaN shows in the sum at least.
template <class D, bool kExact>
struct Scan {
  using V = hn::Vec<D>;
  V high, low, least, largest, place;

  Scan(D d, const Scans& from, std::size_t k)
      : high(hn::Load(d, from.sum.high + k)),
        low(hn::Load(d, from.sum.low + k)),
        least(hn::Load(d, from.least + k)),
        largest(hn::Load(d, from.largest + k)),
        place(hn::Load(d, from.place + k)) {}
  HWY_INLINE V term_of(D d, V v, bool logarithms) const {
    if (!logarithms) return v;
    if constexpr (kExact)
      return exp(d, v);
    else
      return short_exp(d, v);
  }
  HWY_INLINE void add(V v, V term, V where) {
    if constexpr (kExact) {
      const auto above = hn::Gt(v, largest);
      least = hn::IfThenElse(hn::Lt(v, least), v, least);
      largest = hn::IfThenElse(above, v, largest);
      place = hn::IfThenElse(above, where, place);
      add_to(high, low, term);
    } else {
      least = hn::Min(v, least);
      largest = hn::Max(v, largest);
      high = hn::Add(high, term);
    }
  }
  void store(D d, Scans& to, std::size_t k) const {
    hn::Store(high, d, to.sum.high + k);
    hn::Store(low, d, to.sum.low + k);
    hn::Store(least, d, to.least + k);
    hn::Store(largest, d, to.largest + k);
    hn::Store(place, d, to.place + k);
  }
};

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
