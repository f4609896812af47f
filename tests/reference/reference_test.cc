#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "reference/binary_cross_entropy.h"
#include "reference/cross_entropy.h"
#include "reference/softmax.h"
#include "reference/squared_error.h"

namespace crossent::reference {
namespace {

using Values = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();

void expect_close(double got, double want, double ulps = 8) {
  EXPECT_NEAR(got, want, ulps * std::numeric_limits<double>::epsilon() * std::fabs(want));
}

// The slope of f along component k: five points, error h^4 f^(5) / 30.
double slope(const std::function<double(Row)>& f, Values v, std::size_t k) {
  const double h = 0x1p-12, at = v[k];
  const auto value = [&](double step) {
    v[k] = at + step;
    return f(v);
  };
  return (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
}

void expect_slopes(const std::function<double(Row)>& f, const Values& v, const Values& gradient) {
  for (std::size_t k = 0; k < v.size(); ++k) EXPECT_NEAR(gradient[k], slope(f, v, k), 1e-11) << k;
}

const Values kRow{1, 2, 3};
const Values kDocument{3.2, 1.3, .2, .8};

TEST(ReferenceSoftmax, KnownValues) {
  const Values p = softmax(kDocument);
  const Values want{.775149548298605, .115938047630072, .0385924235564615, .0703199805148620};
  for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(p[j], want[j], 1e-15);
  expect_close(log_sum_exp(Values{0, -40}), 4.248354255291589e-18);
  EXPECT_EQ(log_sum_exp(Values{}), -kInf);
  EXPECT_EQ(log_sum_exp(Values{-kInf, -kInf}), -kInf);
  EXPECT_EQ(log_sum_exp(Values{kInf, 0}), kInf);
  EXPECT_EQ(softmax(Values{1e308, -1e308}), (Values{1, 0}));
  EXPECT_EQ(softmax(Values{kInf, 0}), (Values{1, 0}));
  expect_close(log_softmax(Values{40, 0})[0], -4.248354255291589e-18);
  EXPECT_EQ(log_softmax(Values{1000, 0})[1], -1000);
}

TEST(ReferenceCrossEntropy, KnownValues) {
  expect_close(cross_entropy(kDocument, 0), .254699302697659, 16);
  expect_close(cross_entropy(kRow, 2), 0.4076059644443803);
  EXPECT_EQ(cross_entropy(Values{1e8, 1e8}, 0), std::log1p(1.0));
  EXPECT_EQ(cross_entropy(Values{9e307, -8e307}, 1), 1.7e308);
  expect_close(cross_entropy(kRow, Values{.2, .3, .5}), 1.1076059644443803);
  EXPECT_EQ(cross_entropy(Values{-kInf, 0}, 0), kInf);
  expect_close(cross_entropy(Values{-kInf, 0, 0}, Values{0, .5, .5}), std::log(2.0));
}

// 40-digit values of the general form.
TEST(ReferenceCrossEntropy, OptionsKnownValues) {
  expect_close(cross_entropy(kRow, 2, {.label_smoothing = .25}), 0.65760596444438031);
  RowOptions weights{.class_weight = {1, 2, 4}, .row_weight = .5, .label_smoothing = .25};
  expect_close(cross_entropy(kRow, 2, weights), 0.89696068629618138);
  weights.smooth_per_row = true;
  expect_close(cross_entropy(kRow, 2, weights), 1.3152119288887606);
  EXPECT_EQ(cross_entropy(kRow, 2, weights), cross_entropy(kRow, Values{0, 0, 1}, weights));
  EXPECT_EQ(total_weight(2, weights), 2);
  EXPECT_EQ(total_weight(Values{.5, .5, 0}, weights), .75);
  const RowOptions bent{.temperature = 2, .softcap = 5, .z_loss = .125};
  expect_close(cross_entropy(kRow, 1, bent), 1.7472213054839378);
  const Values want{.14543074418861767751, -.25042842814371975502, .35045240841108410748};
  for (std::size_t j = 0; j < 3; ++j)
    EXPECT_NEAR(cross_entropy_gradient(kRow, 1, bent)[j], want[j], 4e-16);
  const RowOptions masked{.class_mask = {1, 0, 1}, .label_smoothing = .25};
  expect_close(cross_entropy(kRow, 2, masked), 0.37692801104297250);
  EXPECT_EQ(cross_entropy_gradient(kRow, 2, masked)[1], 0);
  const Values gone{1, -kInf, 3}, bent_row{1, 3};
  EXPECT_EQ(cross_entropy(gone, 2, bent), cross_entropy(bent_row, 1, bent));
  EXPECT_EQ(cross_entropy_gradient(gone, 2, bent)[1], 0);
}

TEST(ReferenceCrossEntropy, GradientsAreTheDerivatives) {
  for (const bool per_row : {false, true}) {
    const RowOptions o{.class_weight = {1, 2, 4},
                       .row_weight = .5,
                       .label_smoothing = .25,
                       .smooth_per_row = per_row,
                       .temperature = 1.5,
                       .softcap = 4,
                       .z_loss = .25};
    const Values t{.2, .3, .5};
    expect_slopes([&](Row z) { return cross_entropy(z, 1, o); }, kRow,
                  cross_entropy_gradient(kRow, 1, o));
    expect_slopes([&](Row z) { return cross_entropy(z, t, o); }, kRow,
                  cross_entropy_gradient(kRow, t, o));
    RowOptions held = o;  // per row the mean class weight is constant: .2 1 + .3 2 + .5 4
    if (per_row) held.class_weight = {2.8, 2.8, 2.8};
    expect_slopes([&](Row u) { return cross_entropy(kRow, u, held); }, t,
                  cross_entropy_target_gradient(kRow, t, o));
  }
}

TEST(ReferenceCrossEntropy, ClassWeightsOfOneAreNeutralWhateverTheTargetSumsTo) {
  const Values t{.5, 1, .5};
  RowOptions o{.label_smoothing = .25};
  const double plain = cross_entropy(kRow, t, o);
  o.class_weight = {1, 1, 1};
  o.smooth_per_row = true;
  expect_close(cross_entropy(kRow, t, o), plain);
}

TEST(ReferenceCrossEntropy, GradientOfACertainTargetKeepsItsDigits) {
  const Values g = cross_entropy_gradient(Values{40, 0}, 0);
  expect_close(g[0], -4.248354255291589e-18);
  expect_close(g[1], 4.248354255291589e-18);
  EXPECT_EQ(cross_entropy_gradient(Values{0, 0}, Values{1, 1}), (Values{0, 0}));
}

TEST(ReferenceCrossEntropy, FromProbabilitiesAndLogProbabilities) {
  const Values p{.2, .7, .1}, t{0, 1, 0}, b{0, 2, 0};
  expect_close(loss_of_probabilities(p, t), .356674943938732, 16);
  EXPECT_EQ(loss_of_probabilities(Values{0, 1}, Values{1, 0}), kInf);
  EXPECT_EQ(loss_of_probabilities(Values{0, 1}, Values{0, 1}), 0);
  EXPECT_EQ(loss_of_log_probabilities(Values{-1, -kInf}, Values{2, 0}), 2);
  EXPECT_EQ(gradient_of_probabilities(p, b), (Values{0, -2 / .7, 0}));
  EXPECT_EQ(gradient_of_log_probabilities(b), (Values{0, -2, 0}));
}

TEST(ReferenceBinary, KnownValues) {
  expect_close(binary_loss(40, 1), 4.248354255291589e-18);
  EXPECT_EQ(binary_loss(40, 1), binary_loss(-40, 0));
  EXPECT_EQ(binary_loss(kInf, 1), 0);
  EXPECT_EQ(binary_loss(kInf, 0), kInf);
  expect_close(binary_loss(-2, .5, {.pos_weight = 3}), 3.253856022085945);
  expect_close(binary_gradient(40, 1), -4.248354255291589e-18);
  expect_close(binary_gradient(-2, 1, {.pos_weight = 3}), -2.6423912339336475);
  expect_close(binary_hessian(-2, 1), .10499358540350651);
  expect_close(binary_loss(0, 1, {.weight = 3, .label_smoothing = .5}), 3 * std::log(2.0));
}

TEST(ReferenceBinary, DerivativesAgree) {
  const ElementOptions o{.weight = 2, .pos_weight = 3, .label_smoothing = .125};
  for (const double t : {0.0, .25, 1.0}) {
    expect_slopes([&](Row x) { return binary_loss(x[0], t, o); }, {.5},
                  {binary_gradient(.5, t, o)});
    expect_slopes([&](Row x) { return binary_gradient(x[0], t, o); }, {.5},
                  {binary_hessian(.5, t, o)});
    expect_slopes([&](Row u) { return binary_loss(.5, u[0], o); }, {t},
                  {binary_target_gradient(.5, o)});
    expect_slopes([&](Row p) { return binary_loss_of_probability(p[0], t, o); }, {.5},
                  {binary_gradient_of_probability(.5, t, o)});
    expect_slopes([&](Row p) { return binary_gradient_of_probability(p[0], t, o); }, {.5},
                  {binary_hessian_of_probability(.5, t, o)});
  }
}

TEST(ReferenceBinary, FromProbabilitiesKeepsTinyAndInfiniteLosses) {
  EXPECT_EQ(binary_loss_of_probability(1e-17, 0), 1e-17);
  expect_close(binary_loss_of_probability(1e-50, 1), 115.12925464970229);
  EXPECT_EQ(binary_loss_of_probability(0, 1), kInf);
  EXPECT_EQ(binary_loss_of_probability(1, 1), 0);
  EXPECT_EQ(binary_gradient_of_probability(0, 0), 1);
  EXPECT_EQ(binary_gradient_of_probability(1, 1), -1);
}

TEST(ReferenceSquaredError, KnownValues) {
  const Values p{.2, .7, .1}, t{0, 1, 0};
  expect_close(squared_error(p, t), .14);
  expect_close(mean_squared_error(p, t), .14 / 3);
  const Values z{std::log(.2), std::log(.7), std::log(.1)}, want{.144, -.196, .052};
  for (std::size_t j = 0; j < 3; ++j)
    EXPECT_NEAR(squared_error_softmax_gradient(z, t)[j], want[j], 4e-16);
}

TEST(ReferenceSquaredError, GradientsAreTheDerivatives) {
  const Values t{.2, .3, .5};
  const auto through_sigmoid = [&](Row z) {
    return squared_error(Values{sigmoid(z[0]), sigmoid(z[1]), sigmoid(z[2])}, t);
  };
  expect_slopes([&](Row z) { return squared_error(softmax(z), t); }, kRow,
                squared_error_softmax_gradient(kRow, t));
  expect_slopes(through_sigmoid, kRow, squared_error_sigmoid_gradient(kRow, t));
  expect_slopes([&](Row p) { return squared_error(p, t); }, kRow, squared_error_gradient(kRow, t));
}

}  // namespace
}  // namespace crossent::reference
