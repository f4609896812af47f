#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace crossent {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

/// The exact sum of doubles and of products of two doubles: a superaccumulator of 32-bit digits in
/// 64-bit chunks, carried every thousand terms. It holds only the digits that were used, so that
/// one a class or a group is affordable; it cannot overflow or underflow.
///
/// Same bits for every order, split and merge tree. Infinities and NaN are counted apart.
/// Source    R. M. Neal, "Fast exact summation using small and large superaccumulators", 2015
class ExactSum {
 public:
  void add(double x);
  /// Adds the exact a * b (106 bits), also where the product itself would overflow or underflow.
  void add_product(double a, double b);
  void merge(const ExactSum& other);

  /// The sum, rounded once (to nearest even). Infinite terms give +-inf; both signs, or a NaN, NaN.
  double value() const;
  /// The finite terms' sum as a few doubles of falling size, exact but for what lies below 2^-1074.
  std::vector<double> expansion() const;
  /// This sum times 2^(32 n), exactly.
  ExactSum shifted(int n) const;
  /// The exponent of 2^32 of the leading digit; INT32_MIN for 0.
  int leading_digit() const;
  bool finite() const { return positive_infinities_ + negative_infinities_ + nans_ == 0; }
  /// Whether the two hold the same sum.
  bool operator==(const ExactSum& other) const;

 private:
  static constexpr int kAddsPerCarry = 1000;  // each changes a chunk by at most 2^53
  static constexpr int kDigitBits = 32;
  static constexpr std::uint64_t kDigitMask = 0xffffffff;

  // |x| = mantissa * 2^exponent; not for infinity and NaN.
  struct Parts {
    std::uint64_t mantissa;
    int exponent;
    bool special;
  };
  static Parts parts_of(std::uint64_t bits) {
    const auto biased = static_cast<int>((bits >> 52) & 0x7ff);
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    return {biased != 0 ? fraction | std::uint64_t{1} << 52 : fraction, std::max(biased, 1) - 1075,
            biased == 0x7ff};
  }
  // c += digit, negated where `sign` is -1.
  static void add_digit(std::int64_t& c, std::uint64_t digit, std::int64_t sign) {
    c += (static_cast<std::int64_t>(digit) ^ sign) - sign;
  }
  std::int64_t* chunks_for(int first, std::size_t count) {
    if (--adds_left_ < 0) carry();
    const auto at = static_cast<std::size_t>(std::int64_t{first} - first_);  // huge when below
    if (at < chunk_.size() && count <= chunk_.size() - at) return chunk_.data() + at;
    return grow(first, static_cast<int>(count));
  }
  std::int64_t* grow(int first, int count);
  void add_special(double x);
  void carry();

  std::vector<std::int64_t> chunk_;  // chunk i counts units of 2^(32 (first_ + i))
  int first_ = 0;
  int adds_left_ = kAddsPerCarry;
  std::int64_t positive_infinities_ = 0, negative_infinities_ = 0, nans_ = 0;
};

inline void ExactSum::add(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const Parts p = parts_of(bits);
  if (p.special) return add_special(x);
  if (p.mantissa == 0) return;
  const int shift = p.exponent & (kDigitBits - 1);
  const std::int64_t sign = static_cast<std::int64_t>(bits) >> 63;
  std::int64_t* c = chunks_for(p.exponent >> 5, 2);
  add_digit(c[0], (p.mantissa << shift) & kDigitMask, sign);
  add_digit(c[1], p.mantissa >> (kDigitBits - shift), sign);
}

inline void ExactSum::add_product(double a, double b) {
  const auto a_bits = std::bit_cast<std::uint64_t>(a), b_bits = std::bit_cast<std::uint64_t>(b);
  const Parts p = parts_of(a_bits), q = parts_of(b_bits);
  if (p.special || q.special) return add_special(a * b);
  if (p.mantissa == 0 || q.mantissa == 0) return;
  const UInt128 product = UInt128{p.mantissa} * q.mantissa;  // 106 bits
  const int exponent = p.exponent + q.exponent, shift = exponent & (kDigitBits - 1);
  const std::int64_t sign = static_cast<std::int64_t>(a_bits ^ b_bits) >> 63;
  const UInt128 low = UInt128{static_cast<std::uint64_t>(product)} << shift;         // 95 bits
  const UInt128 high = UInt128{static_cast<std::uint64_t>(product >> 64)} << shift;  // 73
  std::int64_t* c = chunks_for(exponent >> 5, 4);
  add_digit(c[0], static_cast<std::uint64_t>(low) & kDigitMask, sign);
  add_digit(c[1], static_cast<std::uint64_t>(low) >> kDigitBits, sign);
  add_digit(c[2],
            static_cast<std::uint64_t>(low >> 64) + (static_cast<std::uint64_t>(high) & kDigitMask),
            sign);
  add_digit(c[3], static_cast<std::uint64_t>(high >> kDigitBits), sign);  // 41 bits
}

/// Sum of values in [0, 2], each rounded to a multiple of 2^-62: plain integers, exact from there
/// on.
class FixedSum {
 public:
  void add(double x) { units_ += static_cast<std::uint64_t>(x * 0x1p62 + 0.5); }
  void merge(const FixedSum& other) { units_ += other.units_; }
  double value() const { return static_cast<double>(units_) * 0x1p-62; }
  bool operator==(const FixedSum&) const = default;

 private:
  UInt128 units_ = 0;
};

}  // namespace crossent
