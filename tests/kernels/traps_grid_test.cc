// Cases that broke other libraries: labels, strides, sums, masks, ties, ranges.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <random>

#include "crossent/cpu.h"
#include "crossent/error.h"
#include "precise/batch.h"

namespace crossent::precise {
namespace {

class Traps : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { set_simd_target(GetParam()); }
  void TearDown() override { set_simd_target(""); }
};
INSTANTIATE_TEST_SUITE_P(Targets, Traps, testing::ValuesIn(simd_targets()),
                         [](const auto& param) { return param.param; });

constexpr double kLn2 = 0.69314718055994530942;

template <class T>
Batch<T> one_row(const std::vector<double>& x, std::int64_t label) {
  Batch<T> b(1, x.size());
  b.x.set_row(0, x);
  b.label[0] = label;
  return b;
}

TEST_P(Traps, TwoEqualLogitsOfAnySizeAreOneBit) {
  for (double v : {1e4, -1e4, 3e4, 1e8, -1e8, 1e30, 3e38}) {
    EXPECT_EQ(one_row<float>({v, v}, 1).run().loss[0], kLn2) << v;
    EXPECT_EQ(one_row<double>({v, v}, 0).run().loss[0], kLn2) << v;
    EXPECT_EQ(one_row<bf16>({v, v}, 0).run().loss[0], kLn2) << v;
  }
}

TEST_P(Traps, AWrongClassCostsItsGap) {
  for (double gap : {100.0, 103.0, 104.0, 1e3, 1e30}) {
    const auto g = static_cast<double>(static_cast<float>(gap));
    EXPECT_EQ(one_row<float>({0, -g}, 1).run().loss[0], g);
    EXPECT_EQ(one_row<double>({0, -gap}, 1).run().loss[0], gap);
  }
}

TEST_P(Traps, TwentyMillionEqualLogits) {
  const std::size_t cols = reduced_grid() ? 2'000'000 : 20'000'000;
  const std::vector<float> x(cols, 0.5F);
  const std::vector<int> label = {7};
  const Result r = cross_entropy<float>(matrix(x.data(), 1, cols), label);
  EXPECT_NEAR(r.mean / std::log(static_cast<double>(cols)), 1, 4 * 0x1p-23);
}

TEST_P(Traps, SeventyThousandRowsOfBf16AreSummedInF64) {
  constexpr std::size_t kRows = 70000;
  const std::vector<bf16> x(kRows * 2, narrow<bf16>(0.5));
  const std::vector<std::uint8_t> label(kRows, 1);
  const Result r = cross_entropy<bf16>(matrix(x.data(), kRows, 2), label);
  const double one = one_row<bf16>({0.5, 0.5}, 1).run().loss[0];
  EXPECT_NEAR(one, kLn2, 4 * 0x1p-23);
  EXPECT_NEAR(r.sum / (kRows * one), 1, 1e-15);
  EXPECT_EQ(r.mean, r.sum / kRows);
}

TEST_P(Traps, F16DenominatorsAbove65504) {
  Batch<f16> b(1, 200000);
  b.x.set_row(0, std::vector<double>(200000, 3.0));
  EXPECT_NEAR(b.run().loss[0], std::log(200000.0), 1e-5);
}

TEST_P(Traps, StartsThatAreMasked) {
  for (std::size_t from : {1, 15, 16, 17, 63, 64, 255, 256, 2048, 32768}) {
    std::vector<double> x(from + 3, -INFINITY);
    x[from] = x[from + 2] = 2;
    x[from + 1] = 2 - 40;
    const auto out = one_row<float>(x, static_cast<std::int64_t>(from)).run();
    EXPECT_NEAR(out.loss[0], kLn2, 1e-7) << from;
    EXPECT_EQ(out.argmax[0], static_cast<std::int64_t>(from));
    EXPECT_EQ(bits_of(out.gradient(0, 0)), 0U) << "a masked class has gradient +0";
  }
}

TEST_P(Traps, ANanAnywhereIsNamedAndSpoilsItsRowOnly) {
  for (std::size_t cols : {1, 16, 17, 100, 257, 1030})
    for (std::size_t at : {std::size_t{0}, cols / 2, cols - 1}) {
      Batch<float> b(3, cols);
      for (std::size_t r = 0; r < 3; ++r) b.x.set_row(r, std::vector<double>(cols, 1.0));
      const auto good = b.run();
      b.x(1, at) = NAN;
      std::vector<double> loss(3);
      Outputs<float> outputs;
      outputs.loss = loss;
      try {
        cross_entropy<float>(b.x.view(), b.label, b.options, outputs);
        FAIL() << "no error for C = " << cols;
      } catch (const ValueError& e) {
        EXPECT_EQ(e.row, 1);
        EXPECT_EQ(e.column, static_cast<std::int64_t>(at));
      }
      EXPECT_TRUE(std::isnan(loss[1]));
      EXPECT_EQ(loss[0], good.loss[0]);
      EXPECT_EQ(loss[2], good.loss[2]);
      b.options.checks = Checks::off;
      EXPECT_TRUE(std::isnan(b.run().loss[1]));
    }
}

template <class I>
void expect_refused(I bad, std::size_t cols) {
  std::vector<float> x(4 * cols, 0.5F), gradient(4 * cols, 9.0F);
  std::vector<I> label = {0, 1, bad, 0};
  std::vector<double> weight(cols, 1.0), loss(4, 9.0);
  Options options;
  options.class_weight = weight;  // weight[label] must not be read
  Outputs<float> outputs;
  outputs.loss = loss;
  outputs.gradient = matrix(gradient.data(), 4, cols);
  try {
    cross_entropy<float>(matrix<const float>(x.data(), 4, cols), label, options, outputs);
    FAIL() << std::to_string(bad);
  } catch (const ValueError& e) {
    EXPECT_EQ(e.row, 2);
    EXPECT_NE(std::string(e.what()).find(std::to_string(bad)), std::string::npos) << e.what();
  }
  EXPECT_EQ(loss, std::vector<double>(4, 9.0)) << "written before the refusal";
  EXPECT_EQ(gradient, std::vector<float>(4 * cols, 9.0F));
}

TEST_P(Traps, LabelsOutsideTheClassesAreRefusedBeforeAnyWrite) {
  expect_refused<std::int8_t>(-1, 5);
  expect_refused<std::int16_t>(-1, 5);
  expect_refused<std::int32_t>(-1, 5);
  expect_refused<std::int64_t>(-1, 5);
  expect_refused<std::uint8_t>(5, 5);
  expect_refused<std::uint16_t>(65535, 5);
  expect_refused<std::uint32_t>(4294967295U, 5);
  expect_refused<std::int64_t>((std::int64_t{1} << 32) + 3, 5);
  expect_refused<std::uint64_t>((std::uint64_t{1} << 32) + 3, 5);
  expect_refused<std::int64_t>(INT64_MAX, 5);
  expect_refused<std::int64_t>(INT64_MIN, 5);
  expect_refused<std::uint64_t>(UINT64_MAX, 5);
  expect_refused<std::uint64_t>(std::uint64_t{1} << 63, 5);
}

template <class I>
void expect_read_anywhere() {
  Batch<float> b(5, 9);
  std::mt19937_64 rng(1);
  for (std::size_t r = 0; r < 5; ++r) {
    b.x.set_row(r, make_row(Family::normal4, 9, reach_of("f32"), rng));
    b.label[r] = static_cast<std::int64_t>(rng() % 9);
  }
  const auto expected = b.run().result.sum;
  std::vector<unsigned char> bytes(5 * 3 * sizeof(I) + 1, 0xee);
  unsigned char* start = bytes.data() + 1;  // unaligned, every third
  for (std::size_t r = 0; r < 5; ++r) {
    const I y = static_cast<I>(b.label[r]);
    std::memcpy(start + r * 3 * sizeof(I), &y, sizeof y);
  }
  const Labels labels(reinterpret_cast<const I*>(start), 5, 3);
  EXPECT_EQ(cross_entropy<float>(b.x.view(), labels, b.options).sum, expected);
}

TEST_P(Traps, LabelsOfEveryIntegerTypeUnalignedAndStrided) {
  expect_read_anywhere<std::int8_t>();
  expect_read_anywhere<std::uint8_t>();
  expect_read_anywhere<std::int16_t>();
  expect_read_anywhere<std::uint16_t>();
  expect_read_anywhere<std::int32_t>();
  expect_read_anywhere<std::uint32_t>();
  expect_read_anywhere<std::int64_t>();
  expect_read_anywhere<std::uint64_t>();
}

TEST_P(Traps, TheIgnoredLabelMayBeAClassAndNoLabelIsIgnoredUnasked) {
  Batch<float> b(4, 3);
  for (std::size_t r = 0; r < 4; ++r) b.x.set_row(r, {1, 2, 3});
  b.label = {0, 1, 2, 1};
  EXPECT_EQ(b.run().result.ignored, 0);
  b.options.ignore_index = 1;
  const auto out = b.run();
  EXPECT_EQ(out.result.rows, 2);
  EXPECT_EQ(out.loss[1], 0);
  b.label.assign(4, 1);
  const auto none = b.run();
  EXPECT_EQ(none.result.sum, 0);
  EXPECT_TRUE(std::isnan(none.result.mean));
}

TEST_P(Traps, UpstreamBelongsToItsRowAlsoBehindIgnoredOnes) {
  Batch<float> b(6, 20);
  std::mt19937_64 rng(2);
  for (std::size_t r = 0; r < 6; ++r)
    b.x.set_row(r, make_row(Family::normal1, 20, reach_of("f32"), rng));
  const auto plain = b.run();
  b.label[0] = -1;
  b.options.ignore_index = -1;
  b.upstream = {0, 1, 2, 4, 8, 16};
  const auto out = b.run();
  for (std::size_t r = 1; r < 6; ++r)
    for (std::size_t j = 0; j < 20; ++j)
      EXPECT_EQ(out.gradient(r, j), plain.gradient(r, j) * static_cast<float>(b.upstream[r]));
}

TEST_P(Traps, ColumnsBeyondTheClassesNeverEnter) {
  const std::size_t cols = reduced_grid() ? 12992 : 129920;
  std::mt19937_64 rng(3);
  const auto row = make_row(Family::normal4, cols, reach_of("f32"), rng);
  Batch<float> tight(1, cols), wide(1, cols, 128);
  tight.x.set_row(0, row);
  wide.x.set_row(0, row);
  EXPECT_EQ(tight.run().loss, wide.run().loss);
}

TEST_P(Traps, TiesGoToTheLowestIndex) {
  for (std::size_t cols : {2, 16, 33, 100, 300, 1030})
    for (std::size_t first : {std::size_t{0}, cols / 3, cols - 2}) {
      std::vector<double> x(cols, -1);
      x[first] = x[cols - 1] = 5;
      if (first + 2 < cols) x[first + 1] = 5;
      EXPECT_EQ(one_row<float>(x, 0).run().argmax[0], static_cast<std::int64_t>(first)) << cols;
      EXPECT_EQ(one_row<double>(x, 0).run().argmax[0], static_cast<std::int64_t>(first)) << cols;
    }
}

// The second row lies 5 * 2^30 elements (20 GiB) behind the first; the pages between are never
// touched.
TEST_P(Traps, OffsetsBeyond32Bits) {
  constexpr std::size_t kStride = std::size_t{5} << 30, kBytes = (kStride + 16) * sizeof(float);
  void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) GTEST_SKIP() << "no address space";
  auto* values = static_cast<float*>(memory);
  const float rows[2][3] = {{1, 2, 3}, {4, 0, 1}};
  for (std::size_t r = 0; r < 2; ++r)
    for (std::size_t j = 0; j < 3; ++j) values[r * kStride + j] = rows[r][j];
  const std::vector<int> label = {0, 1};
  std::vector<double> loss(2);
  Outputs<float> out;
  out.loss = loss;
  out.gradient = {values, 2, 3, static_cast<std::ptrdiff_t>(kStride), 1};
  Options options;
  options.reduction = Reduction::none;
  cross_entropy<float>(out.gradient, label, options, out);
  const auto expected = one_row<float>({4, 0, 1}, 1).run();
  EXPECT_EQ(loss[1], expected.loss[0]);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(values[kStride + j], expected.gradient(0, j));
  munmap(memory, kBytes);
}

TEST_P(Traps, ExpOfZeroIsOneSoEqualLogitsShareExactly) {
  for (std::size_t cols : {2, 4, 8, 64, 1024}) {
    const auto out = one_row<float>(std::vector<double>(cols, 0.0), 0).run();
    for (std::size_t j = 1; j < cols; ++j)
      EXPECT_EQ(out.gradient(0, j), 1.0F / static_cast<float>(cols));
  }
}

TEST_P(Traps, ProbabilitiesWithinTheRoundingOfOnePass) {
  auto b = one_row<double>({0.2, 0.7, 0.1}, 1);
  b.options.kind = Kind::probabilities;
  EXPECT_NEAR(b.run().loss[0], 0.35667494393873245, 1e-16);
  b.x(0, 2) = 0.2;
  EXPECT_THROW(b.run(), ValueError);
  b.x(0, 2) = -0.1;
  EXPECT_THROW(b.run(), ValueError);
}

// z / T of far logits times a large factor: elements far below p = 2^-126 come back into range.
TEST_P(Traps, ALargeUpstreamMagnifiesNoError) {
  for (double top : {0.0, 256.0, -256.0, 319.0, 321.0, -321.0}) {
    Batch<float> b(1, 40);
    std::mt19937_64 rng(5);
    std::vector<double> x(40);
    for (double& v : x) v = top - 130 + 30 * static_cast<double>(rng() >> 11) * 0x1p-53;
    x[3] = top;
    b.x.set_row(0, x);
    b.upstream = {1e25};
    const auto answer = solve<DD>(b.problem(0));
    const auto out = b.run();
    EXPECT_LE(measure(b, out, 0, answer).gradient, 8) << top;
  }
}

}  // namespace
}  // namespace crossent::precise
