#pragma once
#include <cmath>
#include <limits>

#include "kernels/math.h"

// The terms that the divergences are sums of. All arguments >= 0.
namespace crossent {

/// (p - q) / (p + q) without overflow; exact to 2 ulp since p - q is exact for p near q.
inline double relative_difference(double p, double q) {
  return (0.5 * p - 0.5 * q) / (0.5 * p + 0.5 * q);
}

/// (1 + s) atanh(s) - s = s^2 (1 + (1 + s) (s/3 + s^3/5 + s^5/7 + ...)) for |s| <= 1/4: with
/// p = m (1 + s) and q = m (1 - s), p log(p/q) - p + q is 2 m times that. Nothing cancels.
inline double divergence_series(double s) {
  const double s2 = s * s;
  double odd = 0;  // s/3 + s^3/5 + ..., 13 terms: the next is below 2^-52 of the first
  for (int k = 12; k >= 0; --k) odd = odd * s2 + 1.0 / (2 * k + 3);
  return s2 * (1 + (1 + s) * (s * odd));
}

/// log(p/q) for p, q > 0, with its relative accuracy near p == q and for ratios beyond the range.
inline double log_ratio(double p, double q) {
  const double ratio = p / q;
  if (ratio > 0.5 && ratio < 2) return kernels::log1p((p - q) / q);
  if (ratio >= std::numeric_limits<double>::min() && std::isfinite(ratio))
    return kernels::log(ratio);
  return kernels::log(p) - kernels::log(q);
}

/// p log(p/q); 0 for p = 0, +inf for p > 0 = q.
inline double relative_entropy_term(double p, double q) {
  if (p == 0) return q >= 0 ? 0 : q;
  if (q == 0) return p > 0 ? std::numeric_limits<double>::infinity() : p;
  return p * log_ratio(p, q);
}

/// p log(p/q) - p + q >= 0; q for p = 0, +inf for p > 0 = q.
inline double generalized_kl_term(double p, double q) {
  if (p == 0) return q;
  if (q == 0) return p > 0 ? std::numeric_limits<double>::infinity() : p;
  const double s = relative_difference(p, q);
  if (std::fabs(s) <= 0.25) return 2 * (0.5 * p + 0.5 * q) * divergence_series(s);
  return p * log_ratio(p, q) - (p - q);
}

}  // namespace crossent
