#pragma once
#include <cstddef>
#include <cstdint>

#include "crossent/view.h"

// What lies between the products of a network: activations of hidden layers, their slopes, biases.
// T is float or double; tanh, sigmoid and gelu of f32 are computed in f64 and rounded once.
// Elements and columns have the same bits whatever their neighbours. NaN gives NaN. Within 1 ulp:
// tanh; 3: sigmoid; 5: gelu and its slope, down to 2^-1016; f32: half an ulp.
namespace crossent::kernels {

// In the order of crossent::HiddenActivation. gelu: z Phi(z), Phi the normal distribution.
enum class Hidden : std::uint8_t { tanh, sigmoid, relu, gelu, identity };

// a[i] = f(z[i]); a may be z.
template <class T>
void activate(Hidden f, const T* z, T* a, std::size_t n);

// g[i] *= f'(z[i]). `kept` is the activation's outputs a, except for gelu: its inputs z.
template <class T>
void multiply_by_slope(Hidden f, const T* kept, T* g, std::size_t n);

// Every row of z (col_stride 1) = bias, or += bias.
template <class T>
void add_bias(const T* bias, MatrixView<T> z, bool accumulate);

// out[j] = sum over the rows, in rising order, of g(i, j), or out[j] += it, beginning with what is
// there; g.col_stride == 1.
void column_sums(MatrixView<const float> g, float* out, bool accumulate);
void column_sums(MatrixView<const double> g, double* out, bool accumulate);

}  // namespace crossent::kernels
