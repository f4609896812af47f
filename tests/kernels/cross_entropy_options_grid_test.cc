// Random combinations of options, targets and types against the definitions, on every SIMD target.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "precise/draw.h"
#include "precise/expect_definition.h"
#include "precise/fixtures.h"

namespace crossent::precise {
namespace {

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
    draw_options(batch, rng);
    if (soft) soften(batch, rng);
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
    if (one_in(rng, 2)) soften(batch, rng);
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
