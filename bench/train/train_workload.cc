// Trains what its command line says, once for every line of standard input, and answers each with a
// line of JSON: so that bench/peers/train_peers.py can let it and its peers take turns.
//
//   train_workload data=FILE target=NAME-OR-FILE [scale=F] [rows=N] [type=f32|f64] [hidden=N]
//     [optimizer=adam|lbfgs] [batch=N] [epochs=N] [rate=F] [l2=F] [tolerance=F] [threads=N]
//     [weights=FILE]   the parameters of the last training, as f64
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "bench/arguments.h"
#include "bench/train/memory.h"
#include "crossent/cpu.h"
#include "crossent/samples.h"
#include "crossent/train.h"

namespace {

using crossent::TrainOptions;
using crossent::bench::Arguments;

struct Workload {
  std::string data, target, type, weights;
  double scale = 1;
  std::int64_t rows = 0;  // the first so many; 0: all
  TrainOptions options;
};

Workload workload_of(Arguments& a) {
  Workload w;
  w.data = a.text("data", "");
  w.target = a.text("target", "label");
  w.type = a.text("type", "f64");
  w.weights = a.text("weights", "");
  w.scale = a.number("scale", 1);
  w.rows = a.integer("rows", 0);
  TrainOptions& o = w.options;
  if (const std::int64_t units = a.integer("hidden", 0); units > 0)
    o.hidden = {static_cast<std::size_t>(units)};
  o.activation = crossent::HiddenActivation::relu;
  if (!o.hidden.empty()) o.init = crossent::Initialization::glorot;
  o.optimizer = a.text("optimizer", "adam") == "lbfgs" ? crossent::Optimizer::lbfgs
                                                       : crossent::Optimizer::adam;
  o.batch = a.integer("batch", o.batch);
  o.epochs = a.integer("epochs", o.epochs);
  o.evaluate_every = o.epochs > 0 ? o.epochs : 1;
  o.rate = a.number("rate", o.rate);
  o.l2 = a.number("l2", 0);
  o.tolerance = a.number("tolerance", o.tolerance);
  o.threads = static_cast<int>(a.integer("threads", 1));
  a.refuse_others();
  return w;
}

template <class T>
void save(const std::string& path, const std::vector<T>& parameters) {
  std::ofstream file(path, std::ios::binary);
  for (const T p : parameters) {
    const double value = static_cast<double>(p);
    file.write(reinterpret_cast<const char*>(&value), sizeof value);
  }
}

// Of all threads of this process: what a busy machine lengthens least.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <class T>
void repeat(const Workload& w, std::vector<T> x, std::size_t features,
            std::vector<std::int32_t> label, std::size_t classes) {
  using Clock = std::chrono::steady_clock;
  using crossent::bench::memory;
  TrainOptions options = w.options;
  const crossent::TrainingRows<T> rows{crossent::matrix<const T>(x.data(), label.size(), features),
                                       label};
  for (std::string line; std::getline(std::cin, line); ++options.seed) {
    crossent::bench::reset_peak();
    const std::size_t before = memory("VmRSS");
    const double cpu_begin = cpu_seconds();
    const auto begin = Clock::now();
    const crossent::TrainResult<T> r = crossent::train<T>(rows, classes, options);
    const std::chrono::duration<double> took = Clock::now() - begin;
    const double cpu = cpu_seconds() - cpu_begin;
    std::printf(
        "{\"seconds\": %.9f, \"cpu_seconds\": %.9f, \"epochs\": %lld, \"objective\": %.12g, "
        "\"cross_entropy\": %.12g, "
        "\"correct\": %lld, \"gradient_norm\": %.6g, "
        "\"threads\": %d, \"simd\": \"%s\", \"data_bytes\": %zu, \"memory_beyond\": %zu}\n",
        took.count(), cpu, static_cast<long long>(r.epochs), r.last.objective,
        r.last.training.cross_entropy, static_cast<long long>(r.last.training.correct),
        r.last.gradient_norm, options.threads, crossent::simd_target().c_str(),
        x.size() * sizeof(T), memory("VmHWM") - before);
    std::fflush(stdout);
    if (!w.weights.empty()) save(w.weights, r.network.parameters);
  }
}

void run(const Workload& w) {
  crossent::SampleOptions reading;
  reading.targets = {w.target};
  crossent::Samples samples = crossent::read_samples(w.data, reading);
  if (w.rows > 0) {
    samples.rows = std::min(samples.rows, static_cast<std::size_t>(w.rows));
    samples.numbers.resize(samples.rows * samples.columns.size());
    samples.numbers.shrink_to_fit();
    samples.labels.resize(samples.rows);
  }
  const std::size_t features = samples.columns.size(), classes = samples.classes.size();
  for (double& v : samples.numbers) v *= w.scale;
  if (w.type == "f64")
    return repeat<double>(w, std::move(samples.numbers), features, std::move(samples.labels),
                          classes);
  std::vector<float> x(samples.numbers.begin(), samples.numbers.end());
  samples.numbers = {};
  repeat<float>(w, std::move(x), features, std::move(samples.labels), classes);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Arguments arguments(argc, argv);
    run(workload_of(arguments));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "train_workload: %s\n", e.what());
    return 1;
  }
}
