#pragma once
#include "crossent/view.h"

namespace crossent::kernels {

// The same matrix with rows and columns exchanged; nothing moves.
template <class T>
MatrixView<T> transposed(MatrixView<T> x) {
  return {x.data, x.cols, x.rows, x.col_stride, x.row_stride};
}

// c [m, n] = a [m, k] b [k, n], or c += a b: the products of a network's layers, on one
// thread. Every element takes its k terms one by one, in rising order, by fused multiply-add (where
// the target has it), beginning with 0 or what is there: its bits depend neither on the vectors nor
// on the other rows and columns of the call.
// a and b may have any strides (transposed: a^T g, g b^T), fastest where b.col_stride == 1;
// c.col_stride == 1, and c overlaps neither. Nothing outside the matrices is read.
void product(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
             bool accumulate);
void product(MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c,
             bool accumulate);

}  // namespace crossent::kernels
