#pragma once
#include <cmath>
#include <cstdint>

namespace crossent::training {

/// What a stream of random numbers is for: streams of one seed are independent.
enum class Stream : std::uint64_t { weights = 1, shuffle, dropout, split };

/// Random numbers as a function of a key, with no state beyond the stream itself: what epoch 7
/// draws does not depend on how training came there, so a resumed run needs no saved generator.
/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
class Random {
 public:
  Random(std::uint64_t seed, Stream stream, std::uint64_t a = 0, std::uint64_t b = 0,
         std::uint64_t c = 0) {
    for (const std::uint64_t part : {seed, static_cast<std::uint64_t>(stream), a, b, c})
      state_ = mixed(state_ + part + kStep);
  }

  std::uint64_t next() { return mixed(state_ += kStep); }
  /// In [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// In [0, n), n > 0, without bias (Lemire, ACM TOMACS 29, 2019).
  std::uint64_t below(std::uint64_t n) {
    for (;;) {
      const UInt128 product = static_cast<UInt128>(next()) * n;
      const auto low = static_cast<std::uint64_t>(product);
      if (low >= n || low >= (0 - n) % n) return static_cast<std::uint64_t>(product >> 64);
    }
  }
  /// Standard normal (Box and Muller, 1958); one of the pair.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  __extension__ using UInt128 = unsigned __int128;
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;
  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_ = 0;
};

}  // namespace crossent::training
