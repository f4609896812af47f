#pragma once
#include "crossent/cpu.h"
#include "precise/batch.h"

namespace crossent::precise {

inline constexpr double kLossUlps = 4, kGradientUlps = 8;  // promises N1 and N2

/// Runs the batch on every SIMD target and calls body(target, output, answers). The answers are
/// computed once.
template <class T, class Body>
void for_each_target(Batch<T>& batch, const Body& body) {
  std::vector<RowAnswer<DD>> answers;
  for (std::size_t r = 0; r < batch.x.rows(); ++r)
    answers.push_back(solve<DD>(batch.problem(r), {.target_gradient = batch.soft()}));
  for (const std::string& target : simd_targets()) {
    set_simd_target(target);
    const Output<T> output = batch.run();
    body(target, output, answers);
  }
}

}  // namespace crossent::precise
