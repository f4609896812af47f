#pragma once
#include <span>
#include <vector>

#include "train/pass.h"

namespace crossent::training {

/// Other coordinates for the first layer, in which L-BFGS needs a fraction of the iterations: as if
/// features were centred and had one curvature. For feature j with mean m_j
///     v_jk = scale_j w_jk,  b'_k = b_k + sum_j m_j w_jk,  scale_j^2 = variance_j + l2 / curvature
/// with scale_j rounded to a power of 2, so that weights keep their bits. Objective, penalties and
/// tolerance stay those of w and b.
class Conditioning {
 public:
  /// Coordinates as they are.
  explicit Conditioning(const Architecture& architecture);
  /// `curvature`: of the cost along a logit, at its start.
  Conditioning(const Architecture& architecture, const RowSet<double>& rows, double curvature,
               double l2, int threads);

  void coordinates(std::span<const double> parameters, double* inner) const;
  void parameters(const double* inner, std::span<double> parameters) const;
  /// The gradient to the coordinates from that to the parameters.
  void gradient(std::span<const double> outer, double* inner) const;

 private:
  std::size_t inputs_, units_, bias_;   // of the first layer; where its biases begin
  std::vector<double> center_, scale_;  // of the features; empty: as they are
};

}  // namespace crossent::training
