// Where the terms of a row are measured from, and the exponentials of its scalars. Toggle guard:
// once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_ORIGIN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_ORIGIN_INL_H_
#undef CROSSENT_KERNELS_ROW_ORIGIN_INL_H_
#else
#define CROSSENT_KERNELS_ROW_ORIGIN_INL_H_
#endif

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exact-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// ln 2 in two parts: n * high + rest is exact (fused), or exact as a product (not fused).
template <class T>
struct Ln2;
template <>
struct Ln2<float> {
#if HWY_NATIVE_FMA
  static constexpr float kHigh = 0.693147182464599609375f, kLow = -1.904654299957767e-9f;
#else
  static constexpr float kHigh = 0.693359375f, kLow = -2.12194440e-4f;
#endif
};
template <>
struct Ln2<double> {
#if HWY_NATIVE_FMA
  static constexpr double kHigh = 0x1.62e42fefa39efp-1, kLow = 0x1.abc9e3b39803fp-56;
#else
  static constexpr double kHigh = 0x1.62e42fee00000p-1, kLow = 0x1.a39ef35793c76p-33;
#endif
};

// f32 sums may leave out what kLow adds to a reduction of z = n ln 2 + r: exp(-n kLow) of each term.
// Those that count lie near the maximum: its n makes up for all but 1.2 units of 2^-23.
template <class T>
constexpr bool kMayLackLow = HWY_NATIVE_FMA && sizeof(T) == 4;

template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr int kBias = 127, kSteps = 8;  // kSteps: of n between two powers of two
  static constexpr float kMagic = 12582912.0f;   // 1.5 * 2^23: adding it rounds to an integer
  static constexpr float kFar = 320;             // beyond it the reference is subtracted, exactly:
                                                 // twice the widest gap of a term, 88 + 62 (2^90)
  static constexpr int kHeadroom = 64;           // a maximum this many powers above moves k
  static constexpr double kTiny = 0x1p-76;       // below it a sum is taken again, nearer
};
template <>
struct Format<double> {
  static constexpr int kBias = 1023, kSteps = 1;
  static constexpr double kMagic = 6755399441055744.0;
  static constexpr double kFar = 4096;
  static constexpr int kHeadroom = 512;
  static constexpr double kTiny = 0x1p-960;
};

// The reference of a row: its terms are exp(z - c) 2^-k. k = 0 wherever c is not.
template <class T>
struct Origin {
  T c = 0;
  int k = 0;
  T limit = -std::numeric_limits<T>::infinity();  // a larger z asks for another origin
};

// To the nearest integer, |x| < 2^51.
inline double nearest(double x) { return (x + Format<double>::kMagic) - Format<double>::kMagic; }

template <class T>
Origin<T> origin_at(T reference) {
  constexpr double kLn2 = 0.6931471805599453;
  Origin<T> o;
  if (!(reference > -std::numeric_limits<T>::infinity())) return o;  // -inf or NaN
  if (std::fabs(reference) >= Format<T>::kFar)
    o.c = reference;
  else
    o.k = static_cast<int>(nearest(static_cast<double>(reference) * 1.4426950408889634));
  o.limit = o.c + static_cast<T>((o.k + Format<T>::kHeadroom) * kLn2);
  return o;
}

// f64: 2 e^r on |r| <= ln2 / 2, Taylor, whose remainder is 2^-58; doubled, so that no product with
// a power of two is subnormal.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V two_exp(D d, V r) {
  return polynomial(d, r, 2.0, 2.0, 1.0, 2.0 / 6, 2.0 / 24, 2.0 / 120, 2.0 / 720, 2.0 / 5040,
                    2.0 / 40320, 2.0 / 362880, 2.0 / 3628800, 2.0 / 39916800, 2.0 / 479001600,
                    2.0 / 6227020800);
}

// The same for results in f32, within 2^-37.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V short_two_exp(D d, V r) {
  return polynomial(d, r, 2.0, 2.0, 1.0, 2.0 / 6, 2.0 / 24, 2.0 / 120, 2.0 / 720, 2.0 / 5040,
                    2.0 / 40320, 2.0 / 362880);
}

// What sums of terms that lack kLow are multiplied with; x: the maximum, less c.
template <class T>
HWY_INLINE double made_good(double x) {
  if constexpr (!kMayLackLow<T>) return 1;
  return 1 - nearest(x * 1.4426950408889634) * Ln2<T>::kLow;
}

// p 2^e
inline double scaled(double p, double e) {
  if (std::fabs(e) > 1000) return std::ldexp(p, static_cast<int>(e));
  return p * std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<int>(e) + 1023) << 52);
}

// 2 exp(x) 2^-k of one f64; 0 far below the range of f64.
inline double two_exp_scaled(double x, double k) {
  if (x < -1e6) return 0;
  const hn::CappedTag<double, 1> d;
  const double n = nearest(x * 1.4426950408889634);
  auto r = hn::NegMulAdd(hn::Set(d, n), hn::Set(d, Ln2<double>::kHigh), hn::Set(d, x));
  r = hn::NegMulAdd(hn::Set(d, n), hn::Set(d, Ln2<double>::kLow), r);
  return scaled(hn::GetLane(two_exp(d, r)), n - k);
}

// 2 exp(a - b) 2^-k with the rounding of a - b made good.
inline double two_exp_difference(double a, double b, int k) {
  const double gap = a - b;
  if (gap < -1e6) return 0;
  const double back = gap - a;
  const double error = (a - (gap - back)) - (b + back);
  return two_exp_scaled(gap, k) * (1 + error);
}

// What sums in `from` are multiplied with to be sums in `to`.
template <class T>
double origin_ratio(const Origin<T>& from, const Origin<T>& to) {
  if (from.c == 0 && to.c == 0) return std::ldexp(1.0, from.k - to.k);
  return 0.5 * two_exp_difference(double{from.c}, double{to.c}, to.k - from.k);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
