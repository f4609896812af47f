// Weak stand-ins until the real functions land; deleted then.
#include <cmath>

#include "kernels/math.h"

namespace crossent::kernels {

__attribute__((weak)) double exp(double x) { return std::exp(x); }
__attribute__((weak)) double expm1(double x) { return std::expm1(x); }
__attribute__((weak)) double log(double x) { return std::log(x); }
__attribute__((weak)) double log1p(double x) { return std::log1p(x); }
__attribute__((weak)) double tanh(double x) { return std::tanh(x); }
__attribute__((weak)) double pow(double x, double y) { return std::pow(x, y); }

}  // namespace crossent::kernels
