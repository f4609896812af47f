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
#include "kernels/probabilities_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

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
      if (k == 0) fetch_ahead<kLanes * sizeof(From)>(p + i, kStream);
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
