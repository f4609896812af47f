// What f32 and f64 settle of the exponentials of rows: ln 2 in two parts, rounding, limits. Toggle
// guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_FORMAT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_FORMAT_INL_H_
#undef CROSSENT_KERNELS_ROW_FORMAT_INL_H_
#else
#define CROSSENT_KERNELS_ROW_FORMAT_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

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

// f32 sums may leave out what kLow adds to a reduction z = n ln 2 + r, exp(-n kLow) of each term:
// the terms that count lie near each other, and their n makes up for it (made_good).
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

// To the nearest integer, |x| < 2^51.
inline double nearest(double x) { return (x + Format<double>::kMagic) - Format<double>::kMagic; }

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
