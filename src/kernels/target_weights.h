#pragma once
#include "kernels/rows.h"

namespace crossent::kernels {

// sum_j q_j of every row (Rows::target_weight), the bits that the cross-entropy kernels find.
void target_weights(const Target& target, std::size_t cols, Rows& rows);

}  // namespace crossent::kernels
