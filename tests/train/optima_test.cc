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

// Full batches come down to the optimum by plain descent too; what is left is the rate's.
TEST(Optima, AreReachedToFourDigitsBySgdAndAdam) {
  const Optimum o = optima()[1];
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam}) {
    TrainOptions options;
    options.optimizer = optimizer;
    options.l2 = o.l2;
    options.batch = static_cast<std::int64_t>(o.data.rows);
    options.rate = optimizer == Optimizer::sgd ? 0.5 : 0.02;
    options.momentum = optimizer == Optimizer::sgd ? 0.9 : 0;
    options.epochs = 1000;
    options.evaluate_every = 1000;
    const TrainResult<double> r = train(o.data.training(), o.data.classes, options);
    EXPECT_EQ(r.status, TrainStatus::finished);
    EXPECT_NEAR(r.last.objective, o.objective, 1e-4);
  }
}

}  // namespace
}  // namespace crossent
