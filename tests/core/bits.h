#pragma once
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "precise/batch.h"

// Calls of cross_entropy under every option, and the bits of their results row by row.
namespace crossent::precise {

using Bits = std::vector<std::uint64_t>;

template <class T>
Bits row_bits(const Output<T>& out, std::size_t row) {
  Bits bits = {bits_of(out.loss[row]), bits_of(out.lse[row]),
               static_cast<std::uint64_t>(out.argmax[row])};
  for (const Matrix<T>* m : {&out.gradient, &out.target_gradient})
    for (std::size_t j = 0; m->rows() != 0 && j < m->cols(); ++j)
      bits.push_back(bits_of((*m)(row, j)));
  return bits;
}

template <class T>
std::vector<Bits> all_rows(const Output<T>& out) {
  std::vector<Bits> rows;
  for (std::size_t r = 0; r < out.loss.size(); ++r) rows.push_back(row_bits(out, r));
  return rows;
}

inline Bits result_bits(const Result& r) {
  return {bits_of(r.sum),
          bits_of(r.divisor),
          bits_of(r.mean),
          static_cast<std::uint64_t>(r.rows),
          static_cast<std::uint64_t>(r.ignored),
          static_cast<std::uint64_t>(r.infinite),
          static_cast<std::uint64_t>(r.clipped),
          static_cast<std::uint64_t>(r.first_infinite)};
}

/// Rows of every kind of logits.
template <class T>
Batch<T> logits_batch(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  constexpr Family kFamilies[] = {Family::normal4,   Family::normal30,  Family::dominant,
                                  Family::near_ties, Family::two_level, Family::staircase,
                                  Family::offset,    Family::late_start};
  std::mt19937_64 rng(seed);
  Batch<T> b(rows, cols, 3, 1);
  for (std::size_t r = 0; r < rows; ++r) {
    b.x.set_row(r, make_row(kFamilies[r % 8], cols, reach_of(TypeInfo<T>::kName), rng));
    b.label[r] = static_cast<std::int64_t>(rng() % cols);
  }
  return b;
}

template <class T>
void use_soft_targets(Batch<T>& b, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  b.label.clear();
  b.options.checks = Checks::off;
  for (std::size_t r = 0; r < b.x.rows(); ++r) {
    std::vector<double> t(b.x.cols());
    double sum = 0;
    for (double& v : t) sum += v = rng() % 3 == 0 ? static_cast<double>(rng() % 1000 + 1) : 0;
    if (sum == 0) sum = t[0] = 1;
    for (double& v : t) v /= sum;
    b.target.set_row(r, t);
  }
}

/// Softmax of what is there.
template <class T>
void use_probabilities(Batch<T>& b, bool logarithms) {
  b.options.kind = logarithms ? Kind::log_probabilities : Kind::probabilities;
  b.options.checks = Checks::off;
  for (std::size_t r = 0; r < b.x.rows(); ++r) {
    RowProblem problem;
    problem.x = b.x.row(r);
    problem.label = 0;
    const auto answer = solve<DD>(problem, {.gradient = false, .probability = true});
    std::vector<double> p;
    for (const DD& v : answer.probability)
      p.push_back(logarithms ? to_double(log_of(v)) : to_double(v));
    b.x.set_row(r, p);
  }
}

inline std::vector<double> some_weights(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::vector<double> w(n);
  for (double& v : w) v = rng() % 9 == 0 ? 0 : 0.1 + static_cast<double>(rng() % 1000) / 300;
  return w;
}

template <class T>
using Change = std::pair<std::string, std::function<void(Batch<T>&)>>;

/// One change for every option, and some together.
template <class T>
std::vector<Change<T>> changes() {
  using B = Batch<T>;
  const auto weigh = [](B& b) {
    b.class_weight = some_weights(b.x.cols(), 1);
    b.row_weight = some_weights(b.x.rows(), 2);
    b.upstream = some_weights(b.x.rows(), 3);
  };
  const auto mask = [](B& b) {
    b.class_mask.assign(b.x.cols(), 1);
    for (std::size_t j = 1; j < b.x.cols(); j += 3) b.class_mask[j] = 0;
    b.row_mask.assign(b.x.rows(), 1);
    for (std::size_t r = 0; r < b.x.rows(); r += 4) b.row_mask[r] = 0;
    b.options.checks = Checks::off;
  };
  return {
      {"plain", [](B&) {}},
      {"weights", weigh},
      {"smoothing", [](B& b) { b.options.label_smoothing = 0.1; }},
      {"weights, smoothing per row",
       [=](B& b) {
         weigh(b);
         b.options.label_smoothing = 0.3;
         b.options.smoothing = Smoothing::per_row;
       }},
      {"masks", mask},
      {"ignored label", [](B& b) { b.options.ignore_index = 1; }},
      {"z-loss", [](B& b) { b.options.z_loss = 1e-3; }},
      {"temperature", [](B& b) { b.options.temperature = 0.7; }},
      {"softcap", [](B& b) { b.options.softcap = 30; }},
      {"soft targets", [](B& b) { use_soft_targets(b, 5); }},
      {"precision f64", [](B& b) { b.options.precision = Precision::f64; }},
      {"everything",
       [=](B& b) {
         weigh(b);
         mask(b);
         use_soft_targets(b, 6);
         b.options.label_smoothing = 0.05;
         b.options.z_loss = 1e-4;
         b.options.temperature = 1.5;
         b.options.softcap = 20;
         b.options.precision = Precision::f64;
       }},
      {"probabilities", [](B& b) { use_probabilities(b, false); }},
      {"clipped probabilities, soft targets",
       [](B& b) {
         use_probabilities(b, false);
         use_soft_targets(b, 7);
         b.options.clip = 1e-6;
       }},
      {"normalized probabilities",
       [](B& b) {
         use_probabilities(b, false);
         b.options.normalize = true;
       }},
      {"log-probabilities", [](B& b) { use_probabilities(b, true); }},
  };
}

/// The batch with only the rows `index`, in that order.
template <class T>
Batch<T> select(const Batch<T>& b, const std::vector<std::size_t>& index) {
  Batch<T> out(index.size(), b.x.cols(), 2, index.size() % 3);
  out.options = b.options;
  out.class_weight = b.class_weight;
  out.class_mask = b.class_mask;
  out.upstream = b.upstream.size() == 1 ? b.upstream : std::vector<double>();
  if (b.soft()) out.label.clear();
  for (std::size_t i = 0; i < index.size(); ++i) {
    const std::size_t r = index[i];
    for (std::size_t j = 0; j < b.x.cols(); ++j) {
      out.x(i, j) = b.x(r, j);
      if (b.soft()) out.target(i, j) = b.target(r, j);
    }
    if (!b.soft()) out.label[i] = b.label[r];
    if (!b.row_weight.empty()) out.row_weight.push_back(b.row_weight[r]);
    if (!b.row_mask.empty()) out.row_mask.push_back(b.row_mask[r]);
    if (b.upstream.size() > 1) out.upstream.push_back(b.upstream[r]);
  }
  return out;
}

}  // namespace crossent::precise
