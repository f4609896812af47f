// exp(z - c) 2^-k of a vector without ever forming z - m: the heart of the row kernels, after
// docs/math.md#row-kernel. Compiled once per SIMD target, hence the toggle guard.
#if defined(CROSSENT_KERNELS_ROW_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_EXP_INL_H_
#undef CROSSENT_KERNELS_ROW_EXP_INL_H_
#else
#define CROSSENT_KERNELS_ROW_EXP_INL_H_
#endif

#include <cmath>
#include <iterator>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr int kMantissa = 23, kBias = 127;
  static constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  static constexpr float kFar = 320;            // beyond it the reference is subtracted, exactly:
                                                // twice the widest gap of a term, 88 + 62 (2^90)
  static constexpr int kHeadroom = 64;          // a maximum this many powers above moves k
  static constexpr double kTiny = 0x1p-76;      // below it a sum is taken again, nearer
};
template <>
struct Format<double> {
  static constexpr int kMantissa = 52, kBias = 1023;
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

template <class T>
Origin<T> origin_at(T reference) {
  constexpr double kLn2 = 0.6931471805599453;
  Origin<T> o;
  if (!(reference > -std::numeric_limits<T>::infinity())) return o;  // -inf or NaN
  if (std::fabs(reference) >= Format<T>::kFar)
    o.c = reference;
  else
    o.k = static_cast<int>(std::lrint(static_cast<double>(reference) * 1.4426950408889634));
  o.limit = o.c + static_cast<T>((o.k + Format<T>::kHeadroom) * kLn2);
  return o;
}

// Max that keeps a NaN of z. On x86 the second operand is returned when one is NaN.
template <class V>
HWY_INLINE V at_least(V lo, V z) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Max(lo, z);
#else
  return hn::IfThenElse(hn::Lt(z, lo), lo, z);
#endif
}

// 2 e^r on |r| <= ln2 / 2; doubled, so that no product with a power of two is subnormal. f32:
// weighted minimax, exp within 0.87 ulp; f64: Taylor, whose remainder is 2^-58.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V two_exp(D d, V r) {
  using T = hn::TFromD<D>;
  constexpr float kF32[] = {2 * .001382066170f,
                            2 * .008368674666f,
                            2 * .04166826606f,
                            2 * .1666652113f,
                            2 * .4999999404f,
                            2.0f,
                            2.0f};
  constexpr double kF64[] = {2.0 / 6227020800,
                             2.0 / 479001600,
                             2.0 / 39916800,
                             2.0 / 3628800,
                             2.0 / 362880,
                             2.0 / 40320,
                             2.0 / 5040,
                             2.0 / 720,
                             2.0 / 120,
                             2.0 / 24,
                             2.0 / 6,
                             1.0,
                             2.0,
                             2.0};
  constexpr std::size_t kTerms = sizeof(T) == 4 ? std::size(kF32) : std::size(kF64);
  const auto coefficient = [&](std::size_t i) HWY_ATTR {
    return hn::Set(d, static_cast<T>(sizeof(T) == 4 ? double{kF32[i]} : kF64[i]));
  };
  auto p = coefficient(0);
#pragma GCC unroll 16
  for (std::size_t i = 1; i < kTerms; ++i) p = hn::MulAdd(p, r, coefficient(i));
  return p;
}

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

// The constants of a pass: terms exp(z - c) 2^-k, exactly 0 where z - c <= lo.
template <class T>
struct Pass {
  T c, magic, lo;
  Pass(T origin_c, int k)
      : c(origin_c),
        magic(Format<T>::kMagic + static_cast<T>(Format<T>::kBias - k)),
        lo(static_cast<T>((k - Format<T>::kBias) * 0.6931471805599453)) {}
};

// exp(z - c) 2^-k = p * scale / 2, p in [1.41, 2.83], scale a power of two or +0.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE V exp_parts(D d, V z, V c, V magic, V lo, V& scale) {
  const hn::RebindToUnsigned<D> du;
  const auto x = at_least(lo, hn::Sub(z, c));
  const auto t = hn::MulAdd(x, hn::Set(d, static_cast<T>(1.4426950408889634)), magic);
  const auto n = hn::Sub(t, magic);
  auto r = hn::NegMulAdd(n, hn::Set(d, Ln2<T>::kHigh), x);
  r = hn::NegMulAdd(n, hn::Set(d, Ln2<T>::kLow), r);
  scale = hn::BitCast(d, hn::ShiftLeft<Format<T>::kMantissa>(hn::BitCast(du, t)));
  return two_exp(d, r);
}
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE V exp_parts(D d, V z, const Pass<T>& pass, V& scale) {
  return exp_parts(d, z, hn::Set(d, pass.c), hn::Set(d, pass.magic), hn::Set(d, pass.lo), scale);
}

// 2 exp(x) 2^-k of one f64; 0 far below the range of f64.
inline double two_exp_scaled(double x, double k) {
  if (x < -1e6) return 0;
  const hn::CappedTag<double, 1> d;
  const double n = std::nearbyint(x * 1.4426950408889634);
  auto r = hn::NegMulAdd(hn::Set(d, n), hn::Set(d, Ln2<double>::kHigh), hn::Set(d, x));
  r = hn::NegMulAdd(hn::Set(d, n), hn::Set(d, Ln2<double>::kLow), r);
  return std::ldexp(hn::GetLane(two_exp(d, r)), static_cast<int>(n - k));
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
