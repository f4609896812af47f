#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "crossent/binary_cross_entropy.h"
#include "crossent/error.h"
#include "precise/definitions.h"
#include "precise/ulp.h"

// A binary problem, its answer, and how far a number is off.
namespace crossent {
namespace {

using precise::Big;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
struct Answer {
  Result result;
  std::vector<double> loss;
  std::vector<T> gradient, hessian;
};

template <class T = double>
struct Problem {
  std::vector<T> x, t;
  std::size_t cols = 1;
  BinaryOptions options{};
  std::vector<double> upstream{};

  std::size_t rows() const { return x.size() / cols; }
  BinaryOutputs<T> outputs(Answer<T>& a) const {
    a.loss.assign(x.size(), -1);
    a.gradient.resize(x.size());
    a.hessian.resize(x.size());
    BinaryOutputs<T> out;
    out.loss = a.loss;
    out.gradient = matrix(a.gradient.data(), rows(), cols);
    out.hessian = matrix(a.hessian.data(), rows(), cols);
    if (!upstream.empty()) out.upstream = upstream;
    return out;
  }
  Answer<T> solve() const {
    Answer<T> a;
    const auto out = outputs(a);
    a.result = binary_cross_entropy<T>(matrix(x.data(), rows(), cols),
                                       matrix(t.data(), rows(), cols), options, out);
    return a;
  }
  std::string refusal() const {
    try {
      solve();
    } catch (const ValueError& e) {
      return e.what();
    }
    return "not refused";
  }
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}
template <class T>
bool same_bits(const Answer<T>& a, const Answer<T>& b) {
  return same_bits(a.loss, b.loss) && same_bits(a.gradient, b.gradient) &&
         same_bits(a.hessian, b.hessian) && a.result.sum == b.result.sum &&
         a.result.mean == b.result.mean;
}

double relative(double got, double want) { return std::fabs(got / want - 1); }

}  // namespace
}  // namespace crossent
