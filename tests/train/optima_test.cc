// Optima that do not depend on the implementation: softmax regression, J = mean cross-entropy +
// l2 / 2 |W|^2, found again to nine digits.
#include <gtest/gtest.h>

#include "train/data.h"

namespace crossent {
namespace {

struct Optimum {
  const char* name;
  Data data;
  double l2, objective, cross_entropy;
  std::int64_t correct;
};

std::vector<Optimum> optima() {
  return {{"iris raw", read_data("iris.csv"), 1 / 150., .1925754440, .1196366780, 146},
          {"iris standardised", standardised(read_data("iris.csv")), .01, .2436772266, .1532648632,
           144},
          {"wine standardised", standardised(read_data("wine.csv")), 1 / 178., .0679232347,
           .0318615461, 178},
          {"digits / 16", scaled(read_data("digits.csv"), 1 / 16.), 1 / 1797., .1995264039,
           .1064327299, 1770}};
}

constexpr double kNineDigits = 0.5e-9;

TEST(Optima, AreReachedToNineDigitsByLbfgsFromTwoStarts) {
  for (const Optimum& o : optima()) {
    TrainOptions options;
    options.optimizer = Optimizer::lbfgs;
    options.l2 = o.l2;
    for (const Initialization init : {Initialization::zero, Initialization::normal}) {
      options.init = init;
      options.seed = 7;
      const TrainResult<double> r = train(o.data.training(), o.data.classes, options);
      SCOPED_TRACE(std::string(o.name) + ", start " + std::to_string(static_cast<int>(init)));
      EXPECT_EQ(r.status, TrainStatus::converged);
      EXPECT_LE(r.largest_gradient, 1e-9);
      EXPECT_NEAR(r.last.objective, o.objective, kNineDigits);
      EXPECT_NEAR(r.last.training.cross_entropy, o.cross_entropy, kNineDigits);
      EXPECT_EQ(r.last.training.correct, o.correct);
    }
  }
}

// Full batches come down to the optimum by plain descent too. Raw columns and pixels are badly
// conditioned: sgd needs a momentum that carries it along the valley.
TEST(Optima, AreReachedToFourDigitsBySgdAndAdam) {
  for (const Optimum& o : optima()) {
    const bool large = o.data.rows > 1000;
    for (const bool sgd : {true, false}) {
      SCOPED_TRACE(std::string(o.name) + (sgd ? ", sgd" : ", adam"));
      TrainOptions options;
      options.optimizer = sgd ? Optimizer::sgd : Optimizer::adam;
      options.l2 = o.l2;
      options.batch = static_cast<std::int64_t>(o.data.rows);
      options.rate = sgd && large ? 2 : 0.1;
      options.momentum = !sgd ? 0 : large ? 0.97 : 0.99;
      options.nesterov = sgd;
      options.epochs = large ? 400 : 2000;
      options.evaluate_every = options.epochs;
      options.threads = 1;  // for hundreds of microseconds a second one gains less than it waits
      const TrainResult<double> r = train(o.data.training(), o.data.classes, options);
      EXPECT_EQ(r.status, TrainStatus::finished);
      EXPECT_NEAR(r.last.objective, o.objective, 1e-4);
    }
  }
}

}  // namespace
}  // namespace crossent
