// The sum of a row's exponentials on its way: two parts, and where their terms are measured from.
// Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_RUNNING_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_RUNNING_SUM_INL_H_
#undef CROSSENT_KERNELS_RUNNING_SUM_INL_H_
#else
#define CROSSENT_KERNELS_RUNNING_SUM_INL_H_
#endif

#include <cstddef>
#include <limits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/block_sums-inl.h"
#include "kernels/row_origin-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The sums of a row so far: without, and of, the block that holds the maximum.
template <class T>
struct RunningSum {
  Sums<T> others, with_max;
  T max = -std::numeric_limits<T>::infinity();
  std::size_t max_block = 0;
  Origin<T> origin;

  // Moves the origin to `reference`, a maximum above its limit.
  void move_origin(T reference) {
    const Origin<T> next = origin_at(reference);
    const double factor = origin_ratio(origin, next);
    scale_sums(others, factor);
    scale_sums(with_max, factor);
    origin = next;
  }
  void take_maximum(T value, std::size_t begin, const Sums<T>& block) {
    add_sums(others, with_max);
    with_max = block;
    max = value;
    max_block = begin;
  }
};

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
