// The fast gradients against the plain ones of src/reference, which finite differences check: every
// cost, activation and output, in both types, over several lanes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reference/network.h"
#include "train/pass.h"
#include "train/plan.h"
#include "train/random.h"

namespace crossent::training {
namespace {

constexpr std::size_t kRows = 150, kInputs = 5, kOutputs = 3;

struct Case {
  const char* name;
  Cost cost = Cost::cross_entropy;
  SquaredOn on = SquaredOn::probabilities;
  SquaredGradient squared = SquaredGradient::exact;
  double smoothing = 0;
  bool weighted = false;
  bool several = false;  // targets; sigmoid only
  std::size_t classes = kOutputs;
  double gamma = 2;
};

std::vector<Case> cases() {
  return {
      {"cross-entropy"},
      {"smoothed", Cost::cross_entropy, SquaredOn::probabilities, SquaredGradient::exact, 0.1},
      {"weighted", Cost::cross_entropy, SquaredOn::probabilities, SquaredGradient::exact, 0, true},
      {"squared", Cost::squared_error},
      {"squared, weighted", Cost::squared_error, SquaredOn::probabilities, SquaredGradient::exact,
       0, true},
      {"squared, diagonal", Cost::squared_error, SquaredOn::probabilities,
       SquaredGradient::diagonal},
      {"squared on logits", Cost::squared_error, SquaredOn::logits},
      {"focal", Cost::focal},
      {"focal, weighted", Cost::focal, SquaredOn::probabilities, SquaredGradient::exact, 0, true},
      {"several", Cost::cross_entropy, SquaredOn::probabilities, SquaredGradient::exact, 0, false,
       true},
      {"several, squared", Cost::squared_error, SquaredOn::probabilities, SquaredGradient::exact, 0,
       false, true},
      {"two classes", Cost::cross_entropy, SquaredOn::probabilities, SquaredGradient::exact, 0,
       false, false, 2},
      {"two classes, focal", Cost::focal, SquaredOn::probabilities, SquaredGradient::exact, 0, true,
       false, 2},
      {.name = "smoothed to 1", .smoothing = 1},
      {.name = "smoothed, weighted", .smoothing = 0.25, .weighted = true},
      {.name = "focal of 0", .cost = Cost::focal, .gamma = 0},
      {.name = "focal of 1/2, weighted", .cost = Cost::focal, .weighted = true, .gamma = 0.5},
      {.name = "several, focal of 1/2", .cost = Cost::focal, .several = true, .gamma = 0.5},
      {.name = "two classes, smoothed to 1", .smoothing = 1, .classes = 2},
      {.name = "two classes, squared", .cost = Cost::squared_error, .classes = 2},
      {.name = "two classes, squared, weighted",
       .cost = Cost::squared_error,
       .weighted = true,
       .classes = 2},
      {.name = "two classes, squared on logits",
       .cost = Cost::squared_error,
       .on = SquaredOn::logits,
       .classes = 2}};
}

struct Sample {
  std::vector<double> x;
  std::vector<std::int32_t> label;
  std::vector<float> target;
};

Sample draw(const Case& c) {
  Random random(3, Stream::weights, 17);
  Sample s;
  // Multiples of 1/64: exact in f32 too.
  for (std::size_t k = 0; k < kRows * kInputs; ++k)
    s.x.push_back(std::round(random.normal() * 64) / 64);
  for (std::size_t i = 0; i < kRows; ++i)
    s.label.push_back(static_cast<std::int32_t>(random.below(c.classes)));
  for (std::size_t k = 0; c.several && k < kRows * kOutputs; ++k)
    s.target.push_back(static_cast<float>(random.below(2)));
  return s;
}

template <class T>
class Fixture {
 public:
  Fixture(const Case& c, HiddenActivation activation, Activation output)
      : case_(c), sample_(draw(c)), x_(sample_.x.begin(), sample_.x.end()) {
    options_.hidden = {7, 4};
    options_.activation = activation;
    options_.output = output;
    options_.cost = c.cost;
    options_.squared_on = c.on;
    options_.squared_gradient = c.squared;
    options_.label_smoothing = c.smoothing;
    options_.focal_gamma = c.gamma;
    options_.init = Initialization::normal;
    options_.init_scale = 0.6;
    options_.batch = 1;
    if (c.weighted) options_.class_weight = {0.5, 2, 1.25};
    if (c.weighted) options_.class_weight.resize(c.classes);
    rows_.x = matrix<const T>(x_.data(), kRows, kInputs);
    if (c.several)
      rows_.target = matrix<const float>(sample_.target.data(), kRows, kOutputs);
    else
      rows_.label = sample_.label;
  }

  // The largest difference from the reference, relative to the sum of the terms' magnitudes.
  double worst_error() {
    const Plan plan = make_plan(rows_, case_.classes, options_, false);
    const CheckedRows<T> checked = check_rows(rows_, plan.spec, kInputs, "training");
    const Network<T> network = initial_network<T>(plan);
    std::vector<T> gradient(network.parameters.size());
    Pass<T> pass(plan.architecture, plan.spec, 2);
    const Totals totals = pass.gradient(network, checked.rows, 1.0 / kRows, {}, gradient);
    const Network<double> wide{network.architecture,
                               {network.parameters.begin(), network.parameters.end()}};
    std::vector<double> sum(gradient.size()), size(gradient.size());
    double cost = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
      const reference::Row x = std::span(sample_.x).subspan(i * kInputs, kInputs);
      const reference::RowTarget target = target_of(i, plan.architecture);
      const std::vector<double> g = reference::row_gradient(wide, x, target, options_);
      for (std::size_t k = 0; k < g.size(); ++k) {
        sum[k] += g[k] / kRows;
        size[k] += std::abs(g[k]) / kRows;
      }
      cost +=
          reference::cost(options_.output, reference::forward(wide, x).back(), target, options_);
    }
    double worst = std::abs(totals.cost - cost) / cost;
    const double largest = *std::max_element(size.begin(), size.end());
    for (std::size_t k = 0; k < sum.size(); ++k)
      worst = std::max(worst, std::abs(static_cast<double>(gradient[k]) - sum[k]) /
                                  std::max(size[k], largest / 16));
    return worst;
  }

 private:
  reference::RowTarget target_of(std::size_t i, const Architecture& a) const {
    if (!case_.several)
      return reference::target_of_label(static_cast<std::size_t>(sample_.label[i]), a, options_);
    reference::RowTarget target;
    target.t.assign(sample_.target.begin() + static_cast<std::ptrdiff_t>(i * kOutputs),
                    sample_.target.begin() + static_cast<std::ptrdiff_t>((i + 1) * kOutputs));
    return target;
  }

  Case case_;
  Sample sample_;
  std::vector<T> x_;
  TrainOptions options_;
  TrainingRows<T> rows_;
};

// A gradient's term passes three layers: sums of at most 7 terms, activations within 2 ulp, slopes
// and the cost's own 8 ulp: less than 64 roundings, which the network's weights (up to 2) may
// double at each layer.
template <class T>
constexpr double kBound = 64 * 8 * std::numeric_limits<T>::epsilon();

template <class T>
void expect_agreement() {
  for (const Case& c : cases())
    for (int f = 0; f <= static_cast<int>(HiddenActivation::identity); ++f)
      for (const Activation output : {Activation::softmax, Activation::sigmoid}) {
        if ((c.several || c.classes == 2) && output == Activation::softmax) continue;
        SCOPED_TRACE(std::string(c.name) + ", activation " + std::to_string(f) +
                     (output == Activation::softmax ? ", softmax" : ", sigmoid"));
        EXPECT_LE(Fixture<T>(c, static_cast<HiddenActivation>(f), output).worst_error(), kBound<T>);
      }
}

TEST(Gradient, OfEveryCostActivationAndOutputIsTheReferencesInF64) { expect_agreement<double>(); }
TEST(Gradient, OfEveryCostActivationAndOutputIsTheReferencesInF32) { expect_agreement<float>(); }

}  // namespace
}  // namespace crossent::training
