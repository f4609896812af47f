// Training gives the same bits for every number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "crossent/cpu.h"
#include "train/data.h"

namespace crossent {
namespace {

template <class T>
struct Rows {
  explicit Rows(const Data& data) : values(data.x.begin(), data.x.end()), label(data.label) {
    rows = {matrix<const T>(values.data(), data.rows, data.features), label};
  }
  std::vector<T> values;
  std::vector<std::int32_t> label;
  TrainingRows<T> rows;
};

struct Setting {
  const char* name;
  TrainOptions options;
};

// Small enough for a sanitizer, large enough for several lanes and ranges.
std::vector<Setting> settings() {
  TrainOptions o;
  o.hidden = {24};
  o.epochs = 3;
  o.batch = 400;
  o.seed = 5;
  std::vector<Setting> all = {{"adam", o}};
  o.optimizer = Optimizer::adamw;
  o.dropout = 0.25;
  o.activation = HiddenActivation::relu;
  all.push_back({"adamw, dropout", o});
  o = all[0].options;
  o.optimizer = Optimizer::sgd;
  o.momentum = 0.9;
  o.nesterov = true;
  o.l1 = 1e-5;
  o.l2 = 1e-4;
  o.clip_norm = 0.5;
  o.schedule = Schedule::cosine;
  o.warmup_epochs = 1;
  o.activation = HiddenActivation::gelu;
  all.push_back({"sgd, everything", o});
  return all;
}

const Data& digits() {
  static const Data data = scaled(read_data("digits.csv"), 1 / 16.);
  return data;
}

template <class T>
void expect_same_bits_for_any_threads(const TrainOptions& given) {
  const Rows<T> rows(digits());
  TrainOptions options = given;
  options.threads = 1;
  const TrainResult<T> one = train(rows.rows, 10, options, rows.rows);
  for (const int threads : {2, 3, 7}) {
    options.threads = threads;
    const TrainResult<T> many = train(rows.rows, 10, options, rows.rows);
    EXPECT_EQ(one.network.parameters, many.network.parameters) << threads;
    EXPECT_EQ(one.last.training.loss, many.last.training.loss);
    EXPECT_EQ(one.last.validation.loss_se, many.last.validation.loss_se);
    EXPECT_EQ(one.last.training.squared_error, many.last.training.squared_error);
  }
}

TEST(Training, HasTheSameBitsForAnyNumberOfThreads) {
  for (const Setting& s : settings()) {
    SCOPED_TRACE(s.name);
    expect_same_bits_for_any_threads<float>(s.options);
    expect_same_bits_for_any_threads<double>(s.options);
  }
}

template <class T>
std::vector<T> trained(const TrainOptions& options, const char* target) {
  set_simd_target(target);
  const Rows<T> rows(digits());
  std::vector<T> parameters = train(rows.rows, 10, options).network.parameters;
  set_simd_target("");
  return parameters;
}

TEST(Training, HasTheSameBitsOnAvx2AndAvx512) {
  const std::vector<std::string> targets = simd_targets();
  for (const char* name : {"AVX2", "AVX3"})
    if (std::find(targets.begin(), targets.end(), name) == targets.end())
      GTEST_SKIP() << "needs both on this CPU";
  for (const Setting& s : settings()) {
    SCOPED_TRACE(s.name);
    EXPECT_EQ(trained<float>(s.options, "AVX2"), trained<float>(s.options, "AVX3"));
    EXPECT_EQ(trained<double>(s.options, "AVX2"), trained<double>(s.options, "AVX3"));
  }
}

TEST(Training, ByLbfgsHasTheSameBitsForAnyNumberOfThreads) {
  TrainOptions options;
  options.optimizer = Optimizer::lbfgs;
  options.l2 = 1e-3;
  options.epochs = 12;
  expect_same_bits_for_any_threads<double>(options);
  options.l1 = 1e-3;
  expect_same_bits_for_any_threads<double>(options);
}

}  // namespace
}  // namespace crossent
