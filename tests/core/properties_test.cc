// What must hold of every row, on rows that rapidcheck makes up (and shrinks).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "crossent/cross_entropy.h"
#include "precise/definitions.h"

namespace crossent {
namespace {

using precise::Big;

// Logits that are multiples of 2^-10 within 16: small shifts of them are exact.
struct Row {
  std::vector<double> x;
  std::int64_t label;
};

Row any_row() {
  const auto classes = *rc::gen::inRange<std::size_t>(1, 40);
  const auto units =
      *rc::gen::container<std::vector<int>>(classes, rc::gen::inRange(-16384, 16384));
  Row row{{}, *rc::gen::inRange<std::int64_t>(0, static_cast<std::int64_t>(classes))};
  for (int u : units) row.x.push_back(u * 0x1p-10);
  return row;
}

struct Answer {
  double loss;
  std::vector<double> gradient;
  std::int64_t argmax;
  Result result;
};

Answer solve(const Row& row, const Options& options = {}) {
  const std::size_t n = row.x.size();
  Answer a{0, std::vector<double>(n), -1, {}};
  Outputs<double> out;
  out.loss = {&a.loss, 1};
  out.argmax = {&a.argmax, 1};
  out.gradient = matrix(a.gradient.data(), 1, n);
  a.result = cross_entropy<double>(matrix(row.x.data(), 1, n), Labels(&row.label, 1), options, out);
  return a;
}

bool near(double a, double b, double ulps) {
  return std::fabs(a - b) <= ulps * 0x1p-52 * std::max(std::fabs(a), std::fabs(b));
}

// Central difference of the definition in 77 digits. Its truncation h^2 / 6 |L'''| is below 2^-54.
RC_GTEST_PROP(CrossEntropyProperties, GradientIsTheFiniteDifferenceOfTheDefinition, ()) {
  const Row row = any_row();
  Options options;
  options.reduction = Reduction::none;
  options.label_smoothing = *rc::gen::element(0.0, 0.125, 1.0);
  options.z_loss = *rc::gen::element(0.0, 0.0625);
  const std::vector<double> weight = {*rc::gen::element(1.0, 0.5, 3.0)};
  options.row_weight = weight;
  const Answer got = solve(row, options);
  const std::size_t j = *rc::gen::inRange<std::size_t>(0, row.x.size());
  constexpr double kStep = 0x1p-27;
  const auto loss_at = [&](double step) {
    precise::RowProblem problem{.x = row.x, .label = row.label, .row_weight = weight[0]};
    problem.label_smoothing = options.label_smoothing;
    problem.z_loss = options.z_loss;
    problem.x[j] += step;
    return precise::solve<Big>(problem, {.gradient = false}).loss;
  };
  const double difference =
      precise::to_double((loss_at(kStep) - loss_at(-kStep)) * Big(0.5 / kStep));
  // The largest term of the element: w, or 2 zeta |lse| <= 2.5.
  const double scale = std::max(weight[0], 2.5);
  RC_ASSERT(std::fabs(got.gradient[j] - difference) <= 16 * 0x1p-52 * scale);
}

RC_GTEST_PROP(CrossEntropyProperties, AShiftOfTheLogitsChangesNothing, ()) {
  const Row row = any_row();
  Row shifted = row;
  const double shift = *rc::gen::inRange(-(1 << 20), 1 << 20);
  for (double& v : shifted.x) v += shift;
  const Answer a = solve(row), b = solve(shifted);
  RC_ASSERT(near(a.loss, b.loss, 8));
  RC_ASSERT(a.argmax == b.argmax);
  for (std::size_t j = 0; j < row.x.size(); ++j) RC_ASSERT(near(a.gradient[j], b.gradient[j], 16));
}

RC_GTEST_PROP(CrossEntropyProperties, TheOrderOfTheClassesChangesNothing, ()) {
  const Row row = any_row();
  std::vector<std::size_t> order(row.x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
  Row moved{{}, 0};
  for (std::size_t j = 0; j < order.size(); ++j) {
    moved.x.push_back(row.x[order[j]]);
    if (order[j] == static_cast<std::size_t>(row.label)) moved.label = static_cast<std::int64_t>(j);
  }
  const Answer a = solve(row), b = solve(moved);
  RC_ASSERT(near(a.loss, b.loss, 8));
  for (std::size_t j = 0; j < order.size(); ++j)
    RC_ASSERT(near(b.gradient[j], a.gradient[order[j]], 16));
}

RC_GTEST_PROP(CrossEntropyProperties, TheGradientSumsToZeroAndTheLossIsNotNegative, ()) {
  const Answer a = solve(any_row());
  RC_ASSERT(a.loss >= 0);
  const double sum = std::accumulate(a.gradient.begin(), a.gradient.end(), 0.0);
  RC_ASSERT(std::fabs(sum) <= 40 * 8 * 0x1p-52);
}

RC_GTEST_PROP(CrossEntropyProperties, APowerOfTwoAsWeightScalesEveryBit, ()) {
  const Row row = any_row();
  Options options;
  options.reduction = Reduction::sum;
  const std::vector<double> weight = {4};
  const Answer plain = solve(row, options);
  options.row_weight = weight;
  const Answer scaled = solve(row, options);
  RC_ASSERT(scaled.result.sum == 4 * plain.result.sum);
  RC_ASSERT(scaled.result.mean == plain.result.mean);
  for (std::size_t j = 0; j < row.x.size(); ++j)
    RC_ASSERT(scaled.gradient[j] == 4 * plain.gradient[j]);
}

}  // namespace
}  // namespace crossent
