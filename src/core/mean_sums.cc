#include "core/mean_sums.h"

#include <cmath>
#include <limits>

namespace crossent {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

ExactSum from_integer(std::int64_t n) {
  ExactSum sum;
  sum.add_product(static_cast<double>(n >> 32), 0x1p32);
  sum.add(static_cast<double>(n & 0xffffffff));
  return sum;
}

ExactSum negated(const ExactSum& a, double factor) {
  ExactSum result;
  for (const double x : a.expansion()) result.add_product(x, -factor);
  return result;
}

}  // namespace

ExactSum product(const ExactSum& a, const ExactSum& b) {
  ExactSum result;
  const std::vector<double> right = b.expansion();
  for (const double x : a.expansion())
    for (const double y : right) result.add_product(x, y);
  return result;
}

void MeanSums::merge(const MeanSums& other) {
  rows += other.rows;
  q.merge(other.q);
  qq.merge(other.qq);
  w.merge(other.w);
  wq.merge(other.wq);
  ww.merge(other.ww);
}

double MeanSums::mean(bool weighted) const {
  if (rows == 0) return kNaN;
  const double sum = q.value();
  if (std::isinf(sum) && q.finite()) return q.shifted(-1).value() / mass(weighted) * 0x1p32;
  return sum / mass(weighted);
}

// sum w^2 (x - L)^2 (sum w)^2 = W^2 sum q^2 - 2 Q W sum w q + Q^2 sum w^2, evaluated exactly. The
// sums are first moved near 1 (by powers of 2^32), so that no product leaves the range of doubles.
double MeanSums::standard_error(bool weighted) const {
  if (rows < 2 || !q.finite()) return kNaN;
  if (q.value() == 0) return 0;
  const int dq = -q.leading_digit(), dw = weighted ? -w.leading_digit() : 0;
  const ExactSum sum_q = q.shifted(dq), sum_qq = qq.shifted(2 * dq);
  const ExactSum sum_w = weighted ? w.shifted(dw) : from_integer(rows);
  const ExactSum sum_wq = weighted ? wq.shifted(dq + dw) : sum_q;
  const ExactSum sum_ww = weighted ? ww.shifted(2 * dw) : sum_w;
  ExactSum inner = product(sum_w, sum_qq);
  inner.merge(negated(product(sum_q, sum_wq), 2));
  ExactSum squares = product(sum_w, inner);
  squares.merge(product(product(sum_q, sum_q), sum_ww));
  const auto n = static_cast<double>(rows);
  const double total = sum_w.value();
  const double scaled = std::sqrt(n / (n - 1) * squares.value()) / (total * total);
  return std::ldexp(scaled, -32 * (dq - dw));
}

}  // namespace crossent
