#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

/// What turns logits into outputs. identity: x is the output (regression).
enum class Activation { softmax, sigmoid, identity };

/// Options of squared_error. Each at its default changes no bit of the result.
struct SquaredOptions {
  Activation activation = Activation::softmax;  ///< identity takes any finite x
  Kind kind = Kind::logits;                     ///< probabilities: x is what the activation gave,
                                                ///< in [0, 1]; log_probabilities is refused
  bool mean_over_outputs = false;         ///< a row's error is divided by its number of outputs
  double factor = 1;                      ///< of loss and derivatives, finite, >= 0; the
                                          ///< textbooks' half is 0.5
  Reduction reduction = Reduction::mean;  ///< over rows; none: derivatives are of each row's loss
  Divisor divisor = Divisor::rows;        ///< of the mean: live rows, their weight, or a number
  double given_divisor = 0;               ///< with Divisor::given; finite, not 0
  std::optional<std::int64_t> ignore_index{};  ///< labels only: these rows are not read
  RealSpan row_weight{};                       ///< [rows], or one value for all; finite, >= 0
  std::span<const std::uint8_t> row_mask{};    ///< [rows], 0: the row is not read
  Checks checks = Checks::full;  ///< off: values are not validated, bad ones give what they give
  int threads = 0;               ///< in [0, 65536]; 0: OpenMP's choice
};

/// What squared_error writes beside its Result. An empty output is not computed. Outputs share no
/// memory with each other or with an input, but where it says so.
template <class T>
struct SquaredOutputs {
  std::span<double> loss{};  ///< [rows], in squared units of the outputs; 0 for ignored rows
  MatrixView<T> gradient{};  ///< [rows, outputs], to the logits; may be x itself; +0 where ignored
  MatrixView<T> hessian{};   ///< [rows, outputs], its diagonal; not for softmax
  RealSpan upstream{};       ///< an input, factor on both: one value, or one a row; finite
};

/// Squared error of every row's outputs p against a target t (Brier's score when p is a softmax),
/// the loss that classifiers were trained with before cross-entropy, with its derivatives.
///
///     loss[i]     = w_i factor sum_j d_j^2,              d = p - t, p = activation(x[i,:])
///     gradient_j  = w_i factor 2 d_j                                          (identity)
///                 = w_i factor 2 d_j p_j (1 - p_j)                            (sigmoid)
///                 = w_i factor 2 p_j (d_j - sum_k p_k d_k)                    (softmax)
///
/// The gradient is to the logits, also when x holds probabilities: then it says where their logits
/// should go. t = (0,1,0), p = (.2,.7,.1): loss .14, gradient (.144, -.196, .052); per output
/// (mean_over_outputs) .046667, a third of the gradient.
///
/// Shapes    x [rows, outputs], any strides; label [rows] (t is 1 there, 0 elsewhere) or target
///           [rows, outputs]
/// Types     T is float, double, f16 or bf16; arithmetic in f64, rounded once at the output
/// Special   softmax: logit -inf is a masked class, one +inf is probability 1. sigmoid: +-inf are
///           the limits. Ignored rows are not read. No rows: mean NaN.
/// Accuracy  loss of a label within 8 ulp at every size (p_y is never subtracted from 1); gradient
///           within 8 ulp of the largest term in its formula
/// Errors    ValueError. Shapes, options, labels and weights are checked before the first write.
///           NaN, targets and probabilities outside [0, 1] (identity: not finite) and
///           probabilities that do not sum to 1 (softmax) are met in the pass: that row's results
///           are NaN, all others are right, then the first one is named.
/// Threads   OpenMP over blocks of rows; the same bits for every number of threads
/// Source    docs/math.md#squared-error
template <class T>
Result squared_error(MatrixView<const T> x, Labels label, const SquaredOptions& options = {},
                     const SquaredOutputs<T>& outputs = {});
template <class T>
Result squared_error(MatrixView<const T> x, MatrixView<const T> target,
                     const SquaredOptions& options = {}, const SquaredOutputs<T>& outputs = {});

}  // namespace crossent
