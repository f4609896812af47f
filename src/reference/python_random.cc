#include "reference/python_random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace crossent::reference {
namespace {

constexpr std::size_t kWords = std::mt19937::state_size;
using State = std::array<std::uint32_t, kWords>;

// The state that the key, the seed in words of 32 bits, gives.
State init_by_array(std::span<const std::uint32_t> key) {
  State state;
  state[0] = 19650218;
  const auto mixed = [&](std::size_t i) { return state[i - 1] ^ (state[i - 1] >> 30); };
  for (std::uint32_t i = 1; i < kWords; ++i) state[i] = 1812433253 * mixed(i) + i;
  std::size_t i = 1;
  const auto advance = [&] {
    if (++i < kWords) return;
    state[0] = state[kWords - 1];
    i = 1;
  };
  for (std::size_t k = 0; k < std::max(kWords, key.size()); ++k, advance()) {
    const std::size_t j = k % key.size();
    state[i] = (state[i] ^ (mixed(i) * 1664525)) + key[j] + static_cast<std::uint32_t>(j);
  }
  for (std::size_t k = 1; k < kWords; ++k, advance())
    state[i] = (state[i] ^ (mixed(i) * 1566083941)) - static_cast<std::uint32_t>(i);
  state[0] = 0x80000000;
  return state;
}

// A seed sequence for std::mt19937 that hands its whole state over.
struct WholeState {
  using result_type = std::uint_least32_t;
  State state;
  template <class Iterator>
  void generate(Iterator begin, Iterator end) const {
    std::copy_n(state.begin(), end - begin, begin);
  }
};

std::mt19937 engine(std::uint64_t seed) {
  const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(seed),
                                         static_cast<std::uint32_t>(seed >> 32)};
  WholeState state{init_by_array({key.data(), key[1] ? 2u : 1u})};
  return std::mt19937(state);
}

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) : engine_(engine(seed)) {}

double PythonRandom::random() {
  const auto high = static_cast<double>(engine_() >> 5), low = static_cast<double>(engine_() >> 6);
  return (high * 0x1p26 + low) * 0x1p-53;
}

std::uint32_t PythonRandom::getrandbits(int k) {
  return static_cast<std::uint32_t>(engine_() >> (32 - k));
}

std::size_t PythonRandom::below(std::size_t n) {
  const auto k = static_cast<int>(std::bit_width(n));
  std::size_t drawn = getrandbits(k);
  while (drawn >= n) drawn = getrandbits(k);
  return drawn;
}

void PythonRandom::shuffle(std::span<std::size_t> values) {
  for (std::size_t i = values.size(); i-- > 1;) std::swap(values[i], values[below(i + 1)]);
}

}  // namespace crossent::reference
