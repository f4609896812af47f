// What the rows of a batch come to, as arrays. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_BATCH_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_BATCH_SUMS_INL_H_
#undef CROSSENT_KERNELS_BATCH_SUMS_INL_H_
#else
#define CROSSENT_KERNELS_BATCH_SUMS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The sums of up to kRowsPerCall rows, as arrays that vectors of rows load and store; RowSum of one
// row. The index of the maximum is Rows::argmax.
template <class T>
struct BatchSums {
  HWY_ALIGN double m[kRowsPerCall], S[kRowsPerCall], total[kRowsPerCall];
  HWY_ALIGN T c[kRowsPerCall], k[kRowsPerCall];
  std::uint64_t ordinary = 0;  // a bit a row
  static_assert(kRowsPerCall <= 64);

  bool is_ordinary(std::size_t r) const { return (ordinary >> r & 1) != 0; }
  bool are_ordinary(std::size_t n) const {
    return (~ordinary & ~std::uint64_t{0} >> (64 - n)) == 0;
  }
  RowSum<T> get(std::size_t r, std::int64_t argmax) const {
    Origin<T> origin;
    origin.c = c[r];
    origin.k = is_ordinary(r) ? static_cast<int>(k[r]) : 0;  // it may be NaN
    return {m[r], static_cast<std::size_t>(argmax), S[r], total[r], origin, is_ordinary(r)};
  }
  void set(std::size_t r, const RowSum<T>& sum) {
    m[r] = sum.m;
    S[r] = sum.S;
    total[r] = sum.total;
    c[r] = sum.origin.c;
    k[r] = static_cast<T>(sum.origin.k);
    ordinary = (ordinary & ~(std::uint64_t{1} << r)) | std::uint64_t{sum.ordinary} << r;
  }
};

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
