#pragma once
#include <algorithm>
#include <cmath>

#include "precise/types.h"

// How far a result is from the exact value. A loss (N1): relative error in units of 2^(1 - bits) of
// the compute type, at every size. A gradient's element (N2): |error| / ulp(exact), where ulp(v) =
// 2^(floor(log2 |v|) - bits + 1) is the spacing of the compute type's numbers at v: up to twice as
// strict.
namespace crossent::precise {

constexpr double kSmallestF32 = 0x1p-124, kSmallestF64 = 0x1p-1020;  // of N2

/// Relative error of `got` in units of 2^(1 - bits); below f64's normal range its spacing is the
/// unit.
template <class R>
double relative_ulps(double got, const R& exact, int bits) {
  const double value = to_double(exact);
  if (std::isnan(got) || std::isinf(got) || std::isinf(value)) return got == value ? 0 : INFINITY;
  const double error = std::fabs(to_double(R(got) - exact));
  if (error == 0) return 0;
  return error / std::max(std::fabs(value) * std::ldexp(1.0, 1 - bits), 0x1p-1074);
}

/// The same for an element stored as T: its one rounding to T is taken off first, and what N2
/// allows below the range (+0) counts as exact. `scale` as above.
template <class T, class R>
double element_ulps(T stored, const R& exact, int compute_bits, double scale = 0) {
  using I = TypeInfo<T>;
  const double got = widen(stored), value = to_double(exact);
  if (!std::isfinite(got)) return got == rounded<T>(value) ? 0 : INFINITY;
  const double size = scale != 0 ? scale : std::fabs(value);
  const double floor = compute_bits == 53 && I::kBits == 53 ? kSmallestF64 : kSmallestF32;
  const bool zero = got == 0 && !std::signbit(got);
  if (std::fabs(value) < floor && zero) return 0;
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
