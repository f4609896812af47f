#pragma once
#include <cstddef>

// Elementary functions of every result path, f64. One function serves a scalar and an array: the
// same bits on every SIMD target that has fused multiply-add, within 1 ulp everywhere
// (docs/accuracy.md).
namespace crossent::kernels {

double exp(double x);  // exp(0) == 1; underflows gradually
double expm1(double x);
double log(double x);  // log(0) = -inf, log(x < 0) = NaN
double log1p(double x);
double tanh(double x);
double pow(double x, double y);  // x >= 0; exp(y log x) with a double-double log

void exp(const double* x, double* out, std::size_t n);  // out may be x
void log(const double* x, double* out, std::size_t n);
void log1p(const double* x, double* out, std::size_t n);
void tanh(const double* x, double* out, std::size_t n);

}  // namespace crossent::kernels
