#pragma once
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
  std::int64_t* chunks_for(int first, int count);
  std::int64_t* grow(int first, int count);
  void add_special(double x);
  void carry();

  std::vector<std::int64_t> chunk_;  // chunk i counts units of 2^(32 (first_ + i))
  int first_ = 0;
  int adds_left_ = kAddsPerCarry;
  std::int64_t positive_infinities_ = 0, negative_infinities_ = 0, nans_ = 0;
};

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
