#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

// Powers of ten for kernels/decimal.cc, made by the compiler.
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

}  // namespace
}  // namespace crossent::kernels
