// Sums and extremes of rows of probabilities or log-probabilities: what their validity,
// normalisation and argmax need. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_PROBABILITIES_SCAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_PROBABILITIES_SCAN_INL_H_
#undef CROSSENT_KERNELS_PROBABILITIES_SCAN_INL_H_
#else
#define CROSSENT_KERNELS_PROBABILITIES_SCAN_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
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

// Elements in f64. Exact: whether or not the CPU takes subnormal numbers for 0.
template <bool kExact, class D, class From, class V = hn::Vec<D>>
HWY_INLINE V load_wide(D d, const From* p) {
  if constexpr (std::is_same_v<From, double>) {
    return hn::LoadU(d, p);
  } else {
    const hn::Rebind<float, D> narrow;
    const hn::RebindToSigned<decltype(narrow)> bits;
    const auto v = load_vector(narrow, p);
    const auto wide = hn::PromoteTo(d, v);
    if constexpr (!kExact) return wide;
    const auto magnitude = hn::PromoteTo(d, hn::BitCast(bits, hn::Abs(v)));
    const auto subnormal = hn::Lt(magnitude, hn::Set(d, 0x1p23));
    const auto exact = hn::CopySign(hn::Mul(magnitude, hn::Set(d, 0x1p-149)), wide);
    return hn::IfThenElse(subnormal, exact, wide);
  }
}

// A lane a row.
template <bool kExact, class T>
void scan_columns(bool logarithms, const ColumnsView<T>& z, Scans& out) {
  const hn::CappedTag<double, kBatch> d;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    Scan<hn::CappedTag<double, kBatch>, kExact> scan(d, out, r);
    auto column = hn::Zero(d);
    for (std::size_t j = 0; j < z.cols; ++j) {
      const auto v = load_wide<kExact>(d, z.at(j, r));
      scan.add(v, scan.term_of(d, v, logarithms), column);
      column = hn::Add(column, hn::Set(d, 1));
    }
    scan.store(d, out, r);
  }
}

// Elements [begin, begin + n) of a row, `begin` a multiple of kLanes.
template <bool kExact, class From>
void scan_block(bool logarithms, const From* p, std::size_t begin, std::size_t n, Scans& lanes) {
  const hn::CappedTag<double, kLanes> d;
  const std::size_t whole = n / kLanes * kLanes;
  HWY_ALIGN double values[kLanes], terms[kLanes];  // the last group: neutral where nothing is left
  for (std::size_t i = 0; whole != n && i < kLanes; ++i) {
    const bool is_left = i < n - whole;
    values[i] = is_left ? value_of<double>(p[whole + i]) : kNaN;
    terms[i] = is_left ? values[i] : logarithms ? -kInf : 0;
  }
  for (std::size_t k = 0; k < kLanes; k += hn::Lanes(d)) {
    Scan<hn::CappedTag<double, kLanes>, kExact> scan(d, lanes, k);
    auto group = hn::Set(d, static_cast<double>(begin / kLanes));
    const auto add = [&](auto v, auto term) HWY_ATTR {
      scan.add(v, scan.term_of(d, term, logarithms), group);
      group = hn::Add(group, hn::Set(d, 1));
    };
    for (std::size_t i = 0; i < whole; i += kLanes) {
      if (k == 0) prefetch<2048, kLanes * sizeof(From)>(p + i);
      const auto v = load_wide<kExact>(d, p + i + k);
      add(v, v);
    }
    if (whole != n) add(hn::Load(d, values + k), hn::Load(d, terms + k));
    scan.store(d, lanes, k);
  }
}

// A whole row, in one pass, as lane r of `out`.
template <bool kExact, class T>
void scan_row(const Source& s, bool logarithms, std::size_t row, Scans& out, std::size_t r) {
  Scans lanes;
  with_elements<T>(s, row, false, [&](auto p) HWY_ATTR {
    HWY_ALIGN double staged[kBlock];
    for (std::size_t begin = 0; begin < s.cols; begin += kBlock) {
      const std::size_t n = std::min(kBlock, s.cols - begin);
      if constexpr (kStaged<decltype(p)>) {
        stage(s, row, begin, n, {}, staged);
        scan_block<kExact>(logarithms, staged, begin, n, lanes);
      } else {
        scan_block<kExact>(logarithms, p + begin, begin, n, lanes);
      }
    }
  });
  const Pair total = fold_pair(lanes.sum);
  out.sum.high[r] = total.high;
  out.sum.low[r] = total.low;
  for (std::size_t i = 0; i < kLanes; ++i) {
    const double place = lanes.place[i] * kLanes + static_cast<double>(i);
    out.least[r] = std::min(out.least[r], lanes.least[i]);
    if (lanes.largest[i] < out.largest[r]) continue;
    const bool above = i == 0 || lanes.largest[i] > out.largest[r];
    out.place[r] = above ? place : std::min(out.place[r], place);
    out.largest[r] = lanes.largest[i];
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
