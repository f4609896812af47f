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

}  // namespace

void measure_binary(Table& table) {
  binary_of<float>(table);
  binary_of<double>(table);
  binary_of<f16>(table);
  binary_of<bf16>(table);
}

}  // namespace crossent::accuracy
