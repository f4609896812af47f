#pragma once
#include <cstddef>
#include <cstdint>

namespace crossent::kernels {

constexpr std::size_t kLogitsGroup = 16;    // partial sums, whatever the vector width
constexpr std::size_t kLogitsBlock = 1024;  // elements of one call, at most: they stay in L1
constexpr float kFarLogit = 48;             // e^-48: products stay far from f32's subnormals

// Elements of a binary cross-entropy of logits, computed in f32.
struct BinaryLogits {
  std::size_t n = 0;  // a multiple of kLogitsGroup
  const float* x = nullptr;
  const float* t = nullptr;

  // What differs from element to element; null: 1 (with t and 1 - t for c1 and c0), and `scale` for
  // the factor of the derivatives. Each is 0 or within [2^-60, 2^60].
  const float *c1 = nullptr, *c0 = nullptr;  // weigh softplus(-x) and softplus(x)
  const float* factor = nullptr;
  const double* weight = nullptr;  // of the loss
  float scale = 1;

  double* loss = nullptr;     // null: not wanted
  float* gradient = nullptr;  // null: not wanted; may be x
  float* hessian = nullptr;   // null: not wanted
  double sum = 0;             // of the losses
  // Elements that f32 cannot do, left to the caller: x beyond +-kFarLogit or NaN, t outside [0, 1]
  // or NaN. They are not in the sum, and what is written for them means nothing.
  std::size_t far_count = 0;
  std::uint16_t far[kLogitsBlock];
  float far_x[kLogitsBlock];
};

void binary_logits(BinaryLogits& block);

}  // namespace crossent::kernels
