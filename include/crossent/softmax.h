#pragma once
#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

/// Options of log_sum_exp, softmax and log_softmax.
struct SoftmaxOptions {
  double temperature = 1;  ///< logits / temperature; > 0
  Precision precision = Precision::input;
  Checks checks = Checks::full;
  int threads = 0;  ///< 0: OpenMP's choice
};

/// out[i] = log sum_j exp(x[i,j] / temperature), in nats: m + log1p(sum of the others), m = max_j
/// x[i,j].
///
/// Shapes    x [rows, classes], any strides (swap them for the other axis); out [rows]
/// Special   -inf for an empty or all -inf row, +inf if a value is +inf, NaN if one is NaN
/// Accuracy  within 4 ulp of the compute type (docs/accuracy.md)
/// Errors    ValueError for shapes and temperature
/// Source    docs/math.md#log-sum-exp
template <class T>
void log_sum_exp(MatrixView<const T> x, std::span<double> out, const SoftmaxOptions& options = {});

/// out[i,j] = exp(x[i,j]) / sum_k exp(x[i,k]). `out` may be `x`; -inf gives 0; one +inf gives 1
/// there.
/// Errors    as above; with full checks, a NaN, a second +inf or a row of -inf only: that row is
///           NaN, every other is right, then ValueError names the first such row and column.
template <class T>
void softmax(MatrixView<const T> x, MatrixView<T> out, const SoftmaxOptions& options = {});

/// out[i,j] = x[i,j] - log sum_k exp(x[i,k]); otherwise as softmax.
template <class T>
void log_softmax(MatrixView<const T> x, MatrixView<T> out, const SoftmaxOptions& options = {});

}  // namespace crossent
