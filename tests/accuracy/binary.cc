#include <cmath>
#include <cstdio>
#include <random>

#include "accuracy/table.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cpu.h"
#include "precise/batch.h"

namespace crossent::accuracy {
namespace {

using namespace precise;  // NOLINT: this file speaks of nothing else

template <class T>
void compare(Table& table, const Batch<T>& b, const char* family, const std::vector<double>& loss,
             const Matrix<T>& gradient, const Matrix<T>& hessian) {
  const char* type = TypeInfo<T>::kName;
  const int bits = TypeInfo<T>::kComputeBits;
  const std::string target = simd_target();
  for (std::size_t j = 0; j < b.x.cols(); ++j) {
    const double x = widen(b.x(0, j)), t = widen(b.target(0, j));
    const auto exact = solve_binary<DD>(x, t, 1, 1);
    char input[96];
    std::snprintf(input, sizeof input, "%s, x = %.17g, t = %.17g", family, x, t);
    // near the end of f64's range 40 bits are enough
    const double loss_ulps = relative_ulps(loss[j], exact.loss, bits);
    table.record("binary_cross_entropy: loss", 4, type, target,
                 to_double(exact.loss) < kTinyLoss ? loss_ulps * 0x1p-12 : loss_ulps, input);
    const double scale = t == 0 || t == 1 ? 0 : to_double(exact.scale);
    table.record("binary_cross_entropy: gradient", 8, type, target,
                 element_ulps(gradient(0, j), exact.gradient, bits, scale), input);
    table.record("binary_cross_entropy: second derivative", 8, type, target,
                 element_ulps(hessian(0, j), exact.hessian, bits), input);
  }
}

template <class T>
void binary_of(Table& table) {
  constexpr std::size_t kCount = 4000;
  std::mt19937_64 rng(3);
  Batch<T> b(1, kCount);
  std::vector<double> t(kCount);
  for (int f = 0; f < static_cast<int>(Family::count); ++f) {
    const auto family = static_cast<Family>(f);
    if (family == Family::late_start || family == Family::masked) continue;  // -inf
    b.x.set_row(0, make_row(family, kCount, reach_of(TypeInfo<T>::kName), rng));
    for (double& v : t)
      v = static_cast<double>(rng() % 3 == 0 ? rng() % 257 : 256 * (rng() % 2)) / 256;
    b.target.set_row(0, t);
    for (const std::string& target : simd_targets()) {
      set_simd_target(target);
      std::vector<double> loss(kCount);
      Matrix<T> gradient(1, kCount), hessian(1, kCount);
      BinaryOptions options;
      options.reduction = Reduction::none;
      const MatrixView<const T> x = b.x.view(), soft = b.target.view();
      binary_cross_entropy<T>(x, soft, options, {loss, gradient.view(), hessian.view(), {}});
      compare(table, b, name_of(family), loss, gradient, hessian);
    }
  }
}

// Probabilities of every size, and near 1.
void probabilities(Table& table) {
  constexpr std::size_t kCount = 40000;
  std::mt19937_64 rng(4);
  std::uniform_real_distribution<double> unit(0, 1), exponent(-300, 0);
  std::vector<double> p(kCount), t(kCount), loss(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    p[i] = i % 2 != 0 ? unit(rng) : std::pow(10.0, exponent(rng));
    if (i % 8 == 4) p[i] = 1 - unit(rng) * std::ldexp(1.0, -static_cast<int>(rng() % 50));
    t[i] = i < kCount / 2 ? static_cast<double>(rng() % 2) : static_cast<double>(rng() % 257) / 256;
  }
  BinaryOptions options;
  options.kind = Kind::probabilities;
  for (const std::string& target : simd_targets()) {
    set_simd_target(target);
    BinaryOutputs<double> outputs;
    outputs.loss = loss;
    binary_cross_entropy<double>(matrix<const double>(p.data(), kCount, 1),
                                 matrix<const double>(t.data(), kCount, 1), options, outputs);
    for (std::size_t i = 0; i < kCount; ++i) {
      char input[96];
      std::snprintf(input, sizeof input, "p = %.17g, t = %.17g", p[i], t[i]);
      const auto exact = solve_binary_probability<DD>(p[i], t[i], 1, 1);
      table.record("binary_cross_entropy: loss of probabilities", 4, "f64", target,
                   relative_ulps(loss[i], exact.loss, 53), input);
    }
  }
}

}  // namespace

void measure_binary(Table& table) {
  binary_of<float>(table);
  binary_of<double>(table);
  binary_of<f16>(table);
  binary_of<bf16>(table);
  probabilities(table);
}

}  // namespace crossent::accuracy
