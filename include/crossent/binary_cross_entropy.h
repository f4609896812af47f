#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

/// Options of binary_cross_entropy. Each at its default changes no bit of the result.
struct BinaryOptions {
  Kind kind = Kind::logits;               ///< logits, or probabilities in [0, 1]
  Reduction reduction = Reduction::mean;  ///< over elements; none: derivatives are of each loss
  Divisor divisor = Divisor::rows;        ///< of the mean; rows: the number of live elements
  double given_divisor = 0;               ///< with Divisor::given; finite, not 0
  std::optional<std::int64_t> ignore_index{};  ///< integer labels only: these are not read
  RealSpan weight{};        ///< [rows * cols] row-major, or one value; finite, >= 0
  RealSpan class_weight{};  ///< [cols]; finite, >= 0
  RealSpan row_weight{};    ///< [rows], or one value; finite, >= 0
  RealSpan pos_weight{};    ///< [cols], or one value; finite, >= 0; of the t term only
  std::span<const std::uint8_t> row_mask{};       ///< [rows], 0: the row is not read
  MatrixView<const std::uint8_t> element_mask{};  ///< [rows, cols], 0: the element is not read
  double label_smoothing = 0;                     ///< e in [0, 1]: t becomes t (1 - e) + e / 2
  double clip = 0;                         ///< in [0, 0.5]: probabilities into [clip, 1 - clip],
                                           ///< counted; 0: off
  Precision precision = Precision::input;  ///< f64: also of narrower logits
  Checks checks = Checks::full;            ///< off: values are not validated, bad ones give NaN
  int threads = 0;                         ///< in [0, 65536]; 0: OpenMP's choice
};

/// What binary_cross_entropy writes beside its Result. An empty output is not computed. Outputs
/// share no memory with each other or with an input, but where it says so.
template <class T>
struct BinaryOutputs {
  std::span<double> loss{};  ///< [rows * cols] row-major, nats; 0 for ignored elements
  MatrixView<T> gradient{};  ///< [rows, cols]; may be x itself; +0 for ignored elements
  MatrixView<T> hessian{};   ///< [rows, cols], the second derivative (it is diagonal)
  RealSpan upstream{};       ///< an input, factor on both: one value, one a row, or one an element
                             ///< (row-major); finite
};

/// Binary cross-entropy of every element against a target in [0, 1], with its first and second
/// derivative, in one pass. A matrix [rows, labels] is multi-label: each element is one loss.
///
///     loss     = w (q t softplus(-x) + (1 - t) softplus(x))
///     gradient = w ((1 - t) sigma(x) - q t sigma(-x))        not sigma(x) - t, which cancels
///     hessian  = w (q t + 1 - t) sigma(x) sigma(-x)
///
/// softplus(x) = max(x, 0) + log1p(e^-|x|); w: all weights, q: pos_weight;
/// and from probabilities w (q t (-log x) - (1 - t) log1p(-x)), differentiated by the probability.
///
/// Shapes    x, target [rows, cols], any strides. Nothing is broadcast.
/// Types     T is float, double, f16 or bf16; arithmetic in f32 for logits narrower than f64 (in
///           f64 beyond |x| = 48 and for probabilities), rounded once at the output
/// Units     nats
/// Special   x = +-inf: the limits (+inf against t = 1 is 0, against t = 0 infinity). Probability 0
///           against t > 0: loss infinity, gradient -infinity. Infinite losses are counted. A
///           weight or target term of 0 is 0 whatever it multiplies. Ignored elements are not read.
/// Result    counts are of elements; first_infinite is the element's row-major index
/// Accuracy  loss within 4 ulp of the arithmetic's type, derivatives within 8 ulp of the largest
///           term in the formula
/// Gradient  of what `reduction` returns (mean: already divided), times upstream. Below the normal
///           range of T: +0. With `clip`: taken at the clipped probability.
/// Errors    ValueError naming argument, row, column, value and bound. Shapes, options, labels and
///           weights are checked before the first write. Bad values (NaN, a target or probability
///           outside [0, 1]) are met in the pass: their results are NaN, all others are right, then
///           the first one is named.
/// Threads   OpenMP over blocks of elements; the same bits for every number of threads
/// Source    docs/math.md#binary-cross-entropy
template <class T>
Result binary_cross_entropy(MatrixView<const T> x, MatrixView<const T> target,
                            const BinaryOptions& options = {},
                            const BinaryOutputs<T>& outputs = {});

/// The same against integer labels 0 and 1; x is [rows, 1].
template <class T>
Result binary_cross_entropy(MatrixView<const T> x, Labels label, const BinaryOptions& options = {},
                            const BinaryOutputs<T>& outputs = {});

}  // namespace crossent
