// Squared error against cross-entropy on the digits: 64-30-10, sigmoid hidden units and outputs,
// weights and biases from N(0, 1), batches of 10, 30 epochs; a random split into 1000 rows to learn
// from and the others to test for every seed. Prints "cost, rate, seed, accuracy" of the test rows
// after the last epoch; scripts/digits_costs.py makes a table of it.
//
//   digits_costs DIGITS.csv SEEDS
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <random>
#include <vector>

#include "crossent/samples.h"
#include "crossent/train.h"

namespace {

using crossent::Cost;

struct Setting {
  Cost cost;
  double rate;
};
constexpr Setting kSettings[] = {
    {Cost::cross_entropy, .25}, {Cost::cross_entropy, .5}, {Cost::cross_entropy, 1},
    {Cost::cross_entropy, 2},   {Cost::squared_error, .5}, {Cost::squared_error, 1},
    {Cost::squared_error, 3},   {Cost::squared_error, 5},  {Cost::squared_error, 10}};
constexpr std::size_t kTrainingRows = 1000;

struct Digits {
  std::size_t features = 0, classes = 0;
  std::vector<float> x;
  std::vector<std::int32_t> label;

  crossent::TrainingRows<float> rows() const {
    return {crossent::matrix<const float>(x.data(), label.size(), features), label};
  }
};

Digits read_digits(const char* path) {
  crossent::SampleOptions options;
  options.targets = {"label"};
  const crossent::Samples samples = crossent::read_samples(path, options);
  Digits digits{samples.columns.size(), samples.classes.size(), {}, samples.labels};
  for (const double pixel : samples.numbers) digits.x.push_back(static_cast<float>(pixel / 16));
  return digits;
}

Digits part_of(const Digits& all, const std::vector<std::size_t>& order, std::size_t begin,
               std::size_t end) {
  Digits part{all.features, all.classes, {}, {}};
  for (std::size_t i = begin; i < end; ++i) {
    const float* row = all.x.data() + order[i] * all.features;
    part.x.insert(part.x.end(), row, row + all.features);
    part.label.push_back(all.label[order[i]]);
  }
  return part;
}

double accuracy(const Digits& digits, const Setting& setting, std::uint64_t seed) {
  std::vector<std::size_t> order(digits.label.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  const Digits training = part_of(digits, order, 0, kTrainingRows);
  const Digits test = part_of(digits, order, kTrainingRows, order.size());
  crossent::TrainOptions o;
  o.hidden = {30};
  o.activation = crossent::HiddenActivation::sigmoid;
  o.output = crossent::Activation::sigmoid;
  o.cost = setting.cost;
  o.optimizer = crossent::Optimizer::sgd;
  o.rate = setting.rate;
  o.batch = 10;
  o.epochs = 30;
  o.evaluate_every = o.epochs;
  o.init = crossent::Initialization::normal;
  o.seed = seed;
  o.threads = 1;
  const auto result = crossent::train<float>(training.rows(), digits.classes, o);
  return crossent::score<float>(result.network, test.rows(), o).accuracy;
}

void run(const char* path, int seeds) {
  const Digits digits = read_digits(path);
  const int settings = static_cast<int>(std::size(kSettings));
  std::vector<double> found(static_cast<std::size_t>(settings * seeds));
#pragma omp parallel for schedule(dynamic)
  for (int k = 0; k < settings * seeds; ++k)
    found[static_cast<std::size_t>(k)] =
        accuracy(digits, kSettings[k / seeds], static_cast<std::uint64_t>(k % seeds));
  for (int k = 0; k < settings * seeds; ++k) {
    const Setting& s = kSettings[k / seeds];
    std::printf("%s, %g, %d, %.17g\n",
                s.cost == Cost::cross_entropy ? "cross-entropy" : "squared error", s.rate,
                k % seeds, found[static_cast<std::size_t>(k)]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int seeds = argc == 3 ? std::atoi(argv[2]) : 0;
  if (seeds < 1) {
    std::fprintf(stderr, "usage: digits_costs DIGITS.csv SEEDS\n");
    return 2;
  }
  try {
    run(argv[1], seeds);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "digits_costs: %s\n", e.what());
    return 1;
  }
}
