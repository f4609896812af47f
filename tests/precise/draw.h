#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "precise/batch.h"

// Random soft targets and options of a batch.
namespace crossent::precise {

using Rng = std::mt19937_64;

inline bool one_in(Rng& rng, unsigned n) { return rng() % n == 0; }

// Positive weights, some 0.
inline std::vector<double> weights(std::size_t n, Rng& rng) {
  std::vector<double> w(n);
  for (double& v : w) v = one_in(rng, 8) ? 0 : std::exp(uniform(rng, -3, 3));
  return w;
}

// A distribution over the classes that are left, rounded to T: dense, sparse, or one-hot. Its sum
// is within the rounding of T of 1.
template <class T>
void fill_target(Batch<T>& batch, std::size_t row, Rng& rng) {
  const std::size_t cols = batch.x.cols();
  std::vector<double> t(cols);
  const auto form = rng() % 3;
  double sum = 0;
  for (std::size_t j = 0; j < cols; ++j) {
    const bool drawn = form == 0 || (form == 1 && one_in(rng, 4));
    sum += t[j] = drawn && batch.possible(row, j) ? uniform(rng, 0, 1) : 0;
  }
  if (!(sum > 1e-9)) {
    std::size_t y = rng() % cols;
    while (!batch.possible(row, y)) y = (y + 1) % cols;
    sum = t[y] = 1;
  }
  for (double& v : t) v /= sum;
  batch.target.set_row(row, t);
}

/// Soft targets instead of labels.
template <class T>
void soften(Batch<T>& batch, Rng& rng) {
  batch.label.clear();
  for (std::size_t r = 0; r < batch.x.rows(); ++r) fill_target(batch, r, rng);
  batch.options.checks = Checks::off;  // f16 rows sum to 1 only as well as f16 can
}

/// An option, and how many calls with random options there are to one that has it.
template <class T>
struct RandomOption {
  const char* name;
  unsigned one_in;
  void (*set)(Batch<T>&, Rng&);
};

template <class T>
void draw_smoothing(Batch<T>& batch, Rng& rng) {
  batch.options.label_smoothing = one_in(rng, 4) ? 1 : uniform(rng, 1e-6, 0.5);
  if (one_in(rng, 2)) batch.options.smoothing = Smoothing::per_row;
}

// Every row keeps its label, and a class that is no -inf.
template <class T>
void draw_class_mask(Batch<T>& batch, Rng& rng) {
  std::vector<std::uint8_t> mask(batch.x.cols());
  for (auto& keep : mask) keep = !one_in(rng, 3);
  for (std::size_t r = 0; r < batch.x.rows(); ++r) {
    if (!batch.soft()) mask[static_cast<std::size_t>(batch.label[r])] = 1;
    std::size_t j = rng() % mask.size();
    while (!batch.possible(r, j)) j = (j + 1) % mask.size();
    mask[j] = 1;
  }
  batch.class_mask = mask;
}

/// The options of logits. Targets are drawn after them: they keep to the class mask.
template <class T>
const std::vector<RandomOption<T>>& random_options() {
  using B = Batch<T>;
  static const std::vector<RandomOption<T>> kOptions = {
      {"class weights", 2, [](B& b, Rng& r) { b.class_weight = weights(b.x.cols(), r); }},
      {"row weights", 2, [](B& b, Rng& r) { b.row_weight = weights(b.x.rows(), r); }},
      {"label smoothing", 2, draw_smoothing<T>},
      {"z-loss", 3, [](B& b, Rng& r) { b.options.z_loss = std::pow(10, uniform(r, -6, 0)); }},
      {"temperature", 3,
       [](B& b, Rng& r) { b.options.temperature = std::pow(10, uniform(r, -1, 1)); }},
      {"softcap", 3,
       [](B& b, Rng& r) { b.options.softcap = one_in(r, 2) ? 30 : uniform(r, 1, 60); }},
      {"class mask", 3, draw_class_mask<T>},
      {"upstream", 2, [](B& b, Rng& r) { b.upstream = weights(one_in(r, 2) ? 1 : b.x.rows(), r); }},
      {"mean", 3, [](B& b, Rng& r) {
         b.options.reduction = Reduction::mean;
         b.options.divisor = one_in(r, 2) ? Divisor::rows : Divisor::total_weight;
       }}};
  return kOptions;
}

/// Any of them together.
template <class T>
void draw_options(Batch<T>& batch, Rng& rng) {
  for (const RandomOption<T>& option : random_options<T>())
    if (one_in(rng, option.one_in)) option.set(batch, rng);
}

}  // namespace crossent::precise
