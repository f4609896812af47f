#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace crossent::reference {

/// Python's random.Random(seed): MT19937 seeded through init_by_array (M. Matsumoto, T. Nishimura,
/// "Mersenne twister", ACM TOMACS 8 (1998), and their mt19937ar.c of 2002).
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  /// In [0, 1), of 53 bits.
  double random();
  /// k bits, k in [1, 32].
  std::uint32_t getrandbits(int k);
  /// In [0, n), n in [1, 2^32): draws of bit_length(n) bits until one is below n.
  std::size_t below(std::size_t n);
  /// In place; from the last element down, each is swapped with one at or before it.
  void shuffle(std::span<std::size_t> values);

 private:
  std::mt19937 engine_;
};

}  // namespace crossent::reference
