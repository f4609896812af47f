#include "crossent/train.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>

#include "train/data.h"
#include "train/plan.h"

namespace crossent {
namespace {

const Data& iris() {
  static const Data data = standardised(read_data("iris.csv"));
  return data;
}

std::string refused_argument(const std::function<void()>& call) {
  try {
    call();
  } catch (const ValueError& e) {
    return e.argument + ": " + e.what();
  }
  return "not refused";
}

TEST(Train, RefusesOptionsByNameValueAndRange) {
  const auto with = [](const std::function<void(TrainOptions&)>& change) {
    TrainOptions options;
    change(options);
    return refused_argument([&] { train(iris().training(), 3, options); });
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(with([](auto& o) { o.rate = -1; }), "rate: [train] rate = -1 is outside [0, inf)");
  EXPECT_EQ(with([&](auto& o) { o.rate = nan; }), "rate: [train] rate = nan is outside [0, inf)");
  EXPECT_EQ(with([](auto& o) { o.momentum = 1; }),
            "momentum: [train] momentum = 1 is outside [0, 1)");
  EXPECT_EQ(with([](auto& o) { o.batch = 151; }),
            "batch: [train] batch = 151 is outside [1, 150], the training rows");
  EXPECT_EQ(with([](auto& o) { o.batch = -1; }),
            "batch: [train] batch = -1 is outside [1, rows] (0: the default)");
  EXPECT_EQ(with([](auto& o) { o.epochs = -1; }).substr(0, 7), "epochs:");
  EXPECT_EQ(with([](auto& o) { o.threads = 100000; }),
            "threads: [train] threads = 100000 is outside [0, 65536]");
  EXPECT_EQ(with([](auto& o) { o.dropout = 1; }), "dropout: [train] dropout = 1 is outside [0, 1)");
  EXPECT_EQ(with([](auto& o) {
              o.hidden = {4, 0};
            }),
            "hidden: [train] hidden[1] = 0 is outside [1, 2^24]");
  EXPECT_EQ(with([](auto& o) {
              o.class_weight = {1, 2};
            }),
            "class_weight: [train] class_weight has 2 values, but there are 3 classes");
  EXPECT_EQ(with([](auto& o) {
              o.class_weight = {1, -2, 1};
            }),
            "class_weight: [train] class_weight[1] = -2 is neither 0 nor in [1e-9, 1e9]");
  EXPECT_EQ(with([](auto& o) { o.early_stop = 2; }).substr(0, 11), "early_stop:");
  EXPECT_EQ(with([](auto& o) { o.nesterov = true; }).substr(0, 9), "nesterov:");
  EXPECT_EQ(with([](auto& o) {
              o.cost = Cost::focal;
              o.label_smoothing = 0.1;
            }).substr(0, 16),
            "label_smoothing:");
  EXPECT_EQ(with([](auto& o) {
              o.optimizer = Optimizer::lbfgs;
              o.dropout = 0.1;
            }).substr(0, 8),
            "dropout:");
  EXPECT_EQ(with([](auto& o) {
              o.hidden = {4};
              o.init = Initialization::zero;
            }).substr(0, 5),
            "init:");
}

TEST(Train, RefusesOptionsThatHaveNoEffect) {
  const auto argument = [](Optimizer optimizer, const std::function<void(TrainOptions&)>& change) {
    TrainOptions options;
    options.optimizer = optimizer;
    change(options);
    const std::string text = refused_argument([&] { train(iris().training(), 3, options); });
    return text.substr(0, text.find(':'));
  };
  EXPECT_EQ(argument(Optimizer::adam, [](auto& o) { o.momentum = 0.9; }), "momentum");
  EXPECT_EQ(argument(Optimizer::lbfgs, [](auto& o) { o.rate = 0.1; }), "rate");
  EXPECT_EQ(argument(Optimizer::lbfgs, [](auto& o) { o.clip_norm = 1; }), "clip_norm");
  EXPECT_EQ(argument(Optimizer::lbfgs, [](auto& o) { o.batch = 10; }), "batch");
  EXPECT_EQ(argument(Optimizer::lbfgs, [](auto& o) { o.schedule = Schedule::cosine; }), "schedule");
  EXPECT_EQ(argument(Optimizer::lbfgs,
                     [](auto& o) {
                       o.cost = Cost::squared_error;
                       o.squared_gradient = SquaredGradient::diagonal;
                     }),
            "squared_gradient");
  EXPECT_EQ(argument(Optimizer::lbfgs, [](auto& o) { o.hidden = {1 << 24, 1 << 24}; }), "hidden");
  EXPECT_EQ(argument(Optimizer::adam, [](auto& o) { o.threads = -1; }), "threads");
  EXPECT_EQ(argument(static_cast<Optimizer>(9), [](auto&) {}), "optimizer");
}

// The layout of a view is the caller's, but rows are read as they lie.
TEST(Train, RefusesRowsThatOverlapAndNetworksWithoutNumbers) {
  const Data& data = iris();
  TrainingRows<double> rows = data.training();
  rows.x.row_stride = 3;
  EXPECT_EQ(refused_argument([&] { train(rows, 3, {}); }),
            "training.x.row_stride: [train] training.x.row_stride = 3 is less than the 4 columns");
  Network<double> network;
  network.architecture.inputs = 4;
  network.architecture.outputs = 3;
  std::vector<double> logits(150 * 3);
  const auto all = matrix(logits.data(), 150, std::size_t{3});
  EXPECT_EQ(refused_argument([&] { network_logits(network, data.training().x, all); }),
            "network: [network_logits] network has 0 parameters, its architecture has 15");
  EXPECT_EQ(refused_argument([&] { score(network, data.training(), {}); }).substr(0, 8),
            "network:");
  EXPECT_EQ(refused_argument([&] { train(data.training(), 3, {}, {}, {}, &network); }).substr(0, 6),
            "start:");
  network.parameters.assign(15, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(refused_argument([&] { train(data.training(), 3, {}, {}, {}, &network); }),
            "start: [train] start has a parameter that is not finite");
}

TEST(Train, TakesFewerRowsThanADefaultBatch) {
  const Data& data = iris();
  const TrainingRows<double> few = {matrix(data.x.data() + 4 * 45, 10, std::size_t{4}),
                                    std::span(data.label).subspan(45, 10)};
  EXPECT_EQ(train(few, 2, {}).status, TrainStatus::finished);
}

TEST(Train, RefusesRowsByPlace) {
  Data data = iris();
  TrainOptions options;
  const auto call = [&] { train(data.training(), 3, options); };
  data.x[4 * 7 + 2] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refused_argument(call), "training.x: [train] training.x[7][2] = inf is not finite");
  data = iris();
  data.label[20] = 3;
  EXPECT_EQ(refused_argument(call),
            "training.label: [train] training.label[20] = 3 is outside [0, 3)");
  data.label.pop_back();
  EXPECT_EQ(refused_argument(call),
            "training.label: [train] training.label has 149 rows, but there are 150");
  data = iris();
  EXPECT_EQ(refused_argument([&] { train(data.training(), 1, options); }).substr(0, 8), "classes:");
  EXPECT_EQ(refused_argument([&] { train(data.training(), 151, options); }).substr(0, 8),
            "classes:");
  std::fill(data.label.begin(), data.label.end(), 1);
  EXPECT_EQ(refused_argument(call).substr(0, 15), "training.label:");
}

TEST(Train, SaysThatSeparableRowsHaveNoOptimum) {
  const Data wine = standardised(read_data("wine.csv"));
  TrainOptions options;
  options.optimizer = Optimizer::lbfgs;
  const TrainResult<double> r = train(wine.training(), 3, options);
  EXPECT_EQ(r.status, TrainStatus::separable);
  EXPECT_EQ(r.last.training.correct, 178);
  options.l2 = 1e-6;
  EXPECT_EQ(train(wine.training(), 3, options).status, TrainStatus::converged);
  options.l2 = 0;
  EXPECT_EQ(train(iris().training(), 3, options).last.training.correct, 148);
}

TEST(Train, KeepsTheLastGoodNetworkWhenItDiverges) {
  TrainOptions options;
  options.hidden = {8};
  options.activation = HiddenActivation::relu;
  options.optimizer = Optimizer::sgd;
  options.rate = 1e30;
  options.epochs = 50;
  const TrainResult<double> r = train(iris().training(), 3, options);
  EXPECT_EQ(r.status, TrainStatus::diverged);
  EXPECT_LT(r.epochs, 50);
  for (const double w : r.network.parameters) EXPECT_TRUE(std::isfinite(w));
  EXPECT_TRUE(std::isfinite(r.last.training.loss));
}

TEST(Train, KeepsTheNetworkOfTheBestValidationLoss) {
  const Data& data = iris();
  TrainOptions options;
  options.hidden = {32};
  options.rate = 0.05;
  options.epochs = 60;
  const TrainingRows<double> few = {matrix(data.x.data() + 4 * 40, 60, std::size_t{4}),
                                    std::span(data.label).subspan(40, 60)};
  const TrainResult<double> r = train(few, 3, options, data.training());
  double best = std::numeric_limits<double>::infinity();
  std::int64_t best_epoch = 0;
  for (const EpochRecord& e : r.history) {
    EXPECT_EQ(e.best, e.validation.loss < best);
    if (e.best) best_epoch = e.epoch;
    best = std::min(best, e.validation.loss);
  }
  EXPECT_EQ(r.best_epoch, best_epoch);
  EXPECT_EQ(r.last.validation.loss, best);
  EXPECT_EQ(score(r.network, data.training(), options).loss, best);
}

TEST(Train, WaitsForALookBeforeItLosesPatience) {
  TrainOptions options;
  options.early_stop = 5;
  options.evaluate_every = 10;
  options.epochs = 200;
  options.rate = 0.02;
  const TrainResult<double> r = train(iris().training(), 3, options, iris().training());
  EXPECT_EQ(r.status, TrainStatus::finished);  // it gets better all the time
  EXPECT_EQ(r.best_epoch, 200);
}

TEST(Train, GivesTheEpochsThatItTookWhenItIsStopped) {
  TrainOptions options;
  options.evaluate_every = 7;
  options.batch = 150;
  std::atomic<bool> stop = false;
  TrainHooks hooks;
  hooks.stop = &stop;
  hooks.checkpoint_epochs = 9;
  hooks.checkpoint = "/dev/null";
  hooks.on_checkpoint = [&](const std::string&) { stop = true; };
  const TrainResult<double> r = train(iris().training(), 3, options, {}, hooks);
  EXPECT_EQ(r.status, TrainStatus::interrupted);
  EXPECT_EQ(r.epochs, 9);
  EXPECT_EQ(r.best_epoch, 9);
  options.evaluate_every = 100;
  stop = false;
  const TrainResult<double> unseen = train(iris().training(), 3, options, iris().training(), hooks);
  EXPECT_EQ(unseen.best_epoch, 9);
  EXPECT_EQ(unseen.network.parameters, r.network.parameters);
}

TEST(Train, CallsAValidationLossThatIsNotFiniteADivergence) {
  Data far = iris();
  far.x[0] = 1e308;
  far.x[1] = -1e308;
  TrainOptions options;
  options.rate = 1;
  const TrainResult<double> r = train(iris().training(), 3, options, far.training());
  EXPECT_EQ(r.status, TrainStatus::diverged);
}

TEST(Train, LooksAtRowsEverySoManyEpochsAndAtTheLast) {
  TrainOptions options;
  options.epochs = 10;
  options.evaluate_every = 4;
  std::vector<std::int64_t> seen;
  for (const EpochRecord& e : train(iris().training(), 3, options).history) seen.push_back(e.epoch);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{4, 8, 10}));
}

TEST(Train, TracksCrossEntropyAndSquaredErrorBoth) {
  TrainOptions options;
  options.epochs = 30;
  options.cost = Cost::squared_error;
  const TrainResult<double> r = train(iris().training(), 3, options);
  const Scores& s = r.last.training;
  EXPECT_DOUBLE_EQ(s.loss, s.squared_error / 2);
  options.cost = Cost::cross_entropy;
  const Scores plain = score(r.network, iris().training(), options);
  EXPECT_EQ(plain.loss, s.cross_entropy);
  EXPECT_EQ(plain.squared_error, s.squared_error);
}

TEST(Train, WeighsClassesAsIfTheirRowsWereRepeated) {
  Data doubled = iris();
  for (std::size_t i = 0; i < 50; ++i) {  // class 0 twice
    for (std::size_t j = 0; j < 4; ++j) doubled.x.push_back(doubled.x[i * 4 + j]);
    doubled.label.push_back(0);
  }
  doubled.rows = 200;
  TrainOptions options;
  options.optimizer = Optimizer::lbfgs;
  options.l2 = 0.02;
  const double twice = train(doubled.training(), 3, options).last.objective;
  options.class_weight = {2, 1, 1};
  EXPECT_NEAR(train(iris().training(), 3, options).last.objective, twice, 1e-12);
}

TEST(Train, DrawsWeightsToZeroUnderL1) {
  TrainOptions options;
  options.optimizer = Optimizer::lbfgs;
  options.l1 = 0.05;
  const TrainResult<double> r = train(iris().training(), 3, options);
  const auto weights = std::span(r.network.parameters).first(12);
  EXPECT_GE(std::count(weights.begin(), weights.end(), 0.0), 4);
  // By descent on the same objective; about the kink its steps are as wide as the rate.
  options.optimizer = Optimizer::sgd;
  options.batch = 150;
  options.rate = 0.5;
  options.schedule = Schedule::cosine;
  options.epochs = 3000;
  options.evaluate_every = 3000;
  EXPECT_NEAR(train(iris().training(), 3, options).last.objective, r.last.objective, 1e-3);
}

TEST(Train, FindsUnitsThatCannotLearn) {
  TrainOptions options;
  options.hidden = {16};
  options.activation = HiddenActivation::relu;
  options.epochs = 1;
  options.rate = 1e-9;
  Network<double> start;
  start.architecture.inputs = 4;
  start.architecture.hidden.assign(1, 16);
  start.architecture.outputs = 3;
  start.architecture.activation = HiddenActivation::relu;
  start.parameters.assign(start.architecture.parameters(), 0.1);
  for (std::size_t j = 0; j < 5; ++j) start.bias(0)[j] = -1e3;
  EXPECT_EQ(train(iris().training(), 3, options, {}, {}, &start).health[0].dead, 5U);
  options.activation = HiddenActivation::sigmoid;
  start.architecture.activation = HiddenActivation::sigmoid;
  EXPECT_DOUBLE_EQ(train(iris().training(), 3, options, {}, {}, &start).health[0].saturated_share,
                   5 / 16.);
}

TEST(Train, LearnsSeveralTargetsAtOnce) {
  const Data& data = iris();
  std::vector<float> target;
  for (const std::int32_t y : data.label) {
    target.push_back(y == 0 ? 1.F : 0.F);
    target.push_back(y != 1 ? 1.F : 0.F);
  }
  TrainingRows<double> rows = data.training();
  rows.label = {};
  rows.target = matrix<const float>(target.data(), 150, 2);
  TrainOptions options;
  EXPECT_EQ(refused_argument([&] { train(rows, 2, options); }).substr(0, 7), "output:");
  options.output = Activation::sigmoid;
  TrainOptions linear = options;
  linear.optimizer = Optimizer::lbfgs;
  TrainingRows<double> one = rows;  // setosa alone can be told apart by a plane
  std::vector<float> twice;
  for (const std::int32_t y : data.label) twice.insert(twice.end(), 2, y == 0 ? 1.F : 0.F);
  one.target = matrix<const float>(twice.data(), 150, 2);
  EXPECT_EQ(train(one, 2, linear).status, TrainStatus::separable);
  EXPECT_NE(train(rows, 2, linear).status, TrainStatus::separable);
  options.hidden = {8};
  options.rate = 0.02;
  const TrainResult<double> r = train(rows, 2, options);
  EXPECT_EQ(r.network.architecture.outputs, 2U);
  EXPECT_GE(r.last.training.correct, 285);  // of 300
  EXPECT_LT(r.last.training.loss, baseline(rows, 2, Activation::sigmoid));
}

TEST(Train, KnowsTheLossOfAModelThatKnowsNothing) {
  EXPECT_NEAR(baseline(iris().training(), 3, Activation::softmax), std::log(3.), 1e-15);
  EXPECT_NEAR(baseline(read_data("digits.csv").training(), 10, Activation::softmax), 2.302479220968,
              1e-12);
  const double third = -(std::log(1 / 3.) / 3 + 2 * std::log(2 / 3.) / 3);
  EXPECT_NEAR(baseline(iris().training(), 3, Activation::sigmoid), 3 * third, 1e-14);
}

TEST(Rate, WarmsUpStepsAndFollowsTheCosine) {
  training::Plan plan;
  plan.options.rate = 1;
  plan.options.epochs = 10;
  plan.options.warmup_epochs = 2;
  EXPECT_DOUBLE_EQ(plan.rate(0, 0, 4), 1 / 8.);
  EXPECT_DOUBLE_EQ(plan.rate(1, 3, 4), 1);
  EXPECT_DOUBLE_EQ(plan.rate(2, 0, 4), 1);
  plan.options.schedule = Schedule::step;
  plan.options.schedule_factor = 0.5;
  plan.options.schedule_epochs = 3;
  EXPECT_DOUBLE_EQ(plan.rate(4, 3, 4), 1);
  EXPECT_DOUBLE_EQ(plan.rate(5, 0, 4), 0.5);
  EXPECT_DOUBLE_EQ(plan.rate(8, 0, 4), 0.25);
  plan.options.schedule = Schedule::cosine;
  EXPECT_DOUBLE_EQ(plan.rate(2, 0, 4), 1);
  EXPECT_DOUBLE_EQ(plan.rate(6, 0, 4), 0.5);
  EXPECT_GT(plan.rate(9, 3, 4), 0);
}

}  // namespace
}  // namespace crossent
