// Decimal text to f64, correctly rounded and nearly without branches. Digits are turned into
// integers 8 at a time; the integer is scaled by 128 bits of a power of ten, which nearly always
// decide the rounding (D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and
// Experience 51, 2021).
#include "io/decimal.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace crossent::io {
namespace {

static_assert(std::endian::native == std::endian::little);

__extension__ using UInt128 = unsigned __int128;

constexpr int kLargestPower = 54;  // 5^54 < 2^126: the division below never overflows
constexpr std::uint64_t kOnes = 0x0101010101010101;

// 5^q = (128 bits at `high` and `low`, the top one set, rounded down) * 2^s; `exponent` makes the
// biased exponent of a product by it.
struct Power {
  std::uint64_t high, low;
  std::int64_t exponent;
};

constexpr Power power(int q) {
  UInt128 five = 1;
  for (int i = 0; i < (q < 0 ? -q : q); ++i) five *= 5;
  int width = 0;
  while (width < 128 && five >> width != 0) ++width;
  UInt128 bits = five << (128 - width);
  int scale = width - 128;
  if (q < 0) {  // 2^(width + 127) / 5^-q, digit by digit
    UInt128 rest = 1;
    bits = 0;
    for (int i = 0; i < width + 127; ++i) {
      rest *= 2;
      bits = bits * 2 + (rest >= five ? 1 : 0);
      if (rest >= five) rest -= five;
    }
    scale = -(width + 127);
  }
  // The mantissa's last bit stands 64 + 74 bits above that of the product of 192 bits.
  constexpr int kMantissaBits = 52, kBias = 1023;
  return {static_cast<std::uint64_t>(bits >> 64), static_cast<std::uint64_t>(bits),
          64 + 74 + scale + q + kMantissaBits + kBias};
}

constexpr auto kPowers = [] {
  std::array<Power, 2 * kLargestPower + 1> powers{};
  for (int q = -kLargestPower; q <= kLargestPower; ++q)
    powers[static_cast<std::size_t>(q + kLargestPower)] = power(q);
  return powers;
}();

// Modulo 2^64: those from 10^20 on only ever multiply 0.
constexpr auto kTens = [] {
  std::array<std::uint64_t, kDecimalBefore + 1> tens{1};
  for (std::size_t i = 1; i < tens.size(); ++i) tens[i] = tens[i - 1] * 10;
  return tens;
}();

constexpr auto kFives = [] {
  std::array<std::uint64_t, 28> fives{1};  // 5^27 < 2^63
  for (std::size_t i = 1; i < fives.size(); ++i) fives[i] = fives[i - 1] * 5;
  return fives;
}();

// The 24 bytes from [n] on keep the last n of 24.
constexpr auto kKeep = [] {
  std::array<unsigned char, 2 * kDecimalBefore> keep{};
  for (std::size_t i = kDecimalBefore; i < keep.size(); ++i) keep[i] = 0xff;
  return keep;
}();

std::uint64_t load(const void* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Sets a byte's top bit, here or further up, where a byte is no digit 0..9.
std::uint64_t no_digit(std::uint64_t digits) { return digits | (digits + kOnes * 0x76); }

// The number that 8 digits 0..9 make, the first in the lowest byte.
std::uint64_t number(std::uint64_t digits) {
  constexpr std::uint64_t kPair = 0x000000ff000000ff;
  digits = digits * 10 + (digits >> 8);  // pairs, in every second byte
  return ((digits & kPair) * (100 + (std::uint64_t{1000000} << 32)) +
          ((digits >> 16) & kPair) * (1 + (std::uint64_t{10000} << 32))) >>
         32;
}

// Takes an exponent of up to three digits off the end of the text.
bool take_exponent(const char* text, std::size_t* size, int* exponent) {
  std::size_t at = *size;
  int value = 0, ten = 1;
  for (; at > 1 && *size - at < 3 && text[at - 1] >= '0' && text[at - 1] <= '9'; ten *= 10)
    value += ten * (text[--at] - '0');
  if (at == *size || at < 2) return false;
  const bool minus = text[at - 1] == '-';
  if (minus || text[at - 1] == '+') --at;
  if (at < 2 || (text[at - 1] | 0x20) != 'e') return false;
  *exponent = minus ? -value : value;
  *size = at - 1;
  return true;
}

// The digits of [text, text + size), without sign and exponent, as w / 10^fraction.
bool take_digits(const char* text, std::size_t size, std::uint64_t* w, std::size_t* fraction) {
  const std::uint64_t front = load(text), points = front ^ kOnes * '.';
  const std::uint64_t found = (points - kOnes) & ~points & kOnes * 0x80;
  std::size_t whole = static_cast<std::size_t>(std::countr_zero(found)) / 8;  // 8: none
  whole = whole < size ? whole : size;
  const std::size_t n = size - whole - (whole < size ? 1 : 0);
  if (whole - 1 >= 7 || n > kDecimalBefore) return false;

  const char* end = text + size;
  const std::uint64_t zeros = kOnes * '0';
  const std::uint64_t i = (front ^ zeros) << (64 - 8 * whole);
  const std::uint64_t a = (load(end - 24) ^ zeros) & load(&kKeep[n]);
  const std::uint64_t b = (load(end - 16) ^ zeros) & load(&kKeep[n + 8]);
  const std::uint64_t c = (load(end - 8) ^ zeros) & load(&kKeep[n + 16]);
  if (((no_digit(i) | no_digit(a) | no_digit(b) | no_digit(c)) & kOnes * 0x80) != 0) return false;

  const std::uint64_t before = number(i), first = number(a);
  if (first > 999 || (before != 0 && whole + n > 19)) return false;  // 10^19 < 2^64
  *w = before * kTens[n] + first * kTens[16] + number(b) * kTens[8] + number(c);
  *fraction = n;
  return true;
}

// w / 10^n where that is an integer over a power of two: halfway cases, and what doubles hold
// exactly, which a rounded power of ten leaves undecided.
bool divide_exactly(std::uint64_t w, int n, double* value) {
  if (n < 0 || n >= static_cast<int>(kFives.size())) return false;
  const std::uint64_t five = kFives[static_cast<std::size_t>(n)];
  if (w % five != 0) return false;
  *value = std::ldexp(static_cast<double>(w / five), -n);
  return true;
}

}  // namespace

bool scale_decimal(std::uint64_t w, int q, double* value) {
  if (w == 0) {
    *value = 0;
    return true;
  }
  if (q < -kLargestPower || q > kLargestPower) return false;
  const Power& p = kPowers[static_cast<std::size_t>(q + kLargestPower)];
  const int zeros = std::countl_zero(w);
  w <<= zeros;
  // The exact product is in [product, product + 2), in units of 2^64.
  const UInt128 product = UInt128{w} * p.high + (UInt128{w} * p.low >> 64);
  const int up = static_cast<int>(product >> 127);
  const UInt128 rest_mask = (UInt128{1} << (73 + up)) - 1, rest = product & rest_mask;
  const auto mantissa = static_cast<std::uint64_t>(product >> (73 + up));  // and a bit to round
  if (rest >= rest_mask - 1 || (rest == 0 && (mantissa & 1) != 0)) {
    return divide_exactly(w >> zeros, -q, value);
  }
  const auto exponent = static_cast<std::uint64_t>(p.exponent + up - zeros);
  // The mantissa's leading bit, and a carry out of it, add to the exponent.
  *value = std::bit_cast<double>(((exponent - 1) << 52) + (mantissa >> 1) + (mantissa & 1));
  return true;
}

bool parse_decimal(const char* text, std::size_t size, double* value) {
  const std::size_t minus = size != 0 && *text == '-' ? 1 : 0;
  text += minus;
  size -= minus;
  int exponent = 0;
  std::uint64_t w;
  std::size_t fraction;
  if (!take_digits(text, size, &w, &fraction) &&
      !(take_exponent(text, &size, &exponent) && take_digits(text, size, &w, &fraction)))
    return false;
  double magnitude;
  if (!scale_decimal(w, exponent - static_cast<int>(fraction), &magnitude)) return false;
  *value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) |
                                 static_cast<std::uint64_t>(minus) << 63);
  return true;
}

}  // namespace crossent::io
