#pragma once
#include "kernels/rows.h"

namespace crossent::kernels {

struct ProbabilitiesTask {
  Source values;  // probabilities, or their logarithms
  bool logarithms = false;
  bool normalize = false;  // probabilities only: divided by their sum
  double clip = 0;         // probabilities only: into [clip, 1 - clip]; 0: off
  double tolerance = 0;    // of the sum around 1; 0: values are not checked
  bool details = true;     // whether Rows::lse and argmax are wanted
  Target target;
  Sink gradient;         // d loss / d value
  Sink target_gradient;  // d loss / d t
};

// Cross-entropy of at most kRowsPerCall rows of (log-)probabilities, in f64 arithmetic.
void probabilities_cross_entropy(const ProbabilitiesTask& task, Rows& rows);

}  // namespace crossent::kernels
