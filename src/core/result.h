#pragma once
#include <cstdint>
#include <limits>

#include "core/elements.h"
#include "crossent/options.h"

// How the doors of the losses come from their sums to a Result.
namespace crossent::core {

/// What the mean divides by, as the caller chose it.
template <class LossOptions>
double chosen_divisor(const LossOptions& options, std::int64_t live, double total_weight) {
  return options.divisor == Divisor::rows    ? static_cast<double>(live)
         : options.divisor == Divisor::given ? options.given_divisor
                                             : total_weight;
}

/// The sum, and the mean by result.divisor: NaN when there are no rows or nothing to divide by.
inline void set_sum(Result& result, double sum) {
  result.sum = sum;
  result.mean = result.rows == 0 || result.divisor == 0 ? std::numeric_limits<double>::quiet_NaN()
                                                        : sum / result.divisor;
}

/// Hands the outputs of an element-wise loss to its call, checks everything, and runs it.
template <class Call, class LossOutputs>
Result run_call(Call call, const LossOutputs& outputs) {
  call.loss = outputs.loss;
  call.gradient = elements_of(outputs.gradient);
  call.hessian = elements_of(outputs.hessian);
  call.upstream = outputs.upstream;
  call.check_inputs();
  call.check_options();
  call.check_outputs();
  return call.run();
}

}  // namespace crossent::core
