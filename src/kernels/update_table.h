#pragma once
#include "kernels/update.h"

namespace crossent::kernels {

// The functions of update.h for one SIMD target.
template <class T>
struct UpdateTable {
  void (*sgd)(const SgdStep& step, T* w, T* v, const T* g, std::size_t n);
  void (*adam)(const AdamStep& step, T* w, T* m, T* v, const T* g, std::size_t n);
  void (*add_penalties)(double l1, double l2, T* g, const T* w, std::size_t n);
  void (*scale)(double factor, T* x, std::size_t n);
  double (*sum_of_squares)(const T* x, std::size_t n);
  double (*sum_of_magnitudes)(const T* x, std::size_t n);
  void (*sum_parts)(const T* parts, std::size_t stride, std::size_t count, T* out, std::size_t n);
};

}  // namespace crossent::kernels
