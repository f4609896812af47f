// Products against a loop over the terms, on every SIMD target.
#include "kernels/product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "hwy/tests/hwy_gtest.h"
#include "kernels/training_tools.h"

namespace crossent::kernels {
namespace {

class ProductTest : public hwy::TestWithParamTarget {};
HWY_TARGET_INSTANTIATE_TEST_SUITE_P(ProductTest);

struct Shape {
  std::size_t m, k, n;
};

// A matrix whose rows lie farther apart than they are long, NaN between them and around.
template <class T>
struct Gapped {
  std::size_t rows, cols, stride;
  Values<T> values;
  Gapped(std::size_t r, std::size_t c, std::size_t gap, std::uint64_t seed)
      : rows(r), cols(c), stride(c + gap), values(r * stride, seed % 4, seed) {
    for (std::size_t i = 0; i < r; ++i)
      for (std::size_t j = c; j < stride; ++j) values[i * stride + j] = static_cast<T>(kNaN);
  }
  MatrixView<T> view() {
    return {values.data(), rows, cols, static_cast<std::ptrdiff_t>(stride), 1};
  }
  bool gaps_stand() const {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = cols; j < stride; ++j)
        if (!std::isnan(values[i * stride + j])) return false;
    return values.framed();
  }
};

struct Case {
  Shape shape;
  bool a_transposed, b_transposed, accumulate;
  std::size_t gap;
  std::string text() const {
    return "m " + std::to_string(shape.m) + " k " + std::to_string(shape.k) + " n " +
           std::to_string(shape.n) + (a_transposed ? " a^T" : "") + (b_transposed ? " b^T" : "") +
           (accumulate ? " accumulate" : "") + " gap " + std::to_string(gap);
  }
};

// Runs a case and returns c; expects every element to be what its terms give one by one: the same
// bits with fused multiply-add; within rounding, k + 1 roundings of at most half an ulp, without.
template <class T>
std::vector<T> check(const Case& t) {
  const auto [m, k, n] = t.shape;
  Gapped<T> a(t.a_transposed ? k : m, t.a_transposed ? m : k, t.gap, 1);
  Gapped<T> b(t.b_transposed ? n : k, t.b_transposed ? k : n, t.gap, 2);
  Gapped<T> c(m, n, t.gap, 3);
  const auto av = t.a_transposed ? transposed(a.view()) : a.view();
  const auto bv = t.b_transposed ? transposed(b.view()) : b.view();
  const auto cv = c.view();
  std::vector<T> before(m * n), got(m * n);
  for (std::size_t i = 0; i < m * n; ++i) before[i] = t.accumulate ? cv(i / n, i % n) : 0;
  product(av, bv, cv, t.accumulate);
  EXPECT_TRUE(c.gaps_stand()) << t.text();
  for (std::size_t i = 0; i < m * n; ++i) {
    T want = before[i];
    double size = std::fabs(double{before[i]});
    for (std::size_t p = 0; p < k; ++p) {
      want = std::fma(av(i / n, p), bv(p, i % n), want);
      size += std::fabs(double{av(i / n, p)} * double{bv(p, i % n)});
    }
    got[i] = cv(i / n, i % n);
    const double bound = is_fused() ? 0
                                    : 1.5 * static_cast<double>(k + 1) *
                                          double{std::numeric_limits<T>::epsilon()} * size;
    if (!(std::fabs(double{got[i]} - double{want}) <= bound)) {
      ADD_FAILURE() << t.text() << " (" << i / n << ", " << i % n << "): " << got[i] << ", not "
                    << want;
      break;
    }
  }
  return got;
}

std::vector<Case> cases() {
  std::vector<Shape> shapes;
  for (std::size_t m = 1; m <= 19; ++m)
    for (std::size_t n = 1; n <= 19; ++n) shapes.push_back({m, (m * 7 + n) % 19 + 1, n});
  for (std::size_t m : {1, 3, 6, 64})
    for (std::size_t n : {23, 31, 64, 71, 128, 135}) shapes.push_back({m, 5, n});
  for (std::size_t k : {127, 128, 129, 257, 784})
    for (std::size_t m : {1, 5, 64}) shapes.push_back({m, k, 10});
  for (std::size_t m : {127, 128, 129, 261}) shapes.push_back({m, 13, 11});
  shapes.insert(shapes.end(), {{64, 100, 10}, {64, 64, 128}, {130, 131, 133}});
  std::vector<Case> all;
  for (const Shape& s : shapes)
    for (int bits = 0; bits < 16; ++bits)
      all.push_back({s, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0,
                     (bits & 8) != 0 ? std::size_t{5} : std::size_t{0}});
  return all;
}

TEST_P(ProductTest, TakesTheTermsOfEveryElementInOrder) {
  for (const Case& t : cases()) {
    check<double>(t);
    check<float>(t);
  }
}

TEST_P(ProductTest, WithoutTermsIsZeroOrWhatIsThere) {
  double c[6] = {1, 2, 3, kNaN, 5, 6};
  const double none = 0;
  const MatrixView<const double> a = {&none, 2, 0, 0, 1}, b = {&none, 0, 3, 3, 1};
  product(a, b, matrix(c, 2, 3), true);
  EXPECT_EQ(c[1], 2);
  EXPECT_TRUE(std::isnan(c[3]));
  product(a, b, matrix(c, 2, 3), false);
  for (const double v : c) EXPECT_TRUE(same(v, 0.0));
}

TEST_P(ProductTest, KeepsNanAndInfInTheirRowsAndColumns) {
  Gapped<double> a(9, 6, 0, 1), b(6, 11, 0, 2), c(9, 11, 0, 3);
  a.view()(4, 2) = kNaN;
  b.view()(3, 10) = kInf;
  product(a.view(), b.view(), c.view(), false);
  for (std::size_t i = 0; i < 9; ++i)
    for (std::size_t j = 0; j < 11; ++j) {
      EXPECT_EQ(std::isnan(c.view()(i, j)), i == 4) << i << " " << j;
      EXPECT_EQ(std::isinf(c.view()(i, j)), i != 4 && j == 10) << i << " " << j;
    }
}

// Rows may be split among calls in any way: a row's bits are its own.
TEST_P(ProductTest, RowsHaveTheSameBitsAlone) {
  Gapped<double> a(70, 33, 0, 1), b(33, 90, 0, 2), c(70, 90, 0, 3), row(1, 90, 0, 4);
  product(a.view(), b.view(), c.view(), false);
  for (std::size_t i = 0; i < 70; ++i) {
    product({&a.view()(i, 0), 1, 33, 33, 1}, b.view(), row.view(), false);
    for (std::size_t j = 0; j < 90; ++j) EXPECT_TRUE(same(row.view()(0, j), c.view()(i, j)));
  }
}

TEST(Product, Avx2AndAvx512HaveTheSameBits) {
  bool both = false;
  const auto collect = [](BitsOf& bits) {
    for (const Case& t : cases()) {
      const auto f64 = check<double>(t);
      bits.add(f64.data(), f64.size());
      const auto f32 = check<float>(t);
      bits.add(f32.data(), f32.size());
    }
  };
  EXPECT_TRUE(same_bits_on_avx2_and_avx512(collect, &both));
  if (!both) GTEST_SKIP() << "needs both on this CPU";
}

}  // namespace
}  // namespace crossent::kernels
