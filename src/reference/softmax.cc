#include "reference/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crossent::reference {

std::size_t argmax(Row z) {
  return static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin());
}

double rest_sum(Row z) {
  const std::size_t top = argmax(z);
  double sum = 0;
  for (std::size_t j = 0; j < z.size(); ++j)
    if (j != top && z[j] != z[top]) sum += std::exp(z[j] - z[top]);
  // Terms equal to the maximum count 1 each: also where z_j - max is not a number, at +inf.
  for (std::size_t j = 0; j < z.size(); ++j)
    if (j != top && z[j] == z[top]) sum += 1;
  return sum;
}

double log_sum_exp(Row z) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (z.empty() || z[argmax(z)] == -kInf) return -kInf;
  return z[argmax(z)] + std::log1p(rest_sum(z));
}

std::vector<double> softmax(Row z) {
  std::vector<double> p(z.size());
  const double m = z[argmax(z)], sum = 1 + rest_sum(z);
  for (std::size_t j = 0; j < z.size(); ++j) p[j] = (z[j] == m ? 1 : std::exp(z[j] - m)) / sum;
  return p;
}

std::vector<double> log_softmax(Row z) {
  std::vector<double> l(z.size());
  const double m = z[argmax(z)], log_sum = std::log1p(rest_sum(z));
  for (std::size_t j = 0; j < z.size(); ++j) l[j] = (z[j] == m ? 0 : z[j] - m) - log_sum;
  return l;
}

}  // namespace crossent::reference
