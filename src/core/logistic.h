#pragma once
#include <cmath>

#include "kernels/math.h"

namespace crossent {

/// log(1 + e^x) = -log sigmoid(-x), accurate at both ends.
inline double softplus(double x) {
  return (x > 0 ? x : 0) + kernels::log1p(kernels::exp(-std::fabs(x)));
}

/// 1 / (1 + e^-x), accurate at both ends.
inline double sigmoid(double x) {
  const double e = kernels::exp(-std::fabs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

}  // namespace crossent
