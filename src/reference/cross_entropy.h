#pragma once
#include <cstdint>
#include <vector>

#include "reference/softmax.h"

// Categorical cross-entropy of one row with every option (docs/math.md#categorical-cross-entropy).
namespace crossent::reference {

/// Options of one row; empty vectors mean 1 for every class.
struct RowOptions {
  std::vector<double> class_weight{};
  std::vector<std::uint8_t> class_mask{};  ///< 0: the class has probability 0
  double row_weight = 1;
  double label_smoothing = 0;
  bool smooth_per_row = false;  ///< under smoothing c_y (m) times the loss, not c_j in each term
  double temperature = 1, softcap = 0, z_loss = 0;
};

/// z' = cap tanh(z / T / cap), or z / T without a cap; -inf for masked classes, and where z is
/// -inf.
std::vector<double> transformed(Row z, const RowOptions& o);

/// t_j = (1 - e) [j = y] + e / K over the K unmasked classes.
std::vector<double> one_hot(std::size_t y, std::size_t classes, const RowOptions& o);

/// t_j -> (1 - e) t_j + e / K, over the K unmasked classes.
std::vector<double> smoothed(Row t, const RowOptions& o);

/// The coefficients b_j of the terms -log p_j: w t_j c_j; per row w c_y t_j, and of a soft
/// target w m t'_j, m = sum_k t_k c_k / sum_k t_k its mean class weight, t' smoothed.
std::vector<double> label_terms(std::size_t y, std::size_t classes, const RowOptions& o);
std::vector<double> target_terms(Row t, const RowOptions& o);

/// sum_j b_j (lse - z'_j) + zeta lse^2, 0 * inf = 0.
double loss_of_terms(Row z, Row b, const RowOptions& o);

/// (sum_k b_k) p_j - b_j + 2 zeta lse p_j, then the chain rule through cap and temperature. The
/// only class with a term is taken as -(the others' sum): nothing cancels.
std::vector<double> gradient_of_terms(Row z, Row b, const RowOptions& o);

double cross_entropy(Row z, std::size_t y, const RowOptions& o = {});
double cross_entropy(Row z, Row t, const RowOptions& o = {});
std::vector<double> cross_entropy_gradient(Row z, std::size_t y, const RowOptions& o = {});
std::vector<double> cross_entropy_gradient(Row z, Row t, const RowOptions& o = {});

/// d loss / d t_k = w (1 - e) c_k (-log p_k); per row w (1 - e) m (-log p_k), the row's mean class
/// weight m held constant.
std::vector<double> cross_entropy_target_gradient(Row z, Row t, const RowOptions& o = {});

/// What the mean over total weight divides by: w c_y, and of a soft target w sum_k t_k c_k.
double total_weight(std::size_t y, const RowOptions& o);
double total_weight(Row t, const RowOptions& o);

/// From probabilities -sum b_j log p_j and log-probabilities -sum b_j l_j; gradients -b_j / p_j,
/// -b_j.
double loss_of_probabilities(Row p, Row b);
double loss_of_log_probabilities(Row l, Row b);
std::vector<double> gradient_of_probabilities(Row p, Row b);
std::vector<double> gradient_of_log_probabilities(Row b);

}  // namespace crossent::reference
