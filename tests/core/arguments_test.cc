// What every door refuses before it reads or writes: memory that is missing, shared or folded.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "core/matrix_checks.h"
#include "core/rows.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cross_entropy.h"
#include "crossent/entropy.h"
#include "crossent/error.h"
#include "crossent/relatives.h"
#include "crossent/scores.h"
#include "crossent/softmax.h"
#include "crossent/squared_error.h"

namespace crossent {
namespace {

using Values = std::vector<double>;
using In = MatrixView<const double>;
using Out = MatrixView<double>;

template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const ValueError& e) {
    return e.what();
  }
  return "accepted";
}

In input(const Values& v, std::size_t rows) { return matrix(v.data(), rows, v.size() / rows); }

TEST(Arguments, CrossEntropyNamesTheInputThatAnOutputOverlaps) {
  const Values x = {1, 2, 3, 4};
  Values t = {.5, .5, 1, 0}, w = {1, 2}, c = {1, 2}, u = {1, 2, 3, 4};
  std::vector<std::int64_t> y = {0, 1};
  alignas(8) std::array<std::uint8_t, 32> mask;
  mask.fill(1);
  Options o;
  o.row_weight = w;
  o.class_weight = c;
  o.row_mask = std::span(mask).first(2);
  o.class_mask = std::span(mask).subspan(16, 2);
  const auto with = [&](auto set) {
    Outputs<double> out;
    out.upstream = RealSpan(u.data(), 2);
    set(out);
    return refusal([&] { cross_entropy<double>(input(x, 2), Labels(y), o, out); });
  };
  const std::string apart = ": give separate memory";
  EXPECT_EQ(with([&](auto& out) { out.loss = w; }),
            "[cross_entropy] loss overlaps row_weight" + apart);
  EXPECT_EQ(with([&](auto& out) { out.lse = c; }),
            "[cross_entropy] lse overlaps class_weight" + apart);
  EXPECT_EQ(with([&](auto& out) { out.argmax = y; }),
            "[cross_entropy] argmax overlaps label" + apart);
  EXPECT_EQ(with([&](auto& out) { out.gradient = matrix(u.data(), 2, 2); }),
            "[cross_entropy] gradient overlaps upstream" + apart);
  EXPECT_EQ(with([&](auto& out) {
              out.loss = {reinterpret_cast<double*>(mask.data()), 2};
            }),
            "[cross_entropy] loss overlaps row_mask" + apart);
  EXPECT_EQ(with([&](auto& out) {
              out.loss = {reinterpret_cast<double*>(mask.data() + 16), 2};
            }),
            "[cross_entropy] loss overlaps class_mask" + apart);
  Outputs<double> out;
  out.target_gradient = matrix(t.data(), 2, 2);
  EXPECT_EQ(refusal([&] { cross_entropy<double>(input(x, 2), input(t, 2), {}, out); }),
            "[cross_entropy] target_gradient overlaps target" + apart);
}

TEST(Arguments, BinaryNamesTheInputThatAnOutputOverlaps) {
  const Values x = {1, 2}, t = {0, 1};
  Values w = {1, 2}, q = {1, 2}, u = {1, 2};
  alignas(8) std::array<std::uint8_t, 16> mask;
  mask.fill(1);
  BinaryOptions o;
  o.weight = w;
  o.pos_weight = RealSpan(q.data(), 1);
  o.element_mask = matrix<const std::uint8_t>(mask.data(), 2, 1);
  const auto with = [&](auto set) {
    BinaryOutputs<double> out;
    out.upstream = u;
    set(out);
    return refusal([&] { binary_cross_entropy<double>(input(x, 2), input(t, 2), o, out); });
  };
  const std::string op = "[binary_cross_entropy] ", apart = ": give separate memory";
  EXPECT_EQ(with([&](auto& out) { out.loss = w; }), op + "loss overlaps weight" + apart);
  EXPECT_EQ(with([&](auto& out) { out.hessian = matrix(q.data(), 2, 1); }),
            op + "hessian overlaps pos_weight" + apart);
  EXPECT_EQ(with([&](auto& out) { out.gradient = matrix(u.data(), 2, 1); }),
            op + "gradient overlaps upstream" + apart);
  EXPECT_EQ(with([&](auto& out) {
              out.loss = {reinterpret_cast<double*>(mask.data()), 2};
            }),
            op + "loss overlaps element_mask" + apart);
}

TEST(Arguments, SquaredErrorNamesTheInputThatAnOutputOverlaps) {
  const Values x = {1, 2, 3, 4};
  Values w = {1, 2, 3, 4};
  const std::span<double> weights = std::span(w).first(2);
  std::vector<std::int64_t> y = {0, 1};
  SquaredOptions o;
  o.row_weight = RealSpan(w.data(), 2);
  SquaredOutputs<double> out;
  out.loss = weights;
  const auto run = [&] { squared_error<double>(input(x, 2), Labels(y), o, out); };
  EXPECT_EQ(refusal(run), "[squared_error] loss overlaps row_weight: give separate memory");
  out.loss = {reinterpret_cast<double*>(y.data()), 2};
  EXPECT_EQ(refusal(run), "[squared_error] loss overlaps label: give separate memory");
  out.loss = {};
  out.upstream = RealSpan(w.data(), 2);
  o.row_weight = {};
  out.gradient = matrix(w.data(), 2, 2);
  EXPECT_EQ(refusal(run), "[squared_error] gradient overlaps upstream: give separate memory");
}

TEST(Arguments, OutputsNeedDistinctElements) {
  const Values x(24, 1.0);
  Values room(64, 7);
  const auto softmax_into = [&](Out out) {
    return refusal([&] { softmax<double>(matrix(x.data(), out.rows, out.cols), out); });
  };
  double* const at = room.data() + 32;
  EXPECT_EQ(softmax_into({at, 2, 3, 1, 1}),
            "[softmax] out has two elements at one place (2 x 3 with strides 1 and 1): outputs "
            "need distinct elements");
  for (const Out folded : {Out{at, 2, 3, 2, 1}, Out{at, 2, 3, 0, 1}, Out{at, 2, 3, 3, 0},
                           Out{at, 2, 3, -2, 1}, Out{at, 3, 3, 2, -4}, Out{at, 4, 3, 4, 6}})
    EXPECT_NE(softmax_into(folded).find("two elements at one place"), std::string::npos)
        << folded.row_stride << " " << folded.col_stride;
  EXPECT_EQ(room, Values(64, 7));
  // Contiguous, padded, transposed, backwards, interleaved, strides that share a divisor, one row.
  for (const Out fine : {Out{at, 2, 3, 3, 1}, Out{at, 2, 3, 5, 1}, Out{at, 2, 3, 1, 2},
                         Out{at, 2, 3, -3, -1}, Out{at, 4, 3, 1, 4}, Out{at, 2, 3, 6, 4},
                         Out{at, 1, 3, 0, 1}, Out{at, 3, 1, 1, 0}, Out{at, 3, 2, 2, 3}})
    EXPECT_EQ(softmax_into(fine), "accepted") << fine.row_stride << " " << fine.col_stride;
}

TEST(Arguments, TheRuleOfDistinctElementsIsThatOfTrying) {
  for (std::size_t rows = 0; rows < 5; ++rows)
    for (std::size_t cols = 0; cols < 5; ++cols)
      for (std::ptrdiff_t down = -6; down <= 6; ++down)
        for (std::ptrdiff_t across = -6; across <= 6; ++across) {
          std::array<int, 64> times{};
          bool twice = false;
          for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < cols; ++j) {
              const auto place = 32 + static_cast<std::ptrdiff_t>(i) * down +
                                 static_cast<std::ptrdiff_t>(j) * across;
              twice |= ++times.at(static_cast<std::size_t>(place) % 64) > 1;
            }
          double memory = 0;
          const bool refused =
              refusal([&] {
                core::check_output("f", "out", {&memory, rows, cols, down, across, 8}, rows, cols);
              }) != "accepted";
          EXPECT_EQ(refused, twice) << rows << " " << cols << " " << down << " " << across;
        }
}

TEST(Arguments, NullMemoryWithElementsIsRefusedByName) {
  const Values x = {1, 2, 3, 4};
  const In none{nullptr, 2, 2, 2, 1};
  const Labels y(static_cast<const int*>(nullptr), 2);
  const std::vector<int> labels = {0, 1};
  EXPECT_EQ(refusal([&] {
              softmax<double>(input(x, 2), {nullptr, 2, 2, 2, 1});
            }),
            "[softmax] out is null, but has 2 x 2 elements");
  EXPECT_EQ(refusal([&] { cross_entropy<double>(none, labels); }),
            "[cross_entropy] x is null, but has 2 x 2 elements");
  EXPECT_EQ(refusal([&] { cross_entropy<double>(input(x, 2), y); }),
            "[cross_entropy] label is null, but has 2 elements");
  EXPECT_EQ(refusal([&] { cross_entropy<double>(input(x, 2), none); }),
            "[cross_entropy] target is null, but has 2 x 2 elements");
  Options o;
  o.row_weight = RealSpan(static_cast<const float*>(nullptr), 2);
  EXPECT_EQ(refusal([&] { cross_entropy<double>(input(x, 2), labels, o); }),
            "[cross_entropy] row_weight is null, but has 2 elements");
  Outputs<double> out;
  out.gradient = {nullptr, 2, 2, 2, 1};
  EXPECT_EQ(refusal([&] { cross_entropy<double>(input(x, 2), labels, {}, out); }),
            "[cross_entropy] gradient is null, but has 2 x 2 elements");
  EXPECT_EQ(refusal([&] { binary_cross_entropy<double>(none, none); }),
            "[binary_cross_entropy] x is null, but has 2 x 2 elements");
  EXPECT_EQ(refusal([&] {
              binary_cross_entropy<double>({x.data(), 2, 1, 1, 1}, y);
            }),
            "[binary_cross_entropy] label is null, but has 2 elements");
  EXPECT_EQ(refusal([&] { squared_error<double>(input(x, 2), y); }),
            "[squared_error] label is null, but has 2 elements");
  EXPECT_EQ(refusal([&] { squared_error<double>(none, labels); }),
            "[squared_error] x is null, but has 2 x 2 elements");
  EXPECT_EQ(refusal([&] { kl_divergence(none, none); }),
            "[kl_divergence] p is null, but has 2 x 2 elements");
  EXPECT_EQ(refusal([&] { log_loss(none, labels); }),
            "[log_loss] p is null, but has 2 x 2 elements");
  EXPECT_EQ(refusal([&] { focal_softmax(none, labels); }),
            "[focal_softmax] x is null, but has 2 x 2 elements");
  EXPECT_EQ(cross_entropy<double>(In{nullptr, 0, 2, 2, 1}, Labels()).rows, 0);
}

TEST(Arguments, OneBasedLabelsGetTheHintEverywhere) {
  const Values x = {.5, .5, .5, .5};
  const std::vector<int> y = {1, 2};
  const std::string hint =
      "label[1] = 2 is outside [0, 2) (labels run 1..2 for 2 classes: 1-based? subtract 1)";
  EXPECT_EQ(refusal([&] { cross_entropy<double>(input(x, 2), y); }), "[cross_entropy] " + hint);
  EXPECT_EQ(refusal([&] { squared_error<double>(input(x, 2), y); }), "[squared_error] " + hint);
  EXPECT_EQ(refusal([&] { focal_softmax(input(x, 2), y); }), "[focal_softmax] " + hint);
  EXPECT_EQ(refusal([&] { log_loss(input(x, 2), y); }), "[log_loss] " + hint);
}

TEST(Arguments, DerivativesBeyondTheRangeAreRefused) {
  const Values x = {1}, t = {0}, w = {1e200}, u = {1e200};
  double g = 7;
  BinaryOptions o;
  o.weight = w;
  BinaryOutputs<double> out;
  out.gradient = matrix(&g, 1, 1);
  out.upstream = u;
  const std::string what =
      " weights and upstream make a gradient of about inf, outside the range of the arithmetic";
  EXPECT_EQ(refusal([&] { binary_cross_entropy<double>(input(x, 1), input(t, 1), o, out); }),
            "[binary_cross_entropy]" + what);
  SquaredOptions so;
  so.activation = Activation::sigmoid;
  so.row_weight = w;
  SquaredOutputs<double> squared;
  squared.gradient = matrix(&g, 1, 1);
  squared.upstream = u;
  EXPECT_EQ(refusal([&] { squared_error<double>(input(x, 1), input(t, 1), so, squared); }),
            "[squared_error]" + what);
  EXPECT_EQ(g, 7);
}

TEST(Arguments, WhatABlockThrowsReachesTheCaller) {
  for (const int threads : {1, 4})
    EXPECT_THROW(core::for_each_block(100'000, 1000, 1, threads,
                                      [](std::size_t, std::size_t begin, std::size_t) {
                                        if (begin == 50'000) throw std::bad_alloc();
                                      }),
                 std::bad_alloc);
}

TEST(Arguments, KlDivergenceOfRowsWritesNothingBeforeItRefuses) {
  const Values p = {.5, .5, .5, .6};
  Values rows = {7, 7};
  EXPECT_NE(refusal([&] { kl_divergence(input(p, 2), input(p, 2), Reduction::sum, {}, rows); }),
            "accepted");
  EXPECT_EQ(rows, (Values{7, 7}));
}

TEST(Arguments, ElementWiseOutputsMayBeAnInputButNotOverlapIt) {
  Values p = {.25, .5, .75};
  const std::span<double> all = p;
  EXPECT_EQ(refusal([&] { relative_entropy(all.first(2), all.first(2), all.subspan(1)); }),
            "[relative_entropy] out overlaps p in part: give the same view, or separate memory");
  relative_entropy(all, all, all);
  EXPECT_EQ(p, (Values{0, 0, 0}));
}

TEST(Arguments, TheNumberOfCalibrationBinsIsBounded) {
  const Values confidence = {.5};
  const std::vector<int> correct = {1};
  EXPECT_EQ(refusal([&] { expected_calibration_error(confidence, correct, 2'000'000'000); }),
            "[expected_calibration_error] bins = 2000000000 is outside [1, 65536]");
  EXPECT_EQ(refusal([&] { expected_calibration_error(confidence, correct, 0); }),
            "[expected_calibration_error] bins = 0 is outside [1, 65536]");
  EXPECT_EQ(expected_calibration_error(confidence, correct, 65536), .5);
}

}  // namespace
}  // namespace crossent
