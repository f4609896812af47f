#pragma once
#include <omp.h>

#include "crossent/view.h"
#include "kernels/product.h"

// Matrix products of one thread: f32 by oneDNN, f64 (which oneDNN has not) by src/kernels/product.
namespace crossent::training {

/// oneDNN starts threads of its own, and its bits follow their number: within this scope it has
/// one. OpenMP keeps the setting by thread.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

using kernels::product;
using kernels::transposed;

/// c [m, n] = a [m, k] b [k, n], or c += a b. One stride of a and of b is 1, c.col_stride is 1.
void product(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
             bool accumulate);

}  // namespace crossent::training
