#include "train/conditioning.h"

#include <algorithm>
#include <cmath>

namespace crossent::training {
namespace {

struct Moments {
  std::vector<double> sum, squares;  // of the differences from the first row
};

Moments moments(const RowSet<double>& rows, std::size_t features, int threads) {
  const std::size_t lanes = lanes_of(rows.rows);
  std::vector<Moments> part(lanes, {std::vector<double>(features), std::vector<double>(features)});
  const double work = static_cast<double>(rows.rows) * static_cast<double>(features);
  for_each_part(lanes, work, threads, [&](std::size_t lane) {
    double* sum = part[lane].sum.data();
    double* squares = part[lane].squares.data();
    const std::size_t end = lane_begin(lane + 1, lanes, rows.rows);
    for (std::size_t i = lane_begin(lane, lanes, rows.rows); i < end; ++i) {
      const double* x = rows.x + static_cast<std::ptrdiff_t>(i) * rows.stride;
      for (std::size_t j = 0; j < features; ++j) {
        const double d = x[j] - rows.x[j];
        sum[j] += d;
        squares[j] += d * d;
      }
    }
  });
  for (std::size_t lane = 1; lane < lanes; ++lane)
    for (std::size_t j = 0; j < features; ++j) {
      part[0].sum[j] += part[lane].sum[j];
      part[0].squares[j] += part[lane].squares[j];
    }
  return part[0];
}

}  // namespace

Conditioning::Conditioning(const Architecture& architecture)
    : inputs_(architecture.inputs),
      units_(architecture.layer_outputs(0)),
      bias_(architecture.weights()) {}

Conditioning::Conditioning(const Architecture& architecture, const RowSet<double>& rows,
                           double curvature, double l2, int threads)
    : Conditioning(architecture) {
  const Moments found = moments(rows, inputs_, threads);
  const auto n = static_cast<double>(rows.rows);
  for (std::size_t j = 0; j < inputs_; ++j) {
    const double shift = found.sum[j] / n, mean = rows.x[j] + shift;
    const double variance = std::max(0.0, found.squares[j] / n - shift * shift);
    // Of a column that hardly varies, the centred gradient would be rounding alone.
    const bool constant = !(variance > 1e-12 * mean * mean);
    const double square = (constant ? mean * mean : variance) + l2 / curvature;
    const bool usable = square > 0 && std::isfinite(square);
    center_.push_back(constant || !usable ? 0 : mean);
    scale_.push_back(usable ? std::exp2(std::round(std::log2(square) / 2)) : 1);
  }
}

void Conditioning::coordinates(std::span<const double> parameters, double* inner) const {
  std::copy(parameters.begin(), parameters.end(), inner);
  for (std::size_t j = 0; j < scale_.size(); ++j)
    for (std::size_t k = 0; k < units_; ++k) {
      const double w = parameters[j * units_ + k];
      inner[j * units_ + k] = w * scale_[j];
      inner[bias_ + k] += center_[j] * w;
    }
}

void Conditioning::parameters(const double* inner, std::span<double> parameters) const {
  std::copy_n(inner, parameters.size(), parameters.begin());
  for (std::size_t j = 0; j < scale_.size(); ++j)
    for (std::size_t k = 0; k < units_; ++k) {
      double& w = parameters[j * units_ + k];
      w /= scale_[j];
      parameters[bias_ + k] -= center_[j] * w;
    }
}

void Conditioning::gradient(std::span<const double> outer, double* inner) const {
  std::copy(outer.begin(), outer.end(), inner);
  for (std::size_t j = 0; j < scale_.size(); ++j)
    for (std::size_t k = 0; k < units_; ++k) {
      double& g = inner[j * units_ + k];
      g = (g - center_[j] * outer[bias_ + k]) / scale_[j];
    }
}

}  // namespace crossent::training
