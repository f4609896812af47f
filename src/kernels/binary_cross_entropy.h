#pragma once
#include <cstddef>
#include <cstdint>

namespace crossent::kernels {

constexpr std::size_t kBinaryGroup = 8;    // partial sums, whatever the vector width
constexpr std::size_t kBinaryBlock = 256;  // elements of one call, at most

// Elements of a binary cross-entropy in f64, padded to whole groups with x = 1/2 and zeros.
struct BinaryBlock {
  std::size_t n = 0;  // a multiple of kBinaryGroup
  alignas(64) double x[kBinaryBlock];
  alignas(64) double t[kBinaryBlock];
  alignas(64) double pos_weight[kBinaryBlock];
  alignas(64) double weight[kBinaryBlock];  // of the loss
  alignas(64) double factor[kBinaryBlock];  // of the derivatives: weight, upstream, 1 / divisor
  double keep = 1, spread = 0;              // the target is keep t + spread
  double clip = 0;                          // probabilities into [clip, 1 - clip]; 0: off
  bool probabilities = false;
  bool check = true;  // values outside their range give NaN

  bool gradient_wanted = false, hessian_wanted = false;
  alignas(64) double loss[kBinaryBlock];
  alignas(64) double gradient[kBinaryBlock];
  alignas(64) double hessian[kBinaryBlock];
  alignas(64) double sum[kBinaryGroup];    // of the losses below infinity; element i in i mod 8
  alignas(64) double error[kBinaryGroup];  // what rounding took from the sums
  std::int64_t clipped = 0;
  bool finite = true;  // no loss is infinite or NaN
};

void binary_cross_entropy(BinaryBlock& block);

}  // namespace crossent::kernels
