#pragma once
#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

/// Categorical cross-entropy of every row against an integer label, with its gradient, in one pass.
///
///     loss[i] = w_i c_y (log sum_j exp(x[i,j]) - x[i,y]),   y = label[i]     (Kind::logits)
///     loss[i] = w_i c_y (-log x[i,y])                                        (Kind::probabilities)
///     loss[i] = w_i c_y (-x[i,y]) (Kind::log_probabilities)
///
/// Shapes    x [rows, classes], any strides; labels [rows]; outputs as in Outputs
/// Types     T is float, double, f16 or bf16
/// Units     nats
/// Special   logit -inf: a masked class. One logit +inf: probability 1 there. An infinite loss is
///           returned as infinity and counted. Ignored rows are not read.
/// Accuracy  loss within 4 ulp, gradient within 8 ulp of the compute type (docs/accuracy.md)
/// Gradient  of what `reduction` returns (mean: already divided), times upstream
/// Errors    ValueError naming argument, row, value and bound. Shapes, options, labels and weights
///           are checked before the first write. Bad values (NaN, no class left, a sum that is not
///           1) are met in the pass: that row's loss and gradient are NaN, every other row is
///           right, then the first one is named.
/// Threads   OpenMP over blocks of rows; the same bits for every number of threads
/// Source    docs/math.md#categorical-cross-entropy
template <class T>
Result cross_entropy(MatrixView<const T> x, Labels label, const Options& options = {},
                     const Outputs<T>& outputs = {});

/// The same against soft targets: loss[i] = w_i sum_j t[i,j] c_j (lse_i - x[i,j]), 0 log 0 = 0. The
/// rows of `target` are distributions (Checks::off lifts that); ignore_index does not apply.
template <class T>
Result cross_entropy(MatrixView<const T> x, MatrixView<const T> target, const Options& options = {},
                     const Outputs<T>& outputs = {});

}  // namespace crossent
