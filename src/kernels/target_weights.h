#pragma once
#include <span>

#include "kernels/rows.h"

namespace crossent::kernels {

// sum_j q_j of every row (Row::target_weight), the bits that the cross-entropy kernels find.
void target_weights(const Target& target, std::size_t cols, std::span<Row> rows);

}  // namespace crossent::kernels
