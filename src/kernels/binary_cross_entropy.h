#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/total.h"

namespace crossent::kernels {

constexpr std::size_t kBinaryGroup = 8;    // the most lanes of a vector
constexpr std::size_t kBinaryBlock = 512;  // elements of one call, at most: they stay in L1

// Elements of a binary cross-entropy in f64.
struct BinaryBlock {
  std::size_t n = 0;  // a multiple of kBinaryGroup
  const double* x = nullptr;
  const double* t = nullptr;
  // What differs from element to element; null: 1, and `scale` for the factor.
  const double* pos_weight = nullptr;
  const double* weight = nullptr;  // of the loss
  const double* factor = nullptr;  // of the derivatives: weight, upstream, 1 / divisor
  double scale = 1;
  double keep = 1, spread = 0;  // the target is keep t + spread
  double clip = 0;              // probabilities into [clip, 1 - clip]; 0: off
  bool probabilities = false;
  bool check = true;  // values outside their range give NaN

  double* loss = nullptr;
  double* gradient = nullptr;  // null: not wanted; not x
  double* hessian = nullptr;   // null: not wanted; not x
  Total sum;                   // of the losses; infinite or NaN when one of them is
  std::int64_t clipped = 0;
};

void binary_cross_entropy(BinaryBlock& block);

}  // namespace crossent::kernels
