#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "hwy/highway.h"

// What the tests of the training kernels share.
namespace crossent::kernels {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// n values `begin` elements into a buffer; NaN stands around them.
template <class T>
struct Values {
  std::vector<T> all;
  std::size_t begin, n;

  Values(std::size_t count, std::size_t misalign, std::uint64_t seed, double sd = 1)
      : all(misalign + count + 3, static_cast<T>(kNaN)), begin(misalign), n(count) {
    std::mt19937_64 rng(seed);
    std::normal_distribution<double> normal(0, sd);
    for (std::size_t i = 0; i < n; ++i) all[begin + i] = static_cast<T>(normal(rng));
  }
  T* data() { return all.data() + begin; }
  const T* data() const { return all.data() + begin; }
  T operator[](std::size_t i) const { return all[begin + i]; }
  T& operator[](std::size_t i) { return all[begin + i]; }
  /// Whether the NaN around the values still stands.
  bool framed() const {
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((i < begin || i >= begin + n) && !std::isnan(all[i])) return false;
    return true;
  }
};

/// Whether two floating-point numbers are the same: by bits, all NaN alike.
template <class T>
bool same(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

/// |got - want| in ulps of T at want.
template <class T>
double ulps(T got, double want) {
  if (same(double{got}, want) || double{got} == want) return 0;
  if (!std::isfinite(got) || !std::isfinite(want)) return kInf;
  using Limits = std::numeric_limits<T>;
  const int exponent = want == 0 ? Limits::min_exponent : std::ilogb(want);
  const double ulp =
      std::ldexp(1.0, std::max(exponent, Limits::min_exponent - 1) - (Limits::digits - 1));
  return std::fabs(double{got} - want) / ulp;
}

inline std::int64_t chosen_target() {
  return hwy::SupportedTargets() & -hwy::SupportedTargets();  // the best is the lowest bit
}
/// Whether the current target fuses multiplication and addition.
inline bool is_fused() {
  return (chosen_target() & (HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL | HWY_NEON)) != 0;
}

/// The bits of values collected on one target.
class BitsOf {
 public:
  template <class T>
  void add(const T* x, std::size_t n) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(x);
    all_.insert(all_.end(), bytes, bytes + n * sizeof(T));
  }
  bool operator==(const BitsOf&) const = default;

 private:
  std::vector<unsigned char> all_;
};

/// Calls collect(bits) on AVX2 and on AVX-512; whether the bits are the same. `both` is false where
/// the CPU lacks one.
template <class F>
bool same_bits_on_avx2_and_avx512(const F& collect, bool* both) {
  const std::int64_t supported = hwy::SupportedTargets();
  *both = (supported & HWY_AVX2) && (supported & HWY_AVX3);
  if (!*both) return true;
  BitsOf bits[2];
  for (int i = 0; i < 2; ++i) {
    hwy::SetSupportedTargetsForTest(i == 0 ? HWY_AVX2 : HWY_AVX3);
    hwy::GetChosenTarget().DeInit();
    collect(bits[i]);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
  return bits[0] == bits[1];
}

}  // namespace crossent::kernels
