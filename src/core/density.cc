#include <cmath>
#include <limits>

#include "core/constants.h"
#include "core/distribution.h"
#include "core/divergence.h"
#include "core/refuse.h"
#include "crossent/entropy.h"
#include "kernels/math.h"

namespace crossent {
namespace {

using Family = Density::Family;
constexpr double kInf = std::numeric_limits<double>::infinity();

void check(const char* argument, double value, bool good, const char* range) {
  if (!good || !std::isfinite(value)) refuse_value("Density", argument, value, range);
}

double width(const Density& d) { return d.second() - d.first(); }

double mean_of(const Density& d) {
  switch (d.family()) {
    case Family::normal:
      return d.first();
    case Family::uniform:
      return d.first() + 0.5 * width(d);
    default:
      return 1 / d.first();
  }
}

double sd_of(const Density& d) {
  switch (d.family()) {
    case Family::normal:
      return d.second();
    case Family::uniform:
      return width(d) / std::sqrt(12.0);
    default:
      return 1 / d.first();
  }
}

double square(double x) { return x * x; }

/// Whether p has mass where q has none. Closed ends: an end point has no mass.
bool escapes(const Density& p, const Density& q) {
  if (q.family() == Family::normal) return false;
  if (p.family() == Family::normal) return true;
  const double low = p.family() == Family::uniform ? p.first() : 0;
  const double high = p.family() == Family::uniform ? p.second() : kInf;
  if (q.family() == Family::exponential) return low < 0;
  return low < q.first() || high > q.second();
}

double entropy_nats(const Density& p) {
  switch (p.family()) {
    case Family::normal:
      return kHalfLog2Pi + 0.5 + kernels::log(p.second());
    case Family::uniform:
      return kernels::log(width(p));
    default:
      return 1 - kernels::log(p.first());
  }
}

double cross_entropy_nats(const Density& p, const Density& q) {
  if (escapes(p, q)) return kInf;
  switch (q.family()) {
    case Family::normal: {
      const double z = (mean_of(p) - q.first()) / q.second();
      return kHalfLog2Pi + kernels::log(q.second()) +
             0.5 * (square(sd_of(p) / q.second()) + square(z));
    }
    case Family::uniform:
      return kernels::log(width(q));
    default:
      return q.first() * mean_of(p) - kernels::log(q.first());
  }
}

/// Two normals: (rho - 1 - log rho) / 2 + (difference of means / sd_q)^2 / 2, rho = (sd_p /
/// sd_q)^2.
double kl_of_normals(const Density& p, const Density& q) {
  const double r = p.second() / q.second();
  const double shift = 0.5 * square((p.first() - q.first()) / q.second());
  const double s = relative_difference(q.second(), p.second()) * square(1 + r) / (1 + r * r);
  if (std::fabs(s) <= 0.25) return 0.5 * (1 + r * r) * divergence_series(s) + shift;
  return 0.5 * (r * r - 1) - log_ratio(p.second(), q.second()) + shift;
}

double kl_nats(const Density& p, const Density& q) {
  if (escapes(p, q)) return kInf;
  if (p.family() == q.family()) {
    switch (p.family()) {
      case Family::normal:
        return kl_of_normals(p, q);
      case Family::uniform:
        return log_ratio(width(q), width(p));
      default:
        return generalized_kl_term(p.first(), q.first()) / p.first();
    }
  }
  return cross_entropy_nats(p, q) - entropy_nats(p);
}

}  // namespace

Density Density::normal(double mean, double sd) {
  check("mean", mean, true, "is not finite");
  check("sd", sd, sd > 0, "is not a finite number > 0");
  return {Family::normal, mean, sd};
}

Density Density::uniform(double low, double high) {
  check("low", low, true, "is not finite");
  check("high", high, high > low, "is not a finite number above low");
  check("high - low", high - low, true, "is not finite");
  return {Family::uniform, low, high};
}

Density Density::exponential(double rate) {
  check("rate", rate, rate > 0, "is not a finite number > 0");
  return {Family::exponential, rate, 0};
}

double entropy(const Density& p, double base) {
  return entropy_nats(p) / unit_of("entropy", base) + 0.0;  // + 0.0: no -0.0
}

double cross_entropy(const Density& p, const Density& q, double base) {
  return cross_entropy_nats(p, q) / unit_of("cross_entropy", base) + 0.0;
}

double kl_divergence(const Density& p, const Density& q, double base) {
  return kl_nats(p, q) / unit_of("kl_divergence", base) + 0.0;
}

}  // namespace crossent
