// What score() says of rows against the formulas, on the plain costs of src/reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "train/plain_training.h"

namespace crossent::training {
namespace {

constexpr std::size_t kInputs = 4, kClasses = 3;

// Rows enough for several lanes and a last tile that is not full.
struct Judged {
  explicit Judged(std::size_t count) {
    Random random(8, Stream::weights);
    rows.inputs = kInputs;
    for (std::size_t k = 0; k < count * kInputs; ++k) rows.x.push_back(random.normal());
    for (std::size_t i = 0; i < count; ++i)
      rows.label.push_back(static_cast<std::int32_t>(random.below(kClasses)));
    network.architecture = {kInputs, {5}, kClasses};
    for (std::size_t k = 0; k < network.architecture.parameters(); ++k)
      network.parameters.push_back(random.normal());
  }

  Scores fast() const {
    return score(network, {matrix(rows.x.data(), rows.rows(), kInputs), rows.label}, options);
  }

  PlainRows rows;
  Network<double> network;
  TrainOptions options;
};

// L = sum w l / sum w, and se^2 = N / (N - 1) sum w^2 (l - L)^2 / (sum w)^2, N the rows of a weight
// above 0. `costs` are w l.
struct Mean {
  double loss = 0, se = 0, largest = 0, weight = 0;

  explicit Mean(const Judged& j) {
    std::vector<double> costs, weights;
    double sum = 0;
    for (std::size_t i = 0; i < j.rows.rows(); ++i) {
      const auto y = static_cast<std::size_t>(j.rows.label[i]);
      const Architecture& a = j.network.architecture;
      weights.push_back(j.options.class_weight.empty() ? 1 : j.options.class_weight[y]);
      costs.push_back(reference::cost(a.output, reference::forward(j.network, j.rows.row(i)).back(),
                                      reference::target_of_label(y, a, j.options), j.options));
      sum += costs[i];
      weight += weights[i];
      largest = std::max(largest, costs[i]);
    }
    loss = sum / weight;
    double squares = 0;
    for (std::size_t i = 0; i < costs.size(); ++i)
      squares += (costs[i] - weights[i] * loss) * (costs[i] - weights[i] * loss);
    const auto n = static_cast<double>(weights.size()) -
                   static_cast<double>(std::count(weights.begin(), weights.end(), 0.0));
    se = std::sqrt(n / (n - 1) * squares) / weight;
  }
};

// Every cost may be off by 512 units in the last place (gradient_test.cc), and a norm by the norm
// of what its vector is off by: sqrt(N) of the largest, twice because L is off too. 512 more units
// cover the sums of up to 700 terms, which are compensated or cut into tiles of 64.
void expect_the_formula(const Judged& judged) {
  const Mean plain(judged);
  const Scores fast = judged.fast();
  const auto n = static_cast<double>(judged.rows.rows());
  const double unit = 512 * std::numeric_limits<double>::epsilon();
  EXPECT_NEAR(fast.loss, plain.loss, unit * plain.largest * n / plain.weight);
  EXPECT_NEAR(fast.loss_se, plain.se,
              unit * (2 * plain.largest * n / plain.weight / std::sqrt(n - 1) + plain.se));
}

TEST(Score, HasTheStandardErrorOfTheMeanLoss) {
  for (const std::size_t rows : {2U, 63U, 150U, 700U}) {
    Judged judged(rows);
    for (const Cost cost : {Cost::cross_entropy, Cost::squared_error, Cost::focal}) {
      SCOPED_TRACE(std::to_string(rows) + " rows, cost " + std::to_string(static_cast<int>(cost)));
      judged.options.cost = cost;
      expect_the_formula(judged);
    }
  }
}

TEST(Score, HasTheStandardErrorOfTheMeanOverTheClassWeights) {
  for (const std::size_t rows : {20U, 150U, 700U}) {
    Judged judged(rows);
    judged.options.class_weight = {0.25, 4, 0};
    for (const Cost cost : {Cost::cross_entropy, Cost::squared_error, Cost::focal}) {
      SCOPED_TRACE(std::to_string(rows) + " rows, cost " + std::to_string(static_cast<int>(cost)));
      judged.options.cost = cost;
      expect_the_formula(judged);
    }
  }
}

TEST(Score, HasNoStandardErrorOfOneRow) {
  EXPECT_TRUE(std::isnan(Judged(1).fast().loss_se));
  EXPECT_TRUE(std::isfinite(Judged(1).fast().loss));
}

TEST(Score, OfWeightsThatAreAllTheSameIsThatOfNone) {
  Judged judged(150);
  const Scores none = judged.fast();
  judged.options.class_weight = {2, 2, 2};
  EXPECT_DOUBLE_EQ(judged.fast().loss, none.loss);
  EXPECT_DOUBLE_EQ(judged.fast().loss_se, none.loss_se);
}

}  // namespace
}  // namespace crossent::training
