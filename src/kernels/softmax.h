#pragma once
#include <span>

#include "kernels/rows.h"

namespace crossent::kernels {

struct SoftmaxTask {
  Source logits;
  Sink out;  // softmax, or log-softmax; none: only Row::lse
  bool logarithm = false;
};

// Row::lse (and Row::status) of at most kRowsPerCall rows, and their softmax or log-softmax.
void softmax_f32(const SoftmaxTask& task, std::span<Row> rows);
void softmax_f64(const SoftmaxTask& task, std::span<Row> rows);

}  // namespace crossent::kernels
