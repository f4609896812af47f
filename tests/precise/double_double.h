#pragma once
#include <cmath>
#include <cstdint>

// The quick reference: a number is the unevaluated sum hi + lo, about 31 digits (106 bits).
// Algorithms: M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for basic
// building blocks of double-word arithmetic", ACM TOMS 44 (2017). precise_test compares it with
// MPFR.
namespace crossent::precise {

struct DoubleDouble {
  double hi = 0, lo = 0;
  DoubleDouble() = default;
  DoubleDouble(double x) : hi(x) {}  // NOLINT: every double is one
  DoubleDouble(double h, double l) : hi(h), lo(l) {}
};
using DD = DoubleDouble;

inline DD two_sum(double a, double b) {
  const double s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
inline DD fast_two_sum(double a, double b) {
  const double s = a + b;
  return {s, b - (s - a)};
}
/// Exact a * b for |a|, |b| < 2^995 (Dekker): faster than fma() where that is a call.
inline DD two_product(double a, double b) {
  const double p = a * b;
  const double ca = 134217729.0 * a, cb = 134217729.0 * b;
  const double ah = ca - (ca - a), bh = cb - (cb - b), al = a - ah, bl = b - bh;
  return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

inline DD operator-(DD a) { return {-a.hi, -a.lo}; }
inline DD operator+(DD a, DD b) {
  DD s = two_sum(a.hi, b.hi);
  if (!std::isfinite(s.hi)) return {s.hi, 0};
  const DD t = two_sum(a.lo, b.lo);
  s = fast_two_sum(s.hi, s.lo + t.hi);
  return fast_two_sum(s.hi, s.lo + t.lo);
}
inline DD operator-(DD a, DD b) { return a + -b; }
inline DD operator*(DD a, DD b) {
  const DD p = two_product(a.hi, b.hi);
  if (!std::isfinite(p.lo)) return {a.hi * b.hi, 0};
  return fast_two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}
inline DD operator/(DD a, DD b) {
  const double q = a.hi / b.hi;
  if (!std::isfinite(q) || q == 0) return {q, 0};
  const DD r = a - b * DD(q);
  return fast_two_sum(q, (r.hi + r.lo) / b.hi);
}
inline DD& operator+=(DD& a, DD b) { return a = a + b; }
inline bool operator<(DD a, DD b) { return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo); }
inline bool operator>(DD a, DD b) { return b < a; }
inline bool operator==(DD a, DD b) { return a.hi == b.hi && a.lo == b.lo; }
inline DD abs_of(DD a) { return a.hi < 0 ? -a : a; }
inline double to_double(DD a) { return a.hi + a.lo; }
inline DD scaled(DD a, int e) { return {std::ldexp(a.hi, e), std::ldexp(a.lo, e)}; }

// x = k ln 2 + 256 r; expm1(r) by its series, then eight times expm1(2r) = expm1(r) (2 + expm1(r)).
inline DD reduced_expm1(DD r) {
  r = scaled(r, -8);
  static const DD kInverse[] = {DD(1) / DD(2), DD(1) / DD(3), DD(1) / DD(4),
                                DD(1) / DD(5), DD(1) / DD(6), DD(1) / DD(7),
                                DD(1) / DD(8), DD(1) / DD(9), DD(1) / DD(10)};
  DD s = 1;
  for (int i = 8; i >= 0; --i) s = DD(1) + s * r * kInverse[i];
  s = s * r;
  for (int i = 0; i < 8; ++i) s = s * (DD(2) + s);
  return s;
}
inline DD reduce_by_ln2(DD x, double k) {
  // ln 2 to 160 bits: the error of k ln 2 stays below 2^-149
  return ((x - two_product(k, 0x1.62e42fefa39efp-1)) - two_product(k, 0x1.abc9e3b39803fp-56)) -
         two_product(k, 0x1.7b57a079a1934p-111);
}
inline DD exp_of(DD x) {
  if (x.hi < -1500) return 0;
  if (x.hi > 710) return INFINITY;
  const double k = std::nearbyint(x.hi * 1.4426950408889634);
  return scaled(DD(1) + reduced_expm1(reduce_by_ln2(x, k)), static_cast<int>(k));
}
inline DD expm1_of(DD x) { return std::fabs(x.hi) < 0.35 ? reduced_expm1(x) : exp_of(x) - DD(1); }
/// One Newton step on expm1(y) = x from the double's log1p.
inline DD log1p_of(DD x) {
  const double y = std::log1p(x.hi);
  if (y == 0 || !std::isfinite(y)) return y == 0 ? x : DD(y);
  const DD e = expm1_of(y);
  return DD(y) + (x - e) / (DD(1) + e);
}
inline DD log_of(DD x) {
  if (x.hi > 0.5 && x.hi < 2) return log1p_of(x - DD(1));
  const double y = std::log(x.hi);
  if (!std::isfinite(y)) return y;
  const double k = std::nearbyint(y * 1.4426950408889634);
  const DD mantissa = scaled(x, -static_cast<int>(k) / 2);
  const DD m = scaled(mantissa, -static_cast<int>(k) - (-static_cast<int>(k) / 2));
  return log1p_of(m - DD(1)) +
         (two_product(k, 0x1.62e42fefa39efp-1) +
          (two_product(k, 0x1.abc9e3b39803fp-56) + DD(k * 0x1.7b57a079a1934p-111)));
}
inline DD tanh_of(DD x) {
  const DD u = expm1_of(scaled(-abs_of(x), 1));
  const DD t = -u / (DD(2) + u);
  return x.hi < 0 ? -t : t;
}

}  // namespace crossent::precise
