#pragma once
#include <vector>

#include "reference/softmax.h"

// Squared error of one row (docs/math.md#squared-error): a sum over outputs, unless it says mean.
namespace crossent::reference {

/// sum_j (p_j - t_j)^2, and the same divided by the number of outputs.
double squared_error(Row p, Row t);
double mean_squared_error(Row p, Row t);

/// 2 (p_j - t_j): to the outputs themselves.
std::vector<double> squared_error_gradient(Row p, Row t);

/// Through softmax, to the logits: 2 p_j (d_j - sum_k d_k p_k), d = p - t.
std::vector<double> squared_error_softmax_gradient(Row z, Row t);

/// Through sigmoid, element by element: 2 (p_j - t_j) p_j (1 - p_j).
std::vector<double> squared_error_sigmoid_gradient(Row z, Row t);

}  // namespace crossent::reference
