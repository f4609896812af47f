// Exponentials of a block times a factor. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_SCALING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_SCALING_INL_H_
#undef CROSSENT_KERNELS_ROW_SCALING_INL_H_
#else
#define CROSSENT_KERNELS_ROW_SCALING_INL_H_
#endif

#include <bit>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_block-inl.h"
#include "kernels/row_store-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// A factor W of a row's exponentials as W2 2^w, |W2| in [1, 2), within the pass's own exponents.
template <class T>
struct Scaling {
  T two;  // W2
  Pass<T> pass;
  Scaling(double W, const Origin<T>& origin)
      : Scaling(std::bit_cast<std::uint64_t>(W), exponent_of(W), origin) {}

 private:
  Scaling(std::uint64_t bits, int w, const Origin<T>& origin)
      : two(w == -1023 ? T{0}
                       : static_cast<T>(
                             std::bit_cast<double>((bits & ~(0x7ffull << 52)) | (1023ull << 52)))),
        pass(origin.c, origin.k - w) {}
  static int exponent_of(double W) {
    return static_cast<int>(std::bit_cast<std::uint64_t>(W) >> 52 & 0x7ff) - 1023;
  }
};

// The elements W exp(z - c) 2^-k / total of a block, whole groups.
template <class T, class From, class To>
HWY_INLINE void exponentials(const Block<T, From>& block, const Scaling<T>& scaling,
                             std::size_t ahead, To* out) {
  const hn::CappedTag<T, kLanes> d;
  constexpr std::size_t N = hn::MaxLanes(d);
  const Exponential<hn::CappedTag<T, kLanes>> exponential(scaling.pass, scaling.two);
  const auto element = [&](const auto* from) HWY_ATTR {
    auto scale = hn::Zero(d);
    const auto p = exponential(load_vector(d, from), scale, [&](auto v) HWY_ATTR {
      return sizeof(T) == 4 ? v : hn::Mul(v, hn::Set(d, scaling.two));
    });
    return hn::MulAdd(p, scale, hn::Zero(d));  // + 0: a negative factor gives +0 too
  };
  const auto put_group = [&](const auto* from, To* to) HWY_ATTR {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kLanes; i += N) store_vector(d, element(from + i), to + i);
  };
  std::size_t g = 0;
  for (; g + 2 <= block.groups; g += 2) {
    fetch_ahead<2 * kLanes * sizeof(From)>(block.body + g * kLanes, ahead);
    const auto* from = block.body + g * kLanes;
#pragma GCC unroll 16
    for (std::size_t i = 0; i < 2 * kLanes; i += 2 * N)
      store_pair(d, element(from + i), element(from + i + N), out + g * kLanes + i);
  }
  if (g < block.groups) put_group(block.body + g * kLanes, out + g * kLanes);
  if (block.tail != nullptr) put_group(block.tail, out + block.groups * kLanes);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
