#pragma once
#include <cstddef>
#include <cstdint>

namespace crossent::io {

/// How far before the end of a number, and after its beginning, parse_decimal may read.
constexpr std::size_t kDecimalBefore = 24, kDecimalAfter = 9;

/// The number text[0, size) as the nearest f64: an optional minus, 1 to 7 digits before the point,
/// up to 24 in all after it, a decimal exponent. Returns false, and nothing is known, for every
/// other text and where these digits do not decide the rounding: a slower parser must look.
/// The bytes [text + size - 24, text + size) and [text, text + 9) can be read, whatever they are.
bool parse_decimal(const char* text, std::size_t size, double* value);

/// w * 10^q as the nearest f64, or false where 128 bits of 10^q do not decide the rounding.
bool scale_decimal(std::uint64_t w, int q, double* value);

}  // namespace crossent::io
