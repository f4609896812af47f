// Random combinations of options, targets and types against the definitions, on every SIMD target.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "precise/expect_definition.h"
#include "precise/fixtures.h"

namespace crossent::precise {
namespace {

using Rng = std::mt19937_64;

double uniform(Rng& rng, double low, double high) {
  return low + (high - low) * static_cast<double>(rng() >> 11) * 0x1p-53;
}
bool one_in(Rng& rng, unsigned n) { return rng() % n == 0; }

// Positive weights, some 0.
std::vector<double> weights(std::size_t n, Rng& rng) {
  std::vector<double> w(n);
  for (double& v : w) v = one_in(rng, 8) ? 0 : std::exp(uniform(rng, -3, 3));
  return w;
}

// A distribution, rounded to T: dense, sparse, or one-hot. Its sum is within the rounding of T
// of 1.
template <class T>
void fill_target(Batch<T>& batch, std::size_t row, Rng& rng) {
  const std::size_t cols = batch.x.cols();
  std::vector<double> t(cols);
  const auto form = rng() % 3;
  double sum = 0;
  for (double& v : t)
    sum += v = form == 0 || (form == 1 && one_in(rng, 4)) ? uniform(rng, 0, 1) : 0;
  for (std::size_t j = 0; j < cols && !batch.class_mask.empty(); ++j)
    if (batch.class_mask[j] == 0) sum -= std::exchange(t[j], 0.0);
  if (!(sum > 1e-9)) {
    const auto y = batch.class_mask.empty()
                       ? static_cast<std::ptrdiff_t>(rng() % cols)
                       : std::find(batch.class_mask.begin(), batch.class_mask.end(), 1) -
                             batch.class_mask.begin();
    sum = t[static_cast<std::size_t>(y)] = 1;
  }
  for (double& v : t) v /= sum;
  batch.target.set_row(row, t);
}

template <class T>
void choose_options(Batch<T>& batch, Rng& rng) {
  const std::size_t rows = batch.x.rows(), cols = batch.x.cols();
  Options& o = batch.options;
  if (one_in(rng, 2)) batch.class_weight = weights(cols, rng);
  if (one_in(rng, 2)) batch.row_weight = weights(rows, rng);
  if (one_in(rng, 2)) o.label_smoothing = one_in(rng, 4) ? 1 : uniform(rng, 1e-6, 0.5);
  if (one_in(rng, 2)) o.smoothing = Smoothing::per_row;
  if (one_in(rng, 3)) o.z_loss = std::pow(10, uniform(rng, -6, 0));
  if (one_in(rng, 3)) o.temperature = std::pow(10, uniform(rng, -1, 1));
  if (one_in(rng, 3)) o.softcap = one_in(rng, 2) ? 30 : uniform(rng, 1, 60);
  if (one_in(rng, 3)) {
    batch.class_mask.assign(cols, 1);
    for (std::size_t j = 0; j < cols; ++j) batch.class_mask[j] = !one_in(rng, 3);
    for (std::size_t r = 0; r < rows; ++r)  // the largest class and the target stay
      if (!batch.soft()) batch.class_mask[static_cast<std::size_t>(batch.label[r])] = 1;
    batch.class_mask[rng() % cols] = 1;
  }
  if (one_in(rng, 2)) batch.upstream = weights(one_in(rng, 2) ? 1 : rows, rng);
  if (one_in(rng, 3)) {
    o.reduction = Reduction::mean;
    o.divisor = one_in(rng, 2) ? Divisor::rows : Divisor::total_weight;
  }
}

template <class T>
class CrossEntropyOptionsGrid : public EveryType<T> {};
TYPED_TEST_SUITE(CrossEntropyOptionsGrid, Types);

constexpr Family kFamilies[] = {Family::normal1,   Family::normal4,   Family::normal30,
                                Family::equal,     Family::dominant,  Family::near_ties,
                                Family::two_level, Family::staircase, Family::tiny_spread};

TYPED_TEST(CrossEntropyOptionsGrid, EveryCombinationIsWithinItsUlps) {
  using T = TypeParam;
  Rng rng(21);
  const int calls = reduced_grid() ? 400 : 4000;
  for (int i = 0; i < calls; ++i) {
    const std::size_t cols = one_in(rng, 10) ? 200 + rng() % 900 : 1 + rng() % 70;
    Batch<T> batch(3, cols, rng() % 3, rng() % 2);
    for (std::size_t r = 0; r < 3; ++r)
      batch.x.set_row(r, make_row(kFamilies[rng() % std::size(kFamilies)], cols,
                                  reach_of(TypeInfo<T>::kName), rng));
    choose_labels(batch, rng);
    const bool soft = one_in(rng, 2);
    choose_options(batch, rng);
    if (soft) {
      batch.label.clear();
      for (std::size_t r = 0; r < 3; ++r) fill_target(batch, r, rng);
      batch.options.checks = Checks::off;  // f16 rows sum to 1 only as well as f16 can
    }
    expect_definition(batch, "call " + std::to_string(i));
    if (this->HasFailure()) return;
  }
}

// Probabilities and their logarithms, hard and soft, normalised and not.
TYPED_TEST(CrossEntropyOptionsGrid, ProbabilitiesAreWithinTheirUlps) {
  using T = TypeParam;
  Rng rng(22);
  const int calls = reduced_grid() ? 300 : 3000;
  for (int i = 0; i < calls; ++i) {
    const std::size_t cols = one_in(rng, 10) ? 200 + rng() % 400 : 1 + rng() % 40;
    Batch<T> batch(2, cols);
    const bool logarithms = one_in(rng, 3);
    batch.options.kind = logarithms ? Kind::log_probabilities : Kind::probabilities;
    batch.options.checks = Checks::off;
    if (!logarithms) batch.options.normalize = one_in(rng, 3);
    for (std::size_t r = 0; r < 2; ++r) {
      std::vector<double> p(cols);
      double sum = 0;
      for (double& v : p) sum += v = std::exp(-uniform(rng, 0, one_in(rng, 3) ? 30 : 5));
      for (double& v : p) v = logarithms ? std::log(v / sum) : v / sum;
      if (cols > 1 && one_in(rng, 4)) p[0] = logarithms ? -INFINITY : 0;
      if (!logarithms) p.back() = std::max(p.back(), 0.01);  // f16 has something left
      batch.x.set_row(r, p);
      batch.label[r] = static_cast<std::int64_t>(rng() % cols);
    }
    if (one_in(rng, 2)) {
      batch.label.clear();
      for (std::size_t r = 0; r < 2; ++r) fill_target(batch, r, rng);
    }
    if (one_in(rng, 2)) batch.class_weight = weights(cols, rng);
    if (one_in(rng, 2)) batch.row_weight = weights(2, rng);
    if (one_in(rng, 3)) batch.options.label_smoothing = uniform(rng, 0.01, 0.5);
    if (!logarithms && one_in(rng, 3)) batch.options.clip = 1e-7;
    expect_definition(batch, "probabilities, call " + std::to_string(i));
    if (this->HasFailure()) return;
  }
}

}  // namespace
}  // namespace crossent::precise
