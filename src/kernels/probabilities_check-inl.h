// Which rows are distributions, and the details of their sums. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_PROBABILITIES_CHECK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_PROBABILITIES_CHECK_INL_H_
#undef CROSSENT_KERNELS_PROBABILITIES_CHECK_INL_H_
#else
#define CROSSENT_KERNELS_PROBABILITIES_CHECK_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/probabilities.h"
// After highway.h.
#include "kernels/probabilities-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// A bit for every row that is a distribution by the least exact of sums.
std::uint32_t sure_distributions(const Task& task, const Scans& scan) {
  const hn::CappedTag<double, kBatch> d;
  const auto zero = hn::Zero(d), one = hn::Set(d, 1);
  const auto near = hn::Set(d, task.normalize ? kInf : 0.99 * task.tolerance);
  const auto least = hn::Set(d, task.logarithms ? -kInf : 0);
  const auto largest = hn::Set(d, task.logarithms ? task.tolerance : task.normalize ? kInf : 1);
  std::uint32_t sure = 0;
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d)) {
    const auto sum = hn::Add(hn::Load(d, scan.sum.high + r), hn::Load(d, scan.sum.low + r));
    const auto ok = hn::And(hn::Ge(hn::Load(d, scan.least + r), least),
                            hn::Le(hn::Load(d, scan.largest + r), largest));
    const auto positive = hn::And(hn::Gt(sum, zero), hn::Lt(sum, hn::Set(d, kInf)));
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(d, hn::And(ok, hn::And(positive, hn::Le(hn::Abs(hn::Sub(sum, one)), near))),
                      bits);
    sure |= std::uint32_t{bits[0]} << r;
  }
  return sure;
}

// Rows [begin, begin + n), n <= kBatch.
template <class T>
void check_rows(const Task& task, Rows& rows, std::size_t begin, std::size_t n, const Scans& scan) {
  const std::uint32_t sure = sure_distributions(task, scan), all = (1u << n) - 1;
  for (std::size_t r = 0; r < n && (sure & all) != all; ++r) {
    if ((sure >> r & 1) != 0 || !rows.live[begin + r]) continue;
    const Row row = rows.at(begin + r);
    Scans exact;
    scan_row<true, T>(task.values, task.logarithms, row.index, exact, r);
    if (!is_distribution(task, exact, r)) find_fault(task, exact.total(r).value(), row);
  }
}

void write_details(Rows& rows, std::size_t begin, std::size_t n, const Scans& scan) {
  const hn::CappedTag<double, kBatch> d;
  HWY_ALIGN double lse[kBatch];
  for (std::size_t r = 0; r < kBatch; r += hn::Lanes(d))
    hn::Store(log(d, hn::Add(hn::Load(d, scan.sum.high + r), hn::Load(d, scan.sum.low + r))), d,
              lse + r);
  std::copy_n(lse, n, rows.lse + begin);
  for (std::size_t r = 0; r < n; ++r)
    rows.argmax[begin + r] = static_cast<std::int64_t>(scan.place[r]);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
