// Cross-entropy of rows of probabilities: what a row's result may depend on, and which rows are
// refused, wherever they stand.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "crossent/cross_entropy.h"
#include "crossent/error.h"

namespace crossent {
namespace {

constexpr std::size_t kRows = 70;  // more than the kernels take in one call
constexpr std::size_t kClasses[] = {1, 2, 3, 10, 16, 17, 100, 128, 129, 300};

struct Problem {
  std::size_t cols;
  std::vector<double> p;
  std::vector<std::int64_t> label;

  explicit Problem(std::size_t classes, bool logarithms = false)
      : cols(classes), p(kRows * cols), label(kRows) {
    std::mt19937_64 random(classes);
    for (std::size_t r = 0; r < kRows; ++r) {
      double sum = 0;
      for (std::size_t j = 0; j < cols; ++j)
        sum += at(r, j) = 0x1p-20 + static_cast<double>(random() >> 11) * 0x1p-53;
      for (std::size_t j = 0; j < cols; ++j)
        at(r, j) = logarithms ? std::log(at(r, j) / sum) : at(r, j) / sum;
      label[r] = static_cast<std::int64_t>(random() % cols);
    }
  }
  double& at(std::size_t r, std::size_t j) { return p[r * cols + j]; }

  std::vector<double> losses(const Options& options, const Outputs<double>& wanted = {}) {
    std::vector<double> loss(kRows);
    Outputs<double> out = wanted;
    out.loss = loss;
    cross_entropy<double>(matrix(static_cast<const double*>(p.data()), kRows, cols), Labels(label),
                          options, out);
    return loss;
  }
  std::string message(const Options& options, const Outputs<double>& wanted = {}) {
    try {
      losses(options, wanted);
    } catch (const ValueError& e) {
      return e.what();
    }
    return "";
  }
};

// With and without the outputs that need exact sums.
template <class Body>
void with_and_without_details(const Body& body) {
  std::vector<double> lse(kRows);
  std::vector<std::int64_t> argmax(kRows);
  Outputs<double> out;
  body(out);
  out.lse = lse;
  out.argmax = argmax;
  body(out);
}

TEST(Probabilities, TheLossDoesNotDependOnWhatElseIsAskedFor) {
  for (const Kind kind : {Kind::probabilities, Kind::log_probabilities})
    for (const std::size_t cols : kClasses) {
      Problem problem(cols, kind == Kind::log_probabilities);
      Options options;
      options.kind = kind;
      const std::vector<double> alone = problem.losses(options);
      with_and_without_details([&](const Outputs<double>& out) {
        EXPECT_EQ(problem.losses(options, out), alone) << cols;
      });
    }
}

TEST(Probabilities, TheLossIsMinusTheLogarithm) {
  for (const std::size_t cols : kClasses) {
    Problem problem(cols);
    Options options;
    options.kind = Kind::probabilities;
    const std::vector<double> loss = problem.losses(options);
    for (std::size_t r = 0; r < kRows; ++r) {
      const double wanted = -std::log(problem.at(r, static_cast<std::size_t>(problem.label[r])));
      EXPECT_NEAR(loss[r], wanted, 0x1p-51 * wanted) << cols << " row " << r;
    }
  }
}

// The others divided by it are infinite.
TEST(Probabilities, ATinyPartOfTheSumHasAFiniteLoss) {
  Options options;
  options.kind = Kind::probabilities;
  options.normalize = true;
  for (const auto& [least, sum] : {std::pair(1e-310, 1.0), {5e-324, 1.0}, {1e-200, 1e200}}) {
    const double row[] = {least, sum};
    const std::int64_t label = 0;
    const Result r =
        cross_entropy<double>(matrix(row, 1, 2), Labels(std::span(&label, 1)), options);
    const double wanted = std::log(sum) - std::log(least);
    EXPECT_NEAR(r.sum, wanted, (4 + 2) * 0x1p-52 * wanted);  // the loss 4 ulp, each logarithm 1
  }
}

// The others lie below the last place of the sum.
TEST(Probabilities, ANearlyCertainClassKeepsTheDigitsOfItsLoss) {
  Options options;
  options.kind = Kind::probabilities;
  options.normalize = true;
  for (const std::size_t cols : {64, 1000, 70000}) {
    std::vector<double> row(cols, 2.0779221207106053e-256);
    const std::int64_t label = 41;
    row[41] = 1;
    const Result r = cross_entropy<double>(matrix(static_cast<const double*>(row.data()), 1, cols),
                                           Labels(std::span(&label, 1)), options);
    const double want = static_cast<double>(cols - 1) * row[0];
    EXPECT_LE(std::fabs(r.sum - want), 4 * 0x1p-52 * want) << cols;
  }
}

TEST(Probabilities, TheFirstLargestIsTheArgmax) {
  for (const std::size_t cols : kClasses) {
    Problem problem(cols);
    const std::size_t first = cols / 3, second = cols - 1;
    for (std::size_t r = 0; r < kRows; ++r) problem.at(r, first) = problem.at(r, second) = 2;
    std::vector<std::int64_t> argmax(kRows);
    Outputs<double> out;
    out.argmax = argmax;
    Options options;
    options.kind = Kind::probabilities;
    options.normalize = true;
    problem.losses(options, out);
    EXPECT_EQ(argmax, std::vector<std::int64_t>(kRows, static_cast<std::int64_t>(first))) << cols;
  }
}

TEST(Probabilities, ABadValueIsNamedWhereverItStands) {
  Options options;
  options.kind = Kind::probabilities;
  for (const std::size_t cols : kClasses)
    for (const std::size_t row : {0, 15, 16, 37, 63, 64, 69})
      for (const double bad : {-0.25, 1.25, std::nan("")}) {
        Problem problem(cols);
        problem.at(row, cols - 1) = bad;
        problem.at(69, 0) = -3;  // a later one, or the same
        const std::size_t column = row == 69 ? 0 : cols - 1;
        with_and_without_details([&](const Outputs<double>& out) {
          const std::string place =
              "x[" + std::to_string(row) + "][" + std::to_string(column) + "] = ";
          EXPECT_NE(problem.message(options, out).find(place), std::string::npos)
              << problem.message(options, out) << " for " << place << cols << " classes";
        });
      }
}

// The tolerance of the sum is 1e-6 here.
TEST(Probabilities, TheToleranceOfTheSumIsTheSameWhateverIsAskedFor) {
  Options options;
  options.kind = Kind::probabilities;
  for (const std::size_t cols : {std::size_t{2}, std::size_t{10}, std::size_t{129}})
    for (const double off : {0.98e-6, 0.9999e-6, -0.9999e-6, 1.0001e-6, -1.0001e-6}) {
      Problem problem(cols);
      problem.at(33, 0) += off;
      const std::string wanted = std::fabs(off) < 1e-6 ? "" : "[cross_entropy] x[33] sums to ";
      with_and_without_details([&](const Outputs<double>& out) {
        EXPECT_EQ(problem.message(options, out).substr(0, 30), wanted) << off;
      });
    }
}

TEST(Probabilities, RowsThatAreNotLiveAreNotRead) {
  for (const std::size_t cols : kClasses) {
    Problem problem(cols);
    Options options;
    options.kind = Kind::probabilities;
    std::vector<double> wanted = problem.losses(options);
    std::vector<std::uint8_t> mask(kRows, 1);
    for (std::size_t r = 5; r < kRows; r += 7) {
      mask[r] = 0;
      wanted[r] = 0;
      for (std::size_t j = 0; j < cols; ++j) problem.at(r, j) = std::nan("");
      problem.label[r] = -9;
    }
    options.row_mask = mask;
    options.ignore_index = -9;
    with_and_without_details([&](const Outputs<double>& out) {
      EXPECT_EQ(problem.losses(options, out), wanted) << cols;
    });
  }
}

}  // namespace
}  // namespace crossent
