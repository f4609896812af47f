#pragma once
#include <vector>

#include "crossent/train.h"
#include "train/pass.h"

namespace crossent::training {

/// Scores of rows under spec's cost (mean: divided by rows * mean_weight).
template <class T>
Scores evaluate(Pass<T>& pass, const Network<T>& network, const RowSet<T>& rows,
                double mean_weight);

/// What the hidden units do over the rows, and how many outputs are sure of what is wrong.
struct Health {
  std::vector<LayerHealth> layers{};
  double confidently_wrong = 0;
};
template <class T>
Health examine(Pass<T>& pass, const Network<T>& network, const RowSet<T>& rows);

}  // namespace crossent::training
