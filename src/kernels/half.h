#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

#include "crossent/view.h"

// Conversions between f16, bf16, f32 and f64: one rounding, to nearest even, whatever the state of
// flush-to-zero. Branch-free, so that loops over them vectorise.
namespace crossent::kernels {
namespace {

inline float to_f32(bf16 h) { return std::bit_cast<float>(std::uint32_t{h.bits} << 16); }

inline float to_f32(f16 h) {
  const std::uint32_t magnitude = h.bits & 0x7fffu;
  const std::uint32_t sign = (h.bits & 0x8000u) << 16;
  std::uint32_t normal = (magnitude << 13) + (112u << 23);
  normal = magnitude >= 0x7c00u ? normal + (112u << 23) : normal;  // inf and NaN
  // A subnormal is its integer times 2^-24: no f32 subnormal comes up on the way.
  const auto tiny = std::bit_cast<std::uint32_t>(
      static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f);
  return std::bit_cast<float>((magnitude < 0x0400u ? tiny : normal) | sign);
}
inline float to_f32(float x) { return x; }

// f32 subnormals keep their value whatever the state of denormals-are-zero.
inline double to_f64(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const double tiny = static_cast<std::int32_t>(u & 0x7fffffffu) * 0x1p-149;
  const double wide = (u & 0x7fffffffu) < 0x00800000u ? tiny : double{x};
  return (u >> 31) != 0 && wide == tiny ? -tiny : wide;
}

inline double to_f64(double x) { return x; }

inline bf16 to_bf16(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  const std::uint32_t quiet = (u >> 16) | 0x40u;
  return {static_cast<std::uint16_t>((u & 0x7fffffffu) > 0x7f800000u ? quiet : rounded)};
}

inline f16 to_f16(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = u & 0x7fffffffu;
  const std::uint32_t sign = (u >> 16) & 0x8000u;
  const std::uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  // Adding 1/2 puts the units of f16's subnormals (2^-24) at the last place of the sum.
  const std::uint32_t tiny =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
  std::uint32_t h = magnitude < 0x38800000u ? tiny : normal;
  h = magnitude >= 0x477ff000u ? 0x7c00u : h;  // 65520 and above: inf
  h = magnitude > 0x7f800000u ? 0x7e00u : h;
  return {static_cast<std::uint16_t>(h | sign)};
}

// f64 to f32 so that a later rounding to 16 bits is the only one: inexact results are made odd.
inline float round_to_odd(double x) {
  const auto f = static_cast<float>(x);
  if (double{f} == x || !std::isfinite(f)) return f;
  auto u = std::bit_cast<std::uint32_t>(f);
  if (std::fabs(double{f}) > std::fabs(x)) --u;
  return std::bit_cast<float>(u | 1u);
}

// Below f32's normal range a cast's result would depend on flush-to-zero.
inline float to_f32_flushed(double x) {
  return std::fabs(x) < 0x1p-126 ? 0.0f : static_cast<float>(x);
}

inline void put(float& to, float x) { to = x; }
inline void put(double& to, float x) { to = double{x}; }
inline void put(f16& to, float x) {  // what rounds to 0 is +0
  const f16 h = to_f16(x);
  to = {static_cast<std::uint16_t>((h.bits & 0x7fffu) == 0 ? 0 : h.bits)};
}
inline void put(bf16& to, float x) { to = to_bf16(x); }
inline void put(float& to, double x) { to = to_f32_flushed(x); }
inline void put(double& to, double x) { to = std::fabs(x) < 0x1p-1022 ? 0.0 : x; }
inline void put(f16& to, double x) { put(to, round_to_odd(x)); }
inline void put(bf16& to, double x) {
  to = to_bf16(std::fabs(x) < 0x1p-126 ? 0.0f : round_to_odd(x));
}

}  // namespace
}  // namespace crossent::kernels
