#include "reference/squared_error.h"

#include "reference/binary_cross_entropy.h"

namespace crossent::reference {

double squared_error(Row p, Row t) {
  double sum = 0;
  for (std::size_t j = 0; j < p.size(); ++j) sum += (p[j] - t[j]) * (p[j] - t[j]);
  return sum;
}

double mean_squared_error(Row p, Row t) {
  return squared_error(p, t) / static_cast<double>(p.size());
}

std::vector<double> squared_error_gradient(Row p, Row t) {
  std::vector<double> g(p.size());
  for (std::size_t j = 0; j < p.size(); ++j) g[j] = 2 * (p[j] - t[j]);
  return g;
}

std::vector<double> squared_error_softmax_gradient(Row z, Row t) {
  const std::vector<double> p = softmax(z);
  double mean = 0;
  for (std::size_t k = 0; k < p.size(); ++k) mean += (p[k] - t[k]) * p[k];
  std::vector<double> g(p.size());
  for (std::size_t j = 0; j < p.size(); ++j) g[j] = 2 * p[j] * ((p[j] - t[j]) - mean);
  return g;
}

std::vector<double> squared_error_sigmoid_gradient(Row z, Row t) {
  std::vector<double> g(z.size());
  for (std::size_t j = 0; j < z.size(); ++j)
    g[j] = 2 * (sigmoid(z[j]) - t[j]) * sigmoid(z[j]) * sigmoid(-z[j]);
  return g;
}

}  // namespace crossent::reference
