#pragma once
#include "kernels/rows.h"

namespace crossent::kernels {

struct SoftmaxTask {
  Source logits;
  Sink out;  // softmax, or log-softmax; none: only Rows::lse
  bool logarithm = false;
};

// Rows::lse (and Rows::status) of at most kRowsPerCall rows, and their softmax or log-softmax.
void softmax_f32(const SoftmaxTask& task, Rows& rows);
void softmax_f64(const SoftmaxTask& task, Rows& rows);

}  // namespace crossent::kernels
