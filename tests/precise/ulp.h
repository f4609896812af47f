#pragma once
#include <algorithm>
#include <cmath>

#include "precise/types.h"

// How far a result is from the exact value: |error| / ulp(exact), where ulp(v) = 2^(floor(log2 |v|)
// - bits + 1) is the spacing of the compute type's numbers at v. Two to one stricter, at worst,
// than relative error in units of 2^(1 - bits).
namespace crossent::precise {

constexpr double kNoSubnormalsF32 = 0x1p-124, kNoSubnormalsF64 = 0x1p-1020;

/// Error of `got` in units of the spacing of `bits`-bit numbers at `scale` (at the exact value when
/// scale is 0), with exponents without lower bound but f64's own.
template <class R>
double error_ulps(double got, const R& exact, int bits, double scale = 0) {
  const double value = to_double(exact);
  if (std::isnan(got) || std::isinf(got) || std::isinf(value)) return got == value ? 0 : INFINITY;
  const double size = scale != 0 ? scale : std::fabs(value);
  const double error = std::fabs(to_double(R(got) - exact));
  if (size == 0) return error == 0 ? 0 : INFINITY;
  const double ulp = std::max(unbounded_ulp(size, bits), 0x1p-1074);
  return error / ulp;
}

/// The same for an element stored as T: its one rounding to T is taken off first, and what N2
/// allows below the range (+0) counts as exact. `scale` as above.
template <class T, class R>
double element_ulps(T stored, const R& exact, int compute_bits, double scale = 0) {
  using I = TypeInfo<T>;
  const double got = widen(stored), value = to_double(exact);
  if (!std::isfinite(got)) return got == rounded<T>(value) ? 0 : INFINITY;
  const double size = scale != 0 ? scale : std::fabs(value);
  const double floor = compute_bits == 53 && I::kBits == 53 ? kNoSubnormalsF64 : kNoSubnormalsF32;
  if (std::fabs(value) < floor && got == 0 && !std::signbit(got)) return 0;
  const double error = std::fabs(to_double(R(got) - exact));
  double rounding = 0;
  if (I::kBits < compute_bits) {
    const int e = value == 0 ? I::kMinExponent : std::max(std::ilogb(value), I::kMinExponent);
    rounding = std::ldexp(0.5, e - I::kBits + 1);
    // a result just below a power of two may have rounded up across it
    rounding *= 1 + std::ldexp(1.0, -compute_bits + 4);
  }
  if (size == 0) return error == 0 && !std::signbit(got) ? 0 : INFINITY;
  return std::max(0.0, error - rounding) / std::max(unbounded_ulp(size, compute_bits), 0x1p-1074);
}

}  // namespace crossent::precise
