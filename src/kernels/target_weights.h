#pragma once
#include "kernels/rows.h"

namespace crossent::kernels {

// sum_j t_j c_j of every row (Rows::target_weight): the bits that the kernels of f32, or of f64,
// find.
void target_weights(const Target& target, std::size_t cols, bool f32, Rows& rows);

}  // namespace crossent::kernels
