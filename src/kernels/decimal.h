#pragma once
#include <cstddef>
#include <cstdint>

namespace crossent::kernels {

/// Fields of a text, one byte apart: the first begins at `begin`, field i ends at ends[i], the last
/// one at `last_end` instead.
struct DecimalFields {
  const char* text;
  std::size_t begin;
  const std::uint32_t* ends;
  std::size_t last_end;
  std::size_t count;
};

/// A field must end this far into the text to be read.
constexpr std::size_t kDecimalWindow = 38;

/// Fields as the nearest f64, as long as they are decimal numbers: an optional minus, up to 32
/// digits and a point that make an integer below 10^19, an exponent of up to three digits. Returns
/// how many were read. A slower parser must look at the next one, which need not be wrong.
std::size_t parse_decimals(const DecimalFields& fields, double* values);

}  // namespace crossent::kernels
