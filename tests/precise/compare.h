#pragma once
#include "crossent/cpu.h"
#include "precise/batch.h"

namespace crossent::precise {

inline constexpr double kLossUlps = 4, kGradientUlps = 8;  // promises N1 and N2

/// Some exp(z_j - max) is where pairs of f64 run out of exponents.
template <class T>
bool beyond_pairs(const Batch<T>& batch) {
  for (std::size_t r = 0; r < batch.x.rows() && batch.options.kind == Kind::logits; ++r) {
    const std::vector<double> x = batch.x.row(r);
    const double max = *std::max_element(x.begin(), x.end());
    for (double v : x) {
      const double gap = (max - v) / batch.options.temperature;
      if (gap > 650 && gap < 760) return true;
    }
  }
  return false;
}

template <class R, class T, class Body>
void for_each_target_against(Batch<T>& batch, const Body& body) {
  std::vector<RowAnswer<R>> answers;
  for (std::size_t r = 0; r < batch.x.rows(); ++r)
    answers.push_back(solve<R>(batch.problem(r), {.target_gradient = batch.soft()}));
  for (const std::string& target : simd_targets()) {
    set_simd_target(target);
    const Output<T> output = batch.run();
    body(target, output, answers);
  }
}

/// Runs the batch on every SIMD target and calls body(target, output, answers). The answers are
/// computed once.
template <class T, class Body>
void for_each_target(Batch<T>& batch, const Body& body) {
  const bool wide = std::is_same_v<T, double> || batch.options.precision == Precision::f64;
  if (wide && beyond_pairs(batch))
    for_each_target_against<Big>(batch, body);
  else
    for_each_target_against<DD>(batch, body);
}

}  // namespace crossent::precise
