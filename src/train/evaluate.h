#pragma once
#include <vector>

#include "crossent/train.h"
#include "train/pass.h"

namespace crossent::training {

/// What the hidden units do over the rows, and how many outputs are sure of what is wrong.
struct Health {
  std::vector<LayerHealth> layers{};
  double confidently_wrong = 0;
};

/// Scores of rows under spec's cost (mean: divided by rows * mean_weight); `health` in the same
/// pass, where it is wanted.
template <class T>
Scores evaluate(Pass<T>& pass, const Network<T>& network, const RowSet<T>& rows, double mean_weight,
                Health* health = nullptr);

}  // namespace crossent::training
