#pragma once
#include <span>
#include <vector>

// The definitions: one plain f64 function per formula, std:: math only, easy to check by eye. Fast
// code is tested against them. z: the logits of one row, none of them NaN.
namespace crossent::reference {

using Row = std::span<const double>;

/// Index of the largest, the lowest one among equals.
std::size_t argmax(Row z);

/// sum over j != argmax of exp(z_j - max): the whole row's sum is 1 + this.
double rest_sum(Row z);

/// log sum_j exp(z_j) = max + log1p(rest); -inf for an empty or all -inf row.
double log_sum_exp(Row z);

/// exp(z_j - max) / (1 + rest), +inf alone: 1 there.
std::vector<double> softmax(Row z);

/// (z_j - max) - log1p(rest).
std::vector<double> log_softmax(Row z);

}  // namespace crossent::reference
