#include <cstdio>

#include "accuracy/batches.h"
#include "crossent/binary_cross_entropy.h"

namespace crossent::accuracy {
namespace {

using namespace precise;  // NOLINT: this file speaks of nothing else

/// The operation's name in the tables, and how it is asked for and answered.
struct Form {
  const char* operation;
  const char* x;
  Kind kind;
  BinaryAnswer<Big> (*solve)(double x, double t, double weight, double pos_weight);
};

constexpr Form kLogits = {"binary_cross_entropy", "x", Kind::logits, solve_binary<Big>};
constexpr Form kProbabilities = {"binary_cross_entropy of probabilities", "p", Kind::probabilities,
                                 solve_binary_probability<Big>};

template <class T>
struct Elements {
  std::vector<double> loss;
  Matrix<T> gradient, hessian;
};

template <class T>
Elements<T> run(Batch<T>& b, Kind kind) {
  const std::size_t count = b.x.cols();
  Elements<T> out{std::vector<double>(count), Matrix<T>(1, count), Matrix<T>(1, count)};
  BinaryOptions options;
  options.kind = kind;
  options.reduction = Reduction::none;
  const MatrixView<const T> x = b.x.view(), t = b.target.view();
  binary_cross_entropy<T>(x, t, options, {out.loss, out.gradient.view(), out.hessian.view(), {}});
  return out;
}

// One row of elements on every SIMD target.
template <class T>
void record_elements(Table& table, const Form& form, Batch<T>& b, const std::string& family) {
  const bool wide = form.kind == Kind::probabilities;  // their arithmetic is f64
  const int bits = wide ? 53 : TypeInfo<T>::kComputeBits;
  std::vector<BinaryAnswer<Big>> answers;
  for (std::size_t j = 0; j < b.x.cols(); ++j)
    answers.push_back(form.solve(widen(b.x(0, j)), widen(b.target(0, j)), 1, 1));
  for (const std::string& target : simd_targets()) {
    set_simd_target(target);
    const Elements<T> got = run(b, form.kind);
    for (std::size_t j = 0; j < b.x.cols(); ++j) {
      const double x = widen(b.x(0, j)), t = widen(b.target(0, j));
      char input[96];
      std::snprintf(input, sizeof input, "%s%s = %.17g, t = %.17g", family.c_str(), form.x, x, t);
      const auto record = [&](const char* result, double limit, double ulps) {
        table.record({form.operation, result, TypeInfo<T>::kName, target}, limit, ulps, input);
      };
      const auto& exact = answers[j];
      const double ulps = relative_ulps(got.loss[j], exact.loss, bits);
      record("loss", kLossUlps, to_double(exact.loss) < kTinyLoss ? ulps * 0x1p-12 : ulps);
      const double scale = t == 0 || t == 1 ? 0 : to_double(exact.scale);
      record("gradient", kGradientUlps,
             element_ulps(got.gradient(0, j), exact.gradient, bits, scale));
      record("second derivative", kGradientUlps,
             element_ulps(got.hessian(0, j), exact.hessian, bits));
    }
  }
}

// Of 256ths, and 0 and 1.
std::vector<double> targets(std::size_t count, Rng& rng) {
  std::vector<double> t(count);
  for (double& v : t)
    v = static_cast<double>(one_in(rng, 3) ? rng() % 257 : 256 * (rng() % 2)) / 256;
  return t;
}

template <class T>
void logits_of(Table& table) {
  constexpr std::size_t kCount = 4000;
  Rng rng(3);
  Batch<T> b(1, kCount);
  for (int f = 0; f < static_cast<int>(Family::count); ++f) {
    const auto family = static_cast<Family>(f);
    if (family == Family::late_start || family == Family::masked) continue;  // -inf
    b.x.set_row(0, make_row(family, kCount, reach_of(TypeInfo<T>::kName), rng));
    b.target.set_row(0, targets(kCount, rng));
    record_elements(table, kLogits, b, std::string(name_of(family)) + ", ");
  }
}

// Probabilities of every size that T has, and near 1.
template <class T>
void probabilities_of(Table& table) {
  constexpr std::size_t kCount = 40000;
  Rng rng(4);
  Batch<T> b(1, kCount);
  std::vector<double> p(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    p[i] = i % 2 != 0 ? uniform(rng, 0, 1) : std::exp2(uniform(rng, TypeInfo<T>::kMinExponent, 0));
    if (i % 8 == 4) p[i] = 1 - uniform(rng, 0, 1) * std::ldexp(1.0, -static_cast<int>(rng() % 50));
  }
  b.x.set_row(0, p);
  b.target.set_row(0, targets(kCount, rng));
  record_elements(table, kProbabilities, b, "");
}

}  // namespace

void measure_binary(Table& table) {
  for_each_type([&]<class T>() { logits_of<T>(table); });
  for_each_type([&]<class T>() { probabilities_of<T>(table); });
}

}  // namespace crossent::accuracy
