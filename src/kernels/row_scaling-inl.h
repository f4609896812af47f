// Exponentials of a block times a factor. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_SCALING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_SCALING_INL_H_
#undef CROSSENT_KERNELS_ROW_SCALING_INL_H_
#else
#define CROSSENT_KERNELS_ROW_SCALING_INL_H_
#endif

#include <bit>
#include <cmath>
#include <limits>

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

// Elements W exp(z - c) 2^-k of a row, from its logits.
template <class T>
struct Anew {
  using D = hn::CappedTag<T, kLanes>;
  using V = hn::Vec<D>;
  Exponential<D> exponential;
  V two;
  HWY_INLINE explicit Anew(const Scaling<T>& scaling)
      : exponential(scaling.pass, scaling.two), two(hn::Set(D(), scaling.two)) {}
  HWY_INLINE V operator()(V z, std::size_t) const {
    constexpr D d;
    auto scale = hn::Zero(d);
    const auto p = exponential(
        z, scale, [&](auto v) HWY_ATTR { return sizeof(T) == 4 ? v : hn::Mul(v, two); });
    return hn::MulAdd(p, scale, hn::Zero(d));  // + 0: a negative factor gives +0 too
  }
  HWY_INLINE T one(T z, std::size_t i) const { return hn::GetLane((*this)(hn::Set(D(), z), i)); }
};

// The same from the terms that the row's sum kept, of the origin c = 0: W z kLack is what they lack
// of kLow. What would be subnormal is +0.
template <class T>
struct Kept {
  static constexpr double kLack = kMayLackLow<T> ? Ln2<T>::kLow / 0.6931471805599453 : 0;
  const T* terms;
  T factor, lack, least;
  HWY_INLINE Kept(const T* terms_, double W)
      : terms(terms_),
        factor(static_cast<T>(W)),
        lack(static_cast<T>(-W * kLack)),
        least(static_cast<T>(1.5 * std::numeric_limits<T>::min() / std::fabs(W))) {}
  // Whether W times a term that the sum left out is below the range of T, and W within it.
  static bool reach(double W, const Origin<T>& origin) {
    const double w = std::fabs(W), least = std::ldexp(1.0, -Format<T>::kHeadroom);
    return origin.c == 0 && ((w <= 0.75 && w >= least) || w == 0);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> element(D d, hn::Vec<D> z, std::size_t i) const {
    const auto term = hn::LoadU(d, terms + i);
    const auto element = hn::Mul(term, hn::MulAdd(z, hn::Set(d, lack), hn::Set(d, factor)));
    return hn::IfThenElseZero(hn::Ge(term, hn::Set(d, least)), element);
  }
  template <class V>
  HWY_INLINE V operator()(V z, std::size_t i) const {
    return element(hn::CappedTag<T, kLanes>(), z, i);
  }
  HWY_INLINE T one(T z, std::size_t i) const {
    const hn::CappedTag<T, 1> d;
    return hn::GetLane(element(d, hn::Set(d, z), i));
  }
};

// body(elements) of those two: Kept where there are terms, and they reach.
template <class T, class Body>
HWY_INLINE void with_factor(double W, const Origin<T>& origin, const T* kept, const Body& body) {
  if (kept != nullptr && Kept<T>::reach(W, origin))
    body(Kept<T>(kept, W));
  else
    body(Anew<T>(Scaling<T>(W, origin)));
}

// Writes elements(z, i) of a block's groups; i counts from its first element.
template <class T, class From, class Elements, class To>
HWY_INLINE void put_elements(const Block<T, From>& block, const Elements& elements,
                             const Ahead& ahead, To* out) {
  const hn::CappedTag<T, kLanes> d;
  constexpr std::size_t N = hn::MaxLanes(d);
  const auto put_group = [&](const auto* from, std::size_t at) HWY_ATTR {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kLanes; i += N)
      store_vector(d, elements(load_vector(d, from + i), at + i), out + at + i);
  };
  std::size_t g = 0;
  for (; g + 2 <= block.groups; g += 2) {
    const std::size_t at = g * kLanes;
    fetch_ahead<2 * kLanes * sizeof(From)>(block.body + at, ahead);
#pragma GCC unroll 16
    for (std::size_t i = at; i < at + 2 * kLanes; i += 2 * N) {
      const auto first = elements(load_vector(d, block.body + i), i);
      store_pair(d, first, elements(load_vector(d, block.body + i + N), i + N), out + i);
    }
  }
  if (g < block.groups) put_group(block.body + g * kLanes, g * kLanes);
  if (block.tail != nullptr) put_group(block.tail, block.groups * kLanes);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
