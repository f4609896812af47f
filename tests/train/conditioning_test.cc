#include "train/conditioning.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/data.h"

namespace crossent::training {
namespace {

// Features of unlike place and size, one of them constant.
struct Problem {
  static constexpr std::size_t kRows = 200, kFeatures = 4;
  Architecture architecture{kFeatures, {}, 3};
  std::vector<double> x, parameters;
  RowSet<double> rows;

  Problem() {
    for (std::size_t i = 0; i < kRows; ++i) {
      const double t = std::sin(static_cast<double>(7 * i));
      x.insert(x.end(), {t, 1000 + 5 * t * t, 1e-3 * std::cos(t + static_cast<double>(i)), 42});
    }
    for (std::size_t k = 0; k < architecture.parameters(); ++k)
      parameters.push_back(std::cos(static_cast<double>(3 * k)));
    rows.x = x.data();
    rows.stride = kFeatures;
    rows.rows = kRows;
  }
  Conditioning conditioning(int threads = 1) const {
    return {architecture, rows, 0.25, 1e-6, threads};
  }
};

TEST(Conditioning, KeepsTheBitsOfWeightsThereAndBack) {
  const Problem p;
  const Conditioning c = p.conditioning();
  std::vector<double> inner(p.parameters.size()), back(p.parameters.size());
  c.coordinates(p.parameters, inner.data());
  c.parameters(inner.data(), back);
  for (std::size_t k = 0; k < back.size(); ++k) {
    if (k < p.architecture.weights())
      EXPECT_EQ(back[k], p.parameters[k]);
    else  // a sum of up to 4 terms of about 1000, and back
      EXPECT_NEAR(back[k], p.parameters[k], 8 * 1000 * 0x1p-52);
  }
}

// A linear function of the parameters has the same value by its gradient in either coordinates.
TEST(Conditioning, GivesTheGradientToTheCoordinates) {
  const Problem p;
  const Conditioning c = p.conditioning();
  const std::size_t n = p.parameters.size();
  std::vector<double> inner(n), slope(n), outer(n);
  c.coordinates(p.parameters, inner.data());
  for (std::size_t k = 0; k < n; ++k) outer[k] = std::sin(static_cast<double>(k + 1));
  c.gradient(outer, slope.data());
  double by_parameters = 0, by_coordinates = 0, magnitudes = 0;
  for (std::size_t k = 0; k < n; ++k) {
    by_parameters += outer[k] * p.parameters[k];
    by_coordinates += slope[k] * inner[k];
    magnitudes += std::abs(slope[k] * inner[k]);
  }
  EXPECT_NEAR(by_coordinates, by_parameters, static_cast<double>(n) * magnitudes * 0x1p-52);
}

TEST(Conditioning, MakesFeaturesAlikeAndLeavesAConstantOneInItsPlace) {
  const Problem p;
  const Conditioning c = p.conditioning();
  std::vector<double> one(p.parameters.size()), inner(p.parameters.size());
  for (std::size_t j = 0; j < 3; ++j) one[j * 3] = 1;
  c.coordinates(one, inner.data());
  for (std::size_t j = 0; j < 3; ++j) {
    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < p.kRows; ++i) mean += p.x[i * 4 + j] / p.kRows;
    for (std::size_t i = 0; i < p.kRows; ++i)
      squares += (p.x[i * 4 + j] - mean) * (p.x[i * 4 + j] - mean) / p.kRows;
    const double scale = inner[j * 3] / std::sqrt(squares + 1e-6 / 0.25);
    EXPECT_GE(scale, std::sqrt(0.5)) << j;  // the power of 2 that is nearest
    EXPECT_LE(scale, std::sqrt(2)) << j;
  }
  std::fill(one.begin(), one.end(), 0.0);
  one[9] = 1;
  c.coordinates(one, inner.data());
  EXPECT_EQ(inner[9], 32);
  EXPECT_EQ(inner[12], 0);
}

TEST(Conditioning, HasTheSameBitsForEveryNumberOfThreads) {
  const Data digits = read_data("digits.csv");
  const Architecture architecture{digits.features, {}, digits.classes};
  RowSet<double> rows;
  rows.x = digits.x.data();
  rows.stride = static_cast<std::ptrdiff_t>(digits.features);
  rows.rows = digits.rows;
  const std::vector<double> ones(architecture.parameters(), 1);
  std::vector<double> first(ones.size()), other(ones.size());
  Conditioning(architecture, rows, 0.09, 1e-3, 1).coordinates(ones, first.data());
  for (const int threads : {2, 3, 7}) {
    Conditioning(architecture, rows, 0.09, 1e-3, threads).coordinates(ones, other.data());
    EXPECT_EQ(first, other) << threads;
  }
}

// Unconditioned it takes 10 times as many, and ends before the gradient is that small.
TEST(Conditioning, TakesLbfgsToTheOptimumOfRawColumns) {
  const Data wine = read_data("wine.csv");
  TrainOptions options;
  options.optimizer = Optimizer::lbfgs;
  options.l2 = 1 / 178.;
  const TrainResult<double> r = train(wine.training(), wine.classes, options);
  EXPECT_EQ(r.status, TrainStatus::converged);
  EXPECT_LE(r.largest_gradient, 1e-9);
  EXPECT_LT(r.epochs, 1000);
}

}  // namespace
}  // namespace crossent::training
