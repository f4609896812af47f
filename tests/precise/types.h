#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "crossent/view.h"

// The four element types, by their definitions and independent of the library's conversions.
namespace crossent::precise {

template <class T>
struct TypeInfo;
template <>
struct TypeInfo<double> {
  static constexpr const char* kName = "f64";
  static constexpr int kBits = 53, kComputeBits = 53, kMinExponent = -1022, kMaxExponent = 1023;
};
template <>
struct TypeInfo<float> {
  static constexpr const char* kName = "f32";
  static constexpr int kBits = 24, kComputeBits = 24, kMinExponent = -126, kMaxExponent = 127;
};
template <>
struct TypeInfo<bf16> {
  static constexpr const char* kName = "bf16";
  static constexpr int kBits = 8, kComputeBits = 24, kMinExponent = -126, kMaxExponent = 127;
};
template <>
struct TypeInfo<f16> {
  static constexpr const char* kName = "f16";
  static constexpr int kBits = 11, kComputeBits = 24, kMinExponent = -14, kMaxExponent = 15;
};

inline double widen(double x) { return x; }
inline double widen(float x) { return x; }
inline double widen(bf16 x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }
inline double widen(f16 x) {
  const int exponent = (x.bits >> 10) & 31, mantissa = x.bits & 1023;
  double v = exponent == 31 ? (mantissa ? NAN : INFINITY)
             : exponent     ? std::ldexp(1024 + mantissa, exponent - 25)
                            : std::ldexp(mantissa, -24);
  return x.bits >> 15 ? -v : v;
}

/// 2^(floor(log2 |x|) - bits + 1): the spacing of numbers of `bits` bits at x, exponents unbounded.
inline double unbounded_ulp(double x, int bits) {
  return x == 0 ? 0 : std::ldexp(1.0, std::ilogb(x) - bits + 1);
}

/// x rounded to nearest-even at T's precision and range, as a double.
template <class T>
double rounded(double x) {
  using I = TypeInfo<T>;
  if (!std::isfinite(x) || x == 0) return x;
  const int e = std::max(std::ilogb(x), I::kMinExponent);
  const double q = std::ldexp(1.0, e - I::kBits + 1);
  const double r = std::nearbyint(x / q) * q;  // exact but for the rounding; ties to even
  return std::fabs(r) >= std::ldexp(1.0, I::kMaxExponent + 1) ? std::copysign(INFINITY, x) : r;
}

template <class T>
T narrow(double x);
template <>
inline double narrow<double>(double x) {
  return x;
}
template <>
inline float narrow<float>(double x) {
  return static_cast<float>(x);
}
template <>
inline bf16 narrow<bf16>(double x) {
  if (std::isnan(x)) return {0x7fc0};
  const auto f = static_cast<float>(rounded<bf16>(x));
  return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(f) >> 16)};
}
template <>
inline f16 narrow<f16>(double x) {
  const unsigned sign = std::signbit(x) ? 0x8000U : 0;
  if (std::isnan(x)) return {0x7e00};
  const double v = std::fabs(rounded<f16>(x));
  if (std::isinf(v)) return {static_cast<std::uint16_t>(sign | 0x7c00)};
  if (v < 0x1p-14) return {static_cast<std::uint16_t>(sign | static_cast<unsigned>(v * 0x1p24))};
  const int e = std::ilogb(v);
  const auto mantissa = static_cast<unsigned>(std::ldexp(v, 10 - e)) - 1024U;
  return {static_cast<std::uint16_t>(sign | static_cast<unsigned>(e + 15) << 10 | mantissa)};
}

inline std::uint64_t bits_of(double x) { return std::bit_cast<std::uint64_t>(x); }
inline std::uint64_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
inline std::uint64_t bits_of(f16 x) { return x.bits; }
inline std::uint64_t bits_of(bf16 x) { return x.bits; }

}  // namespace crossent::precise
