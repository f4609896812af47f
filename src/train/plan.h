#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/refuse.h"
#include "crossent/train.h"
#include "train/pass.h"

namespace crossent::training {

/// Options with everything decided and checked.
struct Plan {
  TrainOptions options;
  Architecture architecture{};
  CostSpec spec{};

  bool lbfgs() const { return options.optimizer == Optimizer::lbfgs; }
  /// Of a step of an epoch (both 0-based) of `steps` steps.
  double rate(std::int64_t epoch, std::int64_t step, std::int64_t steps) const;
};

/// Refuses costs that make no sense for the classes or targets.
void check_cost(const TrainOptions& options, std::size_t classes, bool several_targets);

/// Refuses rows whose elements are not side by side, or that overlap.
template <class T>
void check_layout(std::string_view op, const std::string& name, const MatrixView<T>& x);

/// Refuses a network that does not hold the numbers of its architecture.
template <class T>
void check_network(std::string_view op, const char* name, const Network<T>& network) {
  if (network.parameters.size() != network.architecture.parameters())
    refuse(op, name,
           std::string(name) + " has " + std::to_string(network.parameters.size()) +
               " parameters, its architecture has " +
               std::to_string(network.architecture.parameters()));
}

/// Errors  ValueError naming the option, its value and its range
template <class T>
Plan make_plan(const TrainingRows<T>& training, std::size_t classes, const TrainOptions& options,
               bool has_validation);

/// Rows after their check: labels as they are needed, the mean class weight.
template <class T>
struct CheckedRows {
  RowSet<T> rows{};
  std::vector<std::int32_t> label{};
  std::vector<float> target{};
  double mean_weight = 1;
};
/// Errors  ValueError for shapes, labels, targets other than 0 and 1, values that are not finite;
///         `name` is the argument in messages
template <class T>
CheckedRows<T> check_rows(const TrainingRows<T>& rows, const CostSpec& spec, std::size_t features,
                          const char* name);

/// A new network by options.init and options.seed.
template <class T>
Network<T> initial_network(const Plan& plan);

}  // namespace crossent::training
