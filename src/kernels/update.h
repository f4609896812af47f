#pragma once
#include <cstddef>

// What an optimiser does to the parameters: one pass over flat arrays each, T float or double,
// scalars rounded to T once. Element by element the same bits whatever the range, so callers may
// split arrays among threads. Arrays of one call do not overlap.
namespace crossent::kernels {

// v = momentum v + g, w -= rate v; nesterov: w -= rate (g + momentum v). Without momentum
// w -= rate g, and v is neither read nor written.
struct SgdStep {
  double rate = 0, momentum = 0;
  bool nesterov = false;
};
template <class T>
void sgd(const SgdStep& step, T* w, T* v, const T* g, std::size_t n);

// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
// w = decay w - rate m / (v_factor sqrt(v) + epsilon). After t steps (this one counts)
// rate = r / (1 - beta1^t), v_factor = 1 / sqrt(1 - beta2^t); adamw: decay = 1 - r weight_decay.
struct AdamStep {
  double beta1 = 0.9, beta2 = 0.999;
  double rate = 0, v_factor = 1, epsilon = 1e-8, decay = 1;
};
template <class T>
void adam(const AdamStep& step, T* w, T* m, T* v, const T* g, std::size_t n);

// g += l2 w + l1 sign(w), sign(0) = 0: the gradient of l1 |w|_1 + l2 / 2 |w|^2.
template <class T>
void add_penalties(double l1, double l2, T* g, const T* w, std::size_t n);

template <class T>
void scale(double factor, T* x, std::size_t n);

// Sums in f64 as 16 partial sums, element i in i mod 16. NaN and inf pass on: a finite sum of
// magnitudes means finite elements.
template <class T>
double sum_of_squares(const T* x, std::size_t n);
template <class T>
double sum_of_magnitudes(const T* x, std::size_t n);

// out[i] = parts[i] + parts[stride + i] + parts[2 stride + i] + ..., `count` >= 1 terms from the
// left. out may be the first part.
template <class T>
void sum_parts(const T* parts, std::size_t stride, std::size_t count, T* out, std::size_t n);

}  // namespace crossent::kernels
