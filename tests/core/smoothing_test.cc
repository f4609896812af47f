// Smoothing, class weights and soft targets where their sums meet: neutral weights, weights and
// logits that nearly overflow, rows whose weights tie.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "crossent/cross_entropy.h"

namespace crossent {
namespace {

using Ints = std::vector<std::int64_t>;
using Values = std::vector<double>;

struct Answer {
  Result result;
  Values gradient;
};

Answer solve(const Values& x, std::size_t cols, const Ints& label, const Options& options) {
  Answer a{{}, Values(x.size())};
  Outputs<double> out;
  out.gradient = matrix(a.gradient.data(), label.size(), cols);
  a.result = cross_entropy<double>(matrix(x.data(), label.size(), cols), label, options, out);
  return a;
}

std::vector<std::uint64_t> bits_of(const Answer& a) {
  std::vector<std::uint64_t> bits{std::bit_cast<std::uint64_t>(a.result.mean)};
  for (const double g : a.gradient) bits.push_back(std::bit_cast<std::uint64_t>(g));
  return bits;
}

TEST(Smoothing, ClassWeightsOfOneChangeNoBit) {
  for (std::size_t cols = 2; cols < 300; ++cols) {
    Values x(cols);
    for (std::size_t j = 0; j < cols; ++j) x[j] = cols % 2 ? 0 : 1 / static_cast<double>(j + 1);
    Options o;
    o.label_smoothing = 0.3;
    const auto without = bits_of(solve(x, cols, {1}, o));
    const Values ones(cols, 1.0);
    o.class_weight = ones;
    ASSERT_EQ(bits_of(solve(x, cols, {1}, o)), without) << cols;
  }
}

TEST(Smoothing, ALargeWeightOverflowsNothingThatSmoothingMakesSmall) {
  for (const std::size_t cols : {2, 200}) {
    Values x(cols, 0.0), weight(cols, 1.0);
    x[0] = 1.5e308;
    weight[1] = 1e8;
    Options o;
    o.label_smoothing = 1e-15;
    o.reduction = Reduction::sum;
    o.class_weight = weight;
    const auto others = static_cast<double>(cols - 2);
    const double want = 1e-15 / static_cast<double>(cols) * (1e8 + others) * 1.5e308;
    // The loss is within 4 ulp, `want` is rounded four times (twice for 1e-15), the ratio once.
    EXPECT_NEAR(solve(x, cols, {0}, o).result.sum / want, 1, 9 * 0x1p-52) << cols;
    EXPECT_EQ(solve(x, cols, {0}, o).result.infinite, 0) << cols;
  }
}

// 24 rows whose weights end in a tie that another order of adding would break.
TEST(Smoothing, LabelsAndOneHotTargetsHaveTheSameDivisor) {
  const Values weight{1, 0x1p-53, 0x1p-107}, x(24 * 3, 0.0);
  Ints label(24, 2);
  label[0] = 0;
  label[1] = 1;
  Values target(24 * 3, 0.0);
  for (std::size_t r = 0; r < 24; ++r) target[r * 3 + static_cast<std::size_t>(label[r])] = 1;
  Options o;
  o.class_weight = weight;
  const auto logits = matrix(x.data(), 24, 3);
  const double by_label = cross_entropy<double>(logits, label, o).divisor;
  EXPECT_EQ(cross_entropy<double>(logits, matrix(target.data(), 24, 3), o).divisor, by_label);
  const Values ones(24, 1.0);
  o.row_weight = ones;
  EXPECT_EQ(cross_entropy<double>(logits, label, o).divisor, by_label);
  EXPECT_EQ(cross_entropy<double>(logits, matrix(target.data(), 24, 3), o).divisor, by_label);
}

}  // namespace
}  // namespace crossent
