#include <cmath>
#include <cstdio>
#include <random>

#include "accuracy/table.h"
#include "crossent/cpu.h"
#include "kernels/math.h"
#include "precise/double_double.h"
#include "precise/ulp.h"

namespace crossent::accuracy {
namespace {

using precise::DD;

struct Function {
  const char* name;
  double (*ours)(double);
  DD (*exact)(DD);
  double low, high;
  bool positive;
};

// Uniform, or spread over the exponents, or near 0 and 1.
double argument(const Function& f, int i, std::mt19937_64& rng) {
  const double u = static_cast<double>(rng() >> 11) * 0x1p-53;
  const double sign = f.positive || rng() % 2 ? 1 : -1;
  if (i % 3 == 0) return f.low + u * (f.high - f.low);
  if (i % 3 == 1) return sign * std::exp2(-60 + 66 * u);
  return f.positive ? 1 + (u - 0.5) * std::exp2(-static_cast<double>(rng() % 50)) : sign * u;
}

}  // namespace

void measure_functions(Table& table) {
  const Function functions[] = {
      {"exp", [](double x) { return kernels::exp(x); }, precise::exp_of, -700, 709, false},
      {"expm1", [](double x) { return kernels::expm1(x); }, precise::expm1_of, -50, 709, false},
      {"log", [](double x) { return kernels::log(x); }, precise::log_of, 1e-300, 1e300, true},
      {"log1p", [](double x) { return kernels::log1p(x); }, precise::log1p_of, 0, 1e9, true},
      {"tanh", [](double x) { return kernels::tanh(x); }, precise::tanh_of, -20, 20, false}};
  for (const Function& f : functions) {
    std::mt19937_64 rng(1);
    for (int i = 0; i < 150000; ++i) {
      const double x = argument(f, i, rng);
      if (!(x >= f.low && x <= f.high)) continue;
      const DD exact = f.exact(x);
      const double got = f.ours(x), value = precise::to_double(exact);
      const double error = std::fabs(precise::to_double(DD(got) - exact));
      char input[64];
      std::snprintf(input, sizeof input, "x = %.17g", x);
      table.record({f.name, "", "f64", simd_target()}, 1,
                   error == 0 ? 0 : error / precise::unbounded_ulp(value, 53), input);
    }
  }
}

}  // namespace crossent::accuracy
