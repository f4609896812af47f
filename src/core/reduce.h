#pragma once
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "core/compensated.h"
#include "core/matrix_checks.h"
#include "crossent/relatives.h"

// What the plain f64 losses share: their outputs' checks, and the reduction.
namespace crossent::core {

/// Refuses outputs of another length than n, and memory shared with an input or each other; the
/// gradient may be the first input.
inline void check_outputs(std::string_view op, std::size_t n, std::string_view of,
                          const RelativeOutputs& outputs, std::initializer_list<Argument> inputs) {
  const Argument written[] = {{"gradient", memory_of(outputs.gradient)},
                              {"loss", memory_of(outputs.loss)}};
  check_optional(op, "loss", outputs.loss.size(), n, of);
  check_optional(op, "gradient", outputs.gradient.size(), n, of);
  check_present(op, Arguments(written));
  check_present(op, inputs);
  check_overlaps(op, written, Arguments(inputs.begin(), inputs.size()));
}

/// The same for a function without a gradient.
inline void check_loss_output(std::string_view op, std::size_t n, std::string_view of,
                              const RelativeOutputs& outputs,
                              std::initializer_list<Argument> inputs) {
  if (!outputs.gradient.empty()) refuse(op, "gradient", "no gradient is offered");
  check_outputs(op, n, of, outputs, inputs);
}

/// Sums loss(i), i < n, writes it, and the gradient of the reduced loss from slope(i).
template <class Loss, class Slope>
double reduce(std::size_t n, Reduction reduction, const RelativeOutputs& outputs, const Loss& loss,
              const Slope& slope) {
  const double share = reduction == Reduction::mean ? static_cast<double>(n) : 1;
  CompensatedSum sum;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = loss(i);
    const double gradient = outputs.gradient.empty() ? 0 : slope(i) / share;
    sum.add(value);
    if (!outputs.loss.empty()) outputs.loss[i] = value;
    if (!outputs.gradient.empty()) outputs.gradient[i] = gradient;
  }
  return sum.value() / share;
}

template <class Loss>
double reduce(std::size_t n, Reduction reduction, const RelativeOutputs& outputs,
              const Loss& loss) {
  return reduce(n, reduction, outputs, loss, [](std::size_t) { return 0.0; });
}

}  // namespace crossent::core
