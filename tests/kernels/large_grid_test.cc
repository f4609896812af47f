// Sizes beyond 2^31 and 2^32 elements, twenty million classes, padded columns.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cmath>
#include <limits>
#include <vector>

#include "crossent/cross_entropy.h"

namespace crossent {
namespace {

// Zeros to read and write anywhere in `bytes`, none of which exist until they are touched.
class SparseMemory {
 public:
  explicit SparseMemory(std::size_t bytes)
      : bytes_(bytes),
        data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~SparseMemory() {
    if (there()) munmap(data_, bytes_);
  }
  bool there() const { return data_ != MAP_FAILED; }
  float* floats() const { return static_cast<float*>(data_); }

 private:
  std::size_t bytes_;
  void* data_;
};

TEST(Large, StridesReachBeyond32Bits) {
  constexpr std::ptrdiff_t kStride = (std::ptrdiff_t{1} << 32) + 3;  // elements
  constexpr std::size_t kRows = 3, kClasses = 5;
  const SparseMemory memory((kRows * kStride + kClasses) * sizeof(float));
  if (!memory.there()) GTEST_SKIP() << "no address space of 48 GB here";
  const MatrixView<float> x{memory.floats(), kRows, kClasses, kStride, 1};
  for (std::size_t r = 0; r < kRows; ++r) x(r, r) = 1;
  std::vector<double> loss(kRows);
  Outputs<float> out;
  out.loss = loss;
  out.gradient = x;
  cross_entropy<float>(x, std::vector<int>{0, 1, 2}, {.reduction = Reduction::none}, out);
  const double expected = std::log(std::exp(1.0) + 4) - 1;
  for (std::size_t r = 0; r < kRows; ++r) {
    EXPECT_NEAR(loss[r], expected, 1e-6);
    for (std::size_t j = 0; j < kClasses; ++j)
      EXPECT_NEAR(x(r, j), j == r ? -4 / (std::exp(1.0) + 4) : 1 / (std::exp(1.0) + 4), 1e-7);
  }
}

TEST(Large, TwentyMillionEqualLogitsCostTheLogarithmOfTheirNumber) {
  constexpr std::size_t kClasses = 20'000'000;
  const std::vector<float> x(kClasses, 0.25f);
  const Result r =
      cross_entropy<float>(matrix(x.data(), 1, kClasses), std::vector<int>{19'999'999});
  EXPECT_NEAR(r.sum / std::log(2e7), 1, 4 * 0x1p-23);
}

TEST(Large, ColumnsOfPaddingNeverEnter) {
  constexpr std::size_t kClasses = 129'920, kStored = 130'048;
  std::vector<float> x(2 * kStored, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t r = 0; r < 2; ++r)
    for (std::size_t j = 0; j < kClasses; ++j) x[r * kStored + j] = 0;
  Outputs<float> out;
  const MatrixView<float> view{x.data(), 2, kClasses, kStored, 1};
  out.gradient = view;
  const Result r = cross_entropy<float>(view, std::vector<int>{0, 129'919}, {}, out);
  EXPECT_NEAR(r.mean / std::log(129920.0), 1, 4 * 0x1p-23);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = kClasses; j < kStored; ++j) EXPECT_TRUE(std::isnan(x[i * kStored + j]));
}

}  // namespace
}  // namespace crossent
