#include "reference/cross_entropy.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace crossent::reference {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double class_weight(std::size_t j, const RowOptions& o) {
  return o.class_weight.empty() ? 1 : o.class_weight[j];
}

bool kept(std::size_t j, const RowOptions& o) { return o.class_mask.empty() || o.class_mask[j]; }

double kept_classes(std::size_t classes, const RowOptions& o) {
  double count = 0;
  for (std::size_t j = 0; j < classes; ++j) count += kept(j, o);
  return count;
}

double sum(Row v) { return std::accumulate(v.begin(), v.end(), 0.0); }

/// Class weights of the whole row, not of each term: a matter of smoothing alone.
bool weighs_rows(const RowOptions& o) {
  return o.smooth_per_row && o.label_smoothing != 0 && !o.class_weight.empty();
}

/// The class weight of a whole row: the target's mean, so that weights of 1 are neutral.
double mean_class_weight(Row t, const RowOptions& o) {
  double total = 0;
  for (std::size_t j = 0; j < t.size(); ++j) total += t[j] * class_weight(j, o);
  return total == 0 ? 0 : total / sum(t);
}

double product(double weight, double value) { return weight == 0 ? 0 : weight * value; }

}  // namespace

std::vector<double> transformed(Row z, const RowOptions& o) {
  std::vector<double> out(z.begin(), z.end());
  for (std::size_t j = 0; j < z.size(); ++j) {
    out[j] /= o.temperature;
    const bool masked = !kept(j, o) || out[j] == -kInf;
    if (o.softcap != 0) out[j] = o.softcap * std::tanh(out[j] / o.softcap);
    if (masked) out[j] = -kInf;
  }
  return out;
}

std::vector<double> smoothed(Row t, const RowOptions& o) {
  const double share = o.label_smoothing / kept_classes(t.size(), o);
  std::vector<double> out(t.begin(), t.end());
  for (std::size_t j = 0; j < t.size(); ++j)
    out[j] = (1 - o.label_smoothing) * t[j] + (kept(j, o) ? share : 0);
  return out;
}

std::vector<double> one_hot(std::size_t y, std::size_t classes, const RowOptions& o) {
  std::vector<double> t(classes, 0.0);
  t[y] = 1;
  return smoothed(t, o);
}

std::vector<double> label_terms(std::size_t y, std::size_t classes, const RowOptions& o) {
  std::vector<double> b = one_hot(y, classes, o);
  for (std::size_t j = 0; j < classes; ++j)
    b[j] *= o.row_weight * class_weight(weighs_rows(o) ? y : j, o);
  return b;
}

std::vector<double> target_terms(Row t, const RowOptions& o) {
  std::vector<double> b = smoothed(t, o);
  const double row = weighs_rows(o) ? mean_class_weight(t, o) : 0;
  for (std::size_t j = 0; j < t.size(); ++j)
    b[j] *= o.row_weight * (weighs_rows(o) ? row : class_weight(j, o));
  return b;
}

double loss_of_terms(Row z, Row b, const RowOptions& o) {
  const std::vector<double> zt = transformed(z, o), l = log_softmax(zt);
  const double lse = log_sum_exp(zt);
  double loss = product(o.z_loss, lse * lse);
  for (std::size_t j = 0; j < b.size(); ++j) loss += product(b[j], -l[j]);
  return loss;
}

std::vector<double> gradient_of_terms(Row z, Row b, const RowOptions& o) {
  const std::vector<double> zt = transformed(z, o), p = softmax(zt);
  const double pull = sum(b) + product(2 * o.z_loss, log_sum_exp(zt));
  std::vector<double> g(z.size());
  for (std::size_t j = 0; j < z.size(); ++j) {
    double others = 0;  // of p: s p_j - b_j with s = b_j is -s (1 - p_j)
    for (std::size_t k = 0; k < p.size(); ++k) others += k == j ? 0 : p[k];
    g[j] = pull == b[j] ? -b[j] * others : pull * p[j] - b[j];
    const double bent = o.softcap == 0 ? 0 : zt[j] / o.softcap;
    g[j] = zt[j] != -kInf ? g[j] * (1 - bent * bent) / o.temperature : 0;
  }
  return g;
}

double cross_entropy(Row z, std::size_t y, const RowOptions& o) {
  return loss_of_terms(z, label_terms(y, z.size(), o), o);
}

double cross_entropy(Row z, Row t, const RowOptions& o) {
  return loss_of_terms(z, target_terms(t, o), o);
}

std::vector<double> cross_entropy_gradient(Row z, std::size_t y, const RowOptions& o) {
  return gradient_of_terms(z, label_terms(y, z.size(), o), o);
}

std::vector<double> cross_entropy_gradient(Row z, Row t, const RowOptions& o) {
  return gradient_of_terms(z, target_terms(t, o), o);
}

std::vector<double> cross_entropy_target_gradient(Row z, Row t, const RowOptions& o) {
  const std::vector<double> l = log_softmax(transformed(z, o));
  const double row = weighs_rows(o) ? mean_class_weight(t, o) : 0;
  std::vector<double> g(z.size());
  for (std::size_t k = 0; k < z.size(); ++k) {
    const double c = o.row_weight * (weighs_rows(o) ? row : class_weight(k, o));
    g[k] = product(c, (1 - o.label_smoothing) * -l[k]);
  }
  return g;
}

double total_weight(std::size_t y, const RowOptions& o) {
  return o.row_weight * class_weight(y, o);
}

double total_weight(Row t, const RowOptions& o) {
  double s = 0;
  for (std::size_t j = 0; j < t.size(); ++j) s += t[j] * class_weight(j, o);
  return o.row_weight * s;
}

double loss_of_probabilities(Row p, Row b) {
  double loss = 0;
  for (std::size_t j = 0; j < p.size(); ++j) loss += product(b[j], -std::log(p[j]));
  return loss;
}

double loss_of_log_probabilities(Row l, Row b) {
  double loss = 0;
  for (std::size_t j = 0; j < l.size(); ++j) loss += product(b[j], -l[j]);
  return loss;
}

std::vector<double> gradient_of_probabilities(Row p, Row b) {
  std::vector<double> g(p.size());
  for (std::size_t j = 0; j < p.size(); ++j) g[j] = b[j] == 0 ? 0 : -b[j] / p[j];
  return g;
}

std::vector<double> gradient_of_log_probabilities(Row b) {
  std::vector<double> g(b.size());
  for (std::size_t j = 0; j < b.size(); ++j) g[j] = 0 - b[j];
  return g;
}

}  // namespace crossent::reference
