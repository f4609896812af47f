// The gradient under dropout against that of a network whose weights hold the mask.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "train/plain_training.h"
#include "train/plan.h"

namespace crossent::training {
namespace {

constexpr std::size_t kRows = 150, kInputs = 5, kClasses = 3;
constexpr std::uint64_t kSeed = 21, kStep = 4;

// Multiples of 1/64: exact in f32 too.
double small(Random& random, double size) { return std::round(random.normal() * 64 * size) / 64; }

template <class T>
class Fixture {
 public:
  Fixture(HiddenActivation activation, double share) : share_(share) {
    Random random(5, Stream::weights);
    rows_.inputs = kInputs;
    for (std::size_t k = 0; k < kRows * kInputs; ++k) rows_.x.push_back(small(random, 1));
    for (std::size_t i = 0; i < kRows; ++i)
      rows_.label.push_back(static_cast<std::int32_t>(random.below(kClasses)));
    x_.assign(rows_.x.begin(), rows_.x.end());
    options_.hidden = {8, 6};
    options_.activation = activation;
    network_.architecture = {kInputs, {8, 6}, kClasses, activation};
    for (std::size_t k = 0; k < network_.architecture.parameters(); ++k)
      network_.parameters.push_back(small(random, 0.5));
  }

  // The cost of all rows, and the gradient of its mean.
  double fast(std::vector<T>& gradient) const {
    const TrainingRows<T> given = {matrix(x_.data(), kRows, kInputs), rows_.label};
    const Plan plan = make_plan(given, kClasses, options_, false);
    const CheckedRows<T> checked = check_rows(given, plan.spec, kInputs, "training");
    const Network<T> narrow{network_.architecture,
                            {network_.parameters.begin(), network_.parameters.end()}};
    gradient.resize(narrow.parameters.size());
    return Pass<T>(plan.architecture, plan.spec, 2)
        .gradient(narrow, checked.rows, 1.0 / kRows, {share_, kSeed, kStep}, gradient)
        .cost;
  }

  // The largest difference, relative to the sum of the terms' magnitudes.
  double worst_error() const {
    std::vector<T> gradient;
    const double fast_cost = fast(gradient);
    std::vector<double> sum(gradient.size()), size(gradient.size());
    double cost = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
      const Mask mask = dropout_mask(network_.architecture, share_, kSeed, kStep, i);
      const reference::RowTarget target = reference::target_of_label(
          static_cast<std::size_t>(rows_.label[i]), network_.architecture, options_);
      const std::vector<double> g = masked_gradient(network_, mask, rows_.row(i), target, options_);
      for (std::size_t k = 0; k < g.size(); ++k) sum[k] += g[k] / kRows;
      for (std::size_t k = 0; k < g.size(); ++k) size[k] += std::abs(g[k]) / kRows;
      const Network<double> thinned = masked(network_, mask);
      cost += reference::cost(options_.output, reference::forward(thinned, rows_.row(i)).back(),
                              target, options_);
    }
    double worst = std::abs(fast_cost - cost) / cost;
    const double largest = *std::max_element(size.begin(), size.end());
    for (std::size_t k = 0; k < sum.size(); ++k)
      worst = std::max(worst, std::abs(static_cast<double>(gradient[k]) - sum[k]) /
                                  std::max(size[k], largest / 16));
    return worst;
  }

 private:
  double share_;
  PlainRows rows_;
  std::vector<T> x_;
  TrainOptions options_;
  Network<double> network_;
};

// As in gradient_test.cc; the factor 1 / (1 - share) rounds once more a layer.
template <class T>
void expect_agreement() {
  for (int f = 0; f <= static_cast<int>(HiddenActivation::identity); ++f)
    for (const double share : {0.25, 0.6}) {
      SCOPED_TRACE("activation " + std::to_string(f) + ", share " + std::to_string(share));
      EXPECT_LE(Fixture<T>(static_cast<HiddenActivation>(f), share).worst_error(),
                64 * 8 * std::numeric_limits<T>::epsilon());
    }
}

TEST(Dropout, HasTheGradientOfTheNetworkWithoutTheDroppedUnitsInF64) { expect_agreement<double>(); }
TEST(Dropout, HasTheGradientOfTheNetworkWithoutTheDroppedUnitsInF32) { expect_agreement<float>(); }

// Hidden outputs of 1 on one row: the gradient to a weight that leaves a unit is that to the bias
// times the unit's factor.
std::vector<double> factors(double share, std::uint64_t seed, std::uint64_t step) {
  constexpr std::size_t kUnits = 200;
  CostSpec spec;
  spec.outputs = 2;
  Network<double> network{.architecture = {1, {kUnits}, 2, HiddenActivation::identity}};
  network.parameters.resize(network.architecture.parameters());
  std::fill_n(network.bias(0).begin(), kUnits, 1);
  const double x = 1;
  const std::int32_t label = 0;
  const RowSet<double> row{.x = &x, .stride = 1, .label = &label, .rows = 1};
  Network<double> gradient = network;
  Pass<double>(network.architecture, spec, 1)
      .gradient(network, row, 1, {share, seed, step}, gradient.parameters);
  std::vector<double> found;
  for (std::size_t j = 0; j < kUnits; ++j)
    found.push_back(gradient.weight(1)(j, 0) / gradient.bias(1)[0]);
  return found;
}

TEST(Dropout, DropsItsShareAndKeepsTheMean) {
  for (const double share : {0.05, 0.3, 0.9}) {
    double n = 0, dropped = 0, sum = 0;
    for (std::uint64_t step = 0; step < 500; ++step)
      for (const double factor : factors(share, kSeed, step)) {
        ++n;
        dropped += factor == 0;
        sum += factor;
      }
    // Binomial, within 4 standard errors.
    const double sd = std::sqrt(share * (1 - share) / n);
    EXPECT_LT(std::abs(dropped / n - share), 4 * sd);
    EXPECT_LT(std::abs(sum / n - 1), 4 * sd / (1 - share));
  }
  EXPECT_EQ(factors(0.5, 1, 1), factors(0.5, 1, 1));
  EXPECT_NE(factors(0.5, 1, 1), factors(0.5, 2, 1));
  EXPECT_NE(factors(0.5, 1, 1), factors(0.5, 1, 2));
}

}  // namespace
}  // namespace crossent::training
