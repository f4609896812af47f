#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossent/options.h"
#include "precise/big.h"
#include "precise/double_double.h"

// The definitions, on the exact input values, in any arithmetic R (DD, Big). Nothing here is shared
// with the library but the words of Options.
namespace crossent::precise {

/// One row of the categorical loss: every value as the caller gave it, in f64 (exact).
struct RowProblem {
  std::vector<double> x{};
  std::int64_t label = -1;             ///< >= 0: a hard label
  std::vector<double> target{};        ///< otherwise the soft target
  std::vector<double> class_weight{};  ///< empty: 1
  std::vector<std::uint8_t> class_mask{};
  Kind kind = Kind::logits;
  double row_weight = 1;
  double label_smoothing = 0;
  Smoothing smoothing = Smoothing::per_class;
  double temperature = 1, softcap = 0, z_loss = 0, clip = 0;
  bool normalize = false;
};

/// What is expected of it. `scale` is the largest term of a gradient element's formula, which its
/// error is measured against when `pure` is false.
template <class R>
struct RowAnswer {
  R loss, lse, log1p_others;
  double max = 0;
  bool infinite = false;  ///< the loss is +inf
  bool pure = true;       ///< hard label, no smoothing, z-loss, softcap: gradients are tight
  std::int64_t argmax = -1;
  /// An ulp (f64) of the largest transformed logit, and what a change of the logits by 1 does to
  /// the loss: temperature and softcap round their logits, which no later step can undo.
  double blur = 0, sensitivity = 0;
  std::vector<R> gradient, scale, probability;
  std::vector<R> target_gap,
      target_scale;  ///< lse - z_j, and by how much the target's gradient is more
};

/// Which parts to compute: the gradients cost most.
struct Want {
  bool gradient = true, target_gradient = false, probability = false;
};

template <class R>
RowAnswer<R> solve(const RowProblem& problem, Want want = {});

/// The loss of one logit against a target in [0, 1], its first and second derivative.
template <class R>
struct BinaryAnswer {
  R loss, gradient, hessian, scale;  ///< scale: the largest term of the gradient
};
template <class R>
BinaryAnswer<R> solve_binary(double x, double t, double weight, double pos_weight);
/// The same from the probability p of 1.
template <class R>
BinaryAnswer<R> solve_binary_probability(double p, double t, double weight, double pos_weight);

/// sum_j (p_j - t_j)^2 with p = softmax(x), and its gradient to x.
template <class R>
struct SquaredAnswer {
  R loss;
  std::vector<R> gradient, scale;
};
template <class R>
SquaredAnswer<R> solve_squared_softmax(std::span<const double> x, std::span<const double> target);
/// (sigmoid(x) - t)^2 and its derivative.
template <class R>
SquaredAnswer<R> solve_squared_sigmoid(double x, double t);

extern template RowAnswer<DD> solve<DD>(const RowProblem&, Want);
extern template RowAnswer<Big> solve<Big>(const RowProblem&, Want);

}  // namespace crossent::precise
