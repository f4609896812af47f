#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

// The kinds of rows that every kernel is measured on, as f64 values before rounding to a type.
namespace crossent::precise {

enum class Family {
  normal1,
  normal4,
  normal16,
  normal30,
  offset,         // normal, around +-10^3 .. 10^6
  equal,          // every logit the same
  dominant,       // one class leads by 1 .. 700
  near_ties,      // many classes within a few ulps of the largest
  two_level,      // two values, a gap apart
  late_start,     // -inf for 1 .. 2048 classes, then normal
  masked,         // half of the classes -inf
  subnormal_exp,  // every other class 87 .. 104 below the largest (f64: 700 .. 745)
  huge,           // normal * 10^30
  extremes,       // the type's largest numbers, both signs
  staircase,      // a step every 256 classes, just below or above what moves the reference
  climb,          // a steady climb, or descent
  spikes,         // rare large values, each larger than the last
  edges,          // around |z| = 256, where the kernel changes its reference
  tiny_spread,    // differences of 1e-8 .. 1e-3
  count
};

const char* name_of(Family family);

/// What a type of numbers can hold: how far families reach.
struct Reach {
  double largest = 0;    ///< of the type
  double underflow = 0;  ///< exp(-underflow) is where the compute type's normal range ends
  int bits = 0;          ///< of the type
};
Reach reach_of(const std::string& type);

/// In [low, high): the same numbers with every standard library.
inline double uniform(std::mt19937_64& rng, double low, double high) {
  return low + (high - low) * static_cast<double>(rng() >> 11) * 0x1p-53;
}

/// One row of `classes` values.
std::vector<double> make_row(Family family, std::size_t classes, const Reach& reach,
                             std::mt19937_64& rng);

/// Every C of the list of traps.
const std::vector<std::size_t>& class_counts();

/// CROSSENT_REDUCED_GRID=1 asks for grids a tenth as large.
bool reduced_grid();

}  // namespace crossent::precise
