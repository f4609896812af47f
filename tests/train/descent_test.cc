// The steps of sgd, adam and adamw against the formulas, written out plainly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "train/plain_training.h"

namespace crossent::training {
namespace {

constexpr std::size_t kRows = 23, kInputs = 4, kClasses = 3;

// Exact in f32 too.
double draw(Random& random) { return static_cast<double>(static_cast<float>(random.normal())); }

PlainRows draw_rows() {
  Random random(11, Stream::weights);
  PlainRows rows{.inputs = kInputs};
  for (std::size_t k = 0; k < kRows * kInputs; ++k) rows.x.push_back(draw(random));
  for (std::size_t i = 0; i < kRows; ++i)
    rows.label.push_back(static_cast<std::int32_t>(random.below(kClasses)));
  return rows;
}

// 5 steps an epoch, the last of 3 rows.
TrainOptions base() {
  TrainOptions o;
  o.hidden = {5};
  o.optimizer = Optimizer::sgd;
  o.rate = 0.2;
  o.batch = 5;
  o.epochs = 3;
  o.seed = 7;
  return o;
}

Network<double> draw_network() {
  Random random(12, Stream::weights);
  Network<double> network{.architecture = {kInputs, {5}, kClasses}};
  for (std::size_t k = 0; k < network.architecture.parameters(); ++k)
    network.parameters.push_back(draw(random) / 2);
  network.parameters[3] = 0;  // where |w| has no slope
  return network;
}

// How far two trajectories may part: one has the gradients of the fast path, which are off by 512
// units in the last place of their terms' magnitudes (gradient_test.cc derives them). The plain
// loop run with such an error shows how far an error spreads; 8 for the signs that the random ones
// do not reach, and for the updates' own roundings, fewer than 16 a step.
template <class T>
void expect_the_parameters_of(const PlainTraining& plain, const PlainTraining& off,
                              const PlainRows& rows, const TrainOptions& options) {
  constexpr double kUnit = std::numeric_limits<T>::epsilon();
  const Network<double> begin = draw_network();
  double bound = 512 * kUnit;
  for (std::size_t k = 0; k < begin.parameters.size(); ++k)
    bound = std::max(bound, 8 * std::abs(plain.parameters()[k] - off.parameters()[k]));
  ASSERT_LT(bound, 32768 * kUnit) << "a bound that says nothing";
  const Network<T> start{begin.architecture, {begin.parameters.begin(), begin.parameters.end()}};
  const std::vector<T> x(rows.x.begin(), rows.x.end());
  const TrainingRows<T> given = {matrix(x.data(), kRows, kInputs), rows.label};
  const TrainResult<T> fast = train(given, kClasses, options, {}, {}, &start);
  for (std::size_t k = 0; k < start.parameters.size(); ++k)
    EXPECT_NEAR(fast.network.parameters[k], plain.parameters()[k], bound) << "parameter " << k;
  // The gradient follows the 43 parameters by a slope of about 2: 2 sqrt(43) < 16.
  EXPECT_NEAR(fast.last.gradient_norm, plain.gradient_norm(), 16 * bound);
  EXPECT_DOUBLE_EQ(fast.last.rate, plain.rate());
}

// Returns how many steps are clipped.
std::int64_t expect_the_steps_of_the_formulas(const std::function<void(TrainOptions&)>& change) {
  TrainOptions options = base();
  change(options);
  const PlainRows rows = draw_rows();
  const auto run = [&](double error) {
    PlainTraining plain(rows, options, draw_network(), error);
    plain.run();
    return plain;
  };
  const PlainTraining plain = run(0);
  expect_the_parameters_of<double>(plain, run(512 * std::numeric_limits<double>::epsilon()), rows,
                                   options);
  expect_the_parameters_of<float>(plain, run(512 * std::numeric_limits<float>::epsilon()), rows,
                                  options);
  return plain.clipped();
}

TEST(Descent, BySgdGoesAgainstTheGradient) {
  expect_the_steps_of_the_formulas([](TrainOptions&) {});
}

TEST(Descent, ByMomentumKeepsItsVelocity) {
  expect_the_steps_of_the_formulas([](TrainOptions& o) { o.momentum = 0.8; });
}

TEST(Descent, ByNesterovLooksAhead) {
  expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.momentum = 0.8;
    o.nesterov = true;
  });
}

TEST(Descent, ByAdamCorrectsTheBiasOfItsMoments) {
  expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.optimizer = Optimizer::adam;
    o.rate = 0.02;
  });
  expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.optimizer = Optimizer::adam;
    o.rate = 0.02;
    o.beta1 = 0.7;
    o.beta2 = 0.9;
    o.epsilon = 0.01;
    o.weight_decay = 0.5;  // of adamw only
  });
}

TEST(Descent, ByAdamwDecaysWeightsAndNoBiases) {
  expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.optimizer = Optimizer::adamw;
    o.rate = 0.02;
    o.weight_decay = 0.5;
  });
}

TEST(Descent, PenalisesWeightsAndNoBiases) {
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam})
    expect_the_steps_of_the_formulas([=](TrainOptions& o) {
      o.optimizer = optimizer;
      o.rate = 0.02;
      o.l1 = 0.05;
      o.l2 = 0.2;
    });
}

TEST(Descent, ClipsTheGradientWithItsPenaltiesAndReportsItsNormBefore) {
  const auto clipped_at = [](double norm) {
    return expect_the_steps_of_the_formulas([=](TrainOptions& o) {
      o.l1 = 0.02;
      o.l2 = 0.1;
      o.clip_norm = norm;
    });
  };
  EXPECT_EQ(clipped_at(0.1), 15);
  const std::int64_t some = clipped_at(0.8);
  EXPECT_GE(some, 5);
  EXPECT_LE(some, 10);
  EXPECT_EQ(clipped_at(100), 0);
}

TEST(Descent, WarmsUpStepByStep) {
  expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.warmup_epochs = 2;
    o.schedule = Schedule::cosine;
  });
}

TEST(Descent, WeighsClasses) {
  expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.class_weight = {0.5, 3, 1};
    o.label_smoothing = 0.1;
  });
  expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.class_weight = {0.5, 3, 1};
    o.cost = Cost::squared_error;
  });
}

TEST(Descent, DropsOtherUnitsAtEveryStep) {
  expect_the_steps_of_the_formulas([](TrainOptions& o) { o.dropout = 0.4; });
}

TEST(Descent, TakesBatchesOfAnySize) {
  for (const std::int64_t batch : {1, 22, 23})
    expect_the_steps_of_the_formulas([=](TrainOptions& o) {
      o.batch = batch;
      o.momentum = 0.5;
    });
}

TEST(Descent, DoesEverythingAtOnce) {
  const std::int64_t clipped = expect_the_steps_of_the_formulas([](TrainOptions& o) {
    o.optimizer = Optimizer::adamw;
    o.rate = 0.03;
    o.l1 = 0.01;
    o.l2 = 0.02;
    o.clip_norm = 0.8;
    o.dropout = 0.25;
    o.class_weight = {2, 1, 0.5};
    o.warmup_epochs = 1;
    o.schedule = Schedule::cosine;
  });
  EXPECT_GE(clipped, 5);
  EXPECT_LE(clipped, 14);
}

// ------------------------------------------------------------------------------- the order of rows

// Row i alone has feature i, and the rate of a warm-up names the step: row i's weight has moved by
// the rate of its step times p - t = 1/2. At a rate of 1e-6 p stays 1/2 within 1e-4.
std::vector<double> weights_after(std::int64_t epochs, std::uint64_t seed) {
  constexpr std::size_t n = 40;
  std::vector<double> x(n * n);
  std::vector<std::int32_t> label(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i * n + i] = 1;
    label[i] = static_cast<std::int32_t>(i % 2);
  }
  TrainOptions o;
  o.output = Activation::sigmoid;
  o.optimizer = Optimizer::sgd;
  o.rate = 1e-6;
  o.warmup_epochs = 3;
  o.batch = 1;
  o.epochs = epochs;
  o.seed = seed;
  const TrainingRows<double> rows = {matrix<const double>(x.data(), n, n), label};
  std::vector<double> weights = train(rows, 2, o).network.parameters;
  weights.pop_back();  // the bias
  return weights;
}

// The step, from 0 on, at which an epoch (0-based) saw each row.
std::vector<int> positions(std::int64_t epoch, std::uint64_t seed) {
  const std::vector<double> after = weights_after(epoch + 1, seed);
  const std::vector<double> before =
      epoch == 0 ? std::vector<double>(after.size()) : weights_after(epoch, seed);
  std::vector<int> found;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double step = std::abs(after[i] - before[i]) / (0.5 * 1e-6 / 120) - 1;
    EXPECT_NEAR(step, std::round(step), 0.02);
    found.push_back(static_cast<int>(std::lround(step) - epoch * 40));
  }
  return found;
}

TEST(Descent, SeesEveryRowOnceAnEpochInAnotherOrderEachTime) {
  std::vector<int> in_order(40);
  for (int k = 0; k < 40; ++k) in_order[static_cast<std::size_t>(k)] = k;
  std::vector<std::vector<int>> seen = {in_order};
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) seen.push_back(positions(epoch, 5));
  seen.push_back(positions(0, 6));
  for (std::size_t a = 0; a < seen.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      // Two random orders agree at one place on average; at ten and more once in 4e6 times.
      int same = 0;
      for (std::size_t i = 0; i < 40; ++i) same += seen[a][i] == seen[b][i];
      EXPECT_LT(same, 10) << "orders " << a << " and " << b;
    }
  for (std::vector<int>& order : seen) {
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, in_order);
  }
}

}  // namespace
}  // namespace crossent::training
