#pragma once
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

// Integers times powers of ten, correctly rounded by 128 bits of the power.
namespace crossent::kernels {
namespace {

__extension__ using DecimalProduct = unsigned __int128;

constexpr int kLargestPower = 54;  // 5^54 < 2^126: the division below never overflows

/// 10^q = (128 bits at `high` and `low`, the top one set, rounded down) * a power of two, which
/// `exponent` holds: that of a double which has the highest 53 of the product's 192 bits, of which
/// the first two are not both 0; its bias and the mantissa's leading bit are accounted for.
struct Power {
  std::uint64_t high, low;
  std::uint64_t exponent;
};

constexpr Power power_of_ten(int q) {
  DecimalProduct five = 1;
  for (int i = 0; i < (q < 0 ? -q : q); ++i) five *= 5;
  int width = 0;
  while (width < 128 && five >> width != 0) ++width;
  DecimalProduct bits = five << (128 - width);
  int scale = width - 128;
  if (q < 0) {  // 2^(width + 127) / 5^-q, digit by digit
    DecimalProduct rest = 1;
    bits = 0;
    scale = -(width + 127);
    for (int i = 0; i < -scale; ++i) {
      rest *= 2;
      bits = bits * 2 + (rest >= five ? 1 : 0);
      if (rest >= five) rest -= five;
    }
  }
  // The mantissa's last bit stands 64 + 74 bits above that of the product of 192 bits.
  constexpr int kMantissaBits = 52, kBias = 1023;
  return {static_cast<std::uint64_t>(bits >> 64), static_cast<std::uint64_t>(bits),
          static_cast<std::uint64_t>(64 + 74 + scale + q + kMantissaBits + kBias)};
}

constexpr auto kPowersOfTen = [] {
  std::array<Power, 2 * kLargestPower + 1> powers{};
  for (int q = -kLargestPower; Power & p : powers) p = power_of_ten(q++);
  return powers;
}();

constexpr auto kPowersOfFive = [] {
  std::array<std::uint64_t, 28> powers{1};  // 5^27 < 2^63
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 5;
  return powers;
}();

// w * 10^power where that is an integer over a power of two: halfway cases, and what doubles hold
// exactly, which a rounded power of ten leaves undecided.
inline bool divide_exactly(std::uint64_t w, int power, double* value) {
  if (power > 0 || -power >= static_cast<int>(kPowersOfFive.size())) return false;
  const std::uint64_t five = kPowersOfFive[static_cast<std::size_t>(-power)];
  if (w % five != 0) return false;
  *value = std::ldexp(static_cast<double>(w / five), power);
  return true;
}

/// w * 10^power as the nearest double; false where 128 bits of the power do not decide it.
inline bool scale_decimal(std::uint64_t w, int power, double* value) {
  *value = 0;
  if (w == 0) return true;
  const auto index = static_cast<std::size_t>(power + kLargestPower);
  if (index > 2 * kLargestPower) return false;
  const Power& ten = kPowersOfTen[index];
  const int zeros = std::countl_zero(w);
  w <<= zeros;
  // The exact product is in [high:low, high:low + 2), in units of 2^64.
  const auto first = DecimalProduct{w} * ten.high;
  const auto second = static_cast<std::uint64_t>(DecimalProduct{w} * ten.low >> 64);
  const std::uint64_t low = static_cast<std::uint64_t>(first) + second;
  std::uint64_t high = static_cast<std::uint64_t>(first >> 64) + (low < second ? 1 : 0);
  const std::uint64_t down = ~high >> 63;  // as a branch it would be mispredicted
  high = high << down | (low >> 63 & down);
  // A mantissa of 53 bits, a bit to round by and, below, a rest.
  constexpr std::uint64_t kRest = (1 << 10) - 1;
  if (((high + 1) & kRest) <= 1) [[unlikely]] {
    const std::uint64_t below = low << down;
    const bool above = (high & kRest) != 0 && below >= ~std::uint64_t{3};
    const bool halfway = (high & kRest) == 0 && below == 0 && (high >> 10 & 1) != 0;
    if (above || halfway) return divide_exactly(w >> zeros, power, value);
  }
  const std::uint64_t exponent = ten.exponent - down - static_cast<std::uint64_t>(zeros);
  // The mantissa's leading bit, and a carry out of it, add to the exponent.
  *value = std::bit_cast<double>((exponent << 52) + (((high >> 10) + 1) >> 1));
  return true;
}

}  // namespace
}  // namespace crossent::kernels
