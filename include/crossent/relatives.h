#pragma once
#include <optional>
#include <span>

#include "crossent/options.h"
#include "crossent/view.h"

namespace crossent {

// The relatives of cross-entropy: plain f64, one thread, in nats. Each function returns the reduced
// loss (Reduction::none: the sum; a mean over no elements is NaN) and writes the single losses and
// the gradient of the reduced loss where those outputs are not empty. Lengths, parameters, labels
// and values are checked before the first write: ValueError names argument, index, value and bound.
// Logits may be -inf (a masked class) and, one a row, +inf; NaN is refused.
// Formulas and sources: docs/math.md#relatives.

/// What the relatives write beside the reduced loss. An empty output is not computed.
struct RelativeOutputs {
  std::span<double> loss{};      ///< one per element or per row
  std::span<double> gradient{};  ///< of the reduced loss to the logits; where a function has one
};

/// What the focal loss of a soft target t in (0, 1) is; for t = 0 or 1 both are the same.
enum class SoftFocal {
  expected,  ///< t f(1) + (1 - t) f(0), f the loss of a hard target: linear in t
  mixed_pt   ///< alpha_t (1 - p_t)^gamma CE(t), p_t = t p + (1 - t)(1 - p), alpha_t likewise
};

/// Parameters of the focal losses (Lin et al., ICCV 2017).
struct FocalOptions {
  std::optional<double> alpha{};  ///< sigmoid: alpha for t = 1, 1 - alpha for t = 0, in [0, 1];
                                  ///< softmax: a factor >= 0. Absent: 1 for all
  double gamma = 2;               ///< >= 0; 0 is cross-entropy
  SoftFocal soft = SoftFocal::expected;
};

/// Binary focal loss -alpha_t (1 - p_t)^gamma log p_t of logits x against targets t in [0, 1].
/// (1 - p)^gamma is taken in log space: 2e-53 stays 2e-53. Accuracy: relative 2e-15 (1 + gamma) for
/// losses above 1e-290.
/// Shapes    x, t, outputs [n]
double focal_sigmoid(std::span<const double> x, std::span<const double> t,
                     const FocalOptions& options = {}, Reduction reduction = Reduction::mean,
                     const RelativeOutputs& outputs = {});

/// Focal loss alpha (1 - p_y)^gamma (-log p_y), p = softmax(x[i,:]). No gradient.
/// Shapes    x [rows, classes], any strides; label, outputs.loss [rows]
double focal_softmax(MatrixView<const double> x, Labels label, const FocalOptions& options = {},
                     Reduction reduction = Reduction::mean, const RelativeOutputs& outputs = {});

/// Poly-1 loss -log p_y + epsilon (1 - p_y), epsilon finite (Leng et al., ICLR 2022). No gradient.
double poly1(MatrixView<const double> x, Labels label, double epsilon,
             Reduction reduction = Reduction::mean, const RelativeOutputs& outputs = {});

/// Generalised cross-entropy (1 - p_y^q) / q of probabilities, q in [0, 1]; q = 0 is its limit
/// -log p_y, q = 1 the absolute error (Zhang & Sabuncu, NeurIPS 2018). The rows of p are
/// distributions (Checks::off lifts that). No gradient.
double generalized_cross_entropy(MatrixView<const double> p, Labels label, double q,
                                 Reduction reduction = Reduction::mean,
                                 const RelativeOutputs& outputs = {}, Checks checks = Checks::full);

/// Soft margin loss log(1 + exp(-y x)), y = -1 or +1; gradient -y / (1 + exp(y x)).
double soft_margin(std::span<const double> x, std::span<const double> y,
                   Reduction reduction = Reduction::mean, const RelativeOutputs& outputs = {});

/// Multi-label soft margin loss: binary cross-entropy of every label, weighted by class_weight
/// ([labels], >= 0, empty: 1), averaged over the labels of a row. t in [0, 1]. No gradient.
/// Shapes    x, t [rows, labels], any strides; outputs.loss [rows]
double multilabel_soft_margin(MatrixView<const double> x, MatrixView<const double> t,
                              Reduction reduction = Reduction::mean,
                              const RelativeOutputs& outputs = {}, RealSpan class_weight = {});

/// Gaussian negative log-likelihood (log var + (y - mean)^2 / var) / 2, plus log(2 pi) / 2 when
/// `full`. var > 0; every value finite. No gradient.
double gaussian_nll(std::span<const double> mean, std::span<const double> y,
                    std::span<const double> variance, bool full = false,
                    Reduction reduction = Reduction::mean, const RelativeOutputs& outputs = {});

}  // namespace crossent
