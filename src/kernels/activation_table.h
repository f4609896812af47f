#pragma once
#include "kernels/activation.h"

namespace crossent::kernels {

// The functions of activation.h for one SIMD target.
template <class T>
struct ActivationTable {
  void (*activate)(Hidden f, const T* z, T* a, std::size_t n);
  void (*multiply_by_slope)(Hidden f, const T* kept, T* g, std::size_t n);
  void (*add_bias)(const T* bias, MatrixView<T> z, bool accumulate);
  void (*column_sums)(MatrixView<const T> g, T* out, bool accumulate);
};

}  // namespace crossent::kernels
