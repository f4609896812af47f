#include "crossent/softmax.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace crossent {
namespace {

template <class T>
std::vector<T> softmax_of(const std::vector<T>& z) {
  std::vector<T> p(z.size());
  softmax<T>(matrix<const T>(z.data(), 1, z.size()), matrix(p.data(), 1, z.size()));
  return p;
}

template <class T>
void expect_equal_probabilities_for_equal_logits() {
  std::mt19937 rng(1);
  std::normal_distribution<double> normal(0, 3);
  for (const std::size_t classes : {2, 3, 5, 10, 100, 200, 1000})
    for (int round = 0; round < 200; ++round) {
      std::vector<T> z(classes);
      for (T& v : z) v = static_cast<T>(normal(rng));
      if (round % 2 == 0) z[0] += T{8};  // the largest is one of them
      z.back() = z[0];
      const std::vector<T> p = softmax_of(z);
      ASSERT_EQ(p[0], p.back()) << classes << " classes, round " << round;
    }
}

TEST(Softmax, GivesEqualLogitsEqualProbabilities) {
  expect_equal_probabilities_for_equal_logits<float>();
  expect_equal_probabilities_for_equal_logits<double>();
}

TEST(Softmax, IsNeverAboveOne) {
  for (float gap = 0; gap < 110; gap += 0.37F) {
    const std::vector<float> p = softmax_of<float>({gap, 0, 0});
    EXPECT_LE(p[0], 1) << gap;
    EXPECT_GE(p[1], 0) << gap;
  }
}

}  // namespace
}  // namespace crossent
