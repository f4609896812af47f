#pragma once
#include "kernels/rows.h"

namespace crossent::kernels {

struct CrossEntropyTask {
  Source logits;
  Target target;
  double z_loss = 0;
  Sink gradient;         // may be the logits
  Sink target_gradient;  // d loss / d t
};

// Loss, lse, argmax and gradients of at most kRowsPerCall rows; f32 or f64 arithmetic. f32 cannot
// do Source::temperature and softcap.
void cross_entropy_f32(const CrossEntropyTask& task, Rows& rows);
void cross_entropy_f64(const CrossEntropyTask& task, Rows& rows);

}  // namespace crossent::kernels
