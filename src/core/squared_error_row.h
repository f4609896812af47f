#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "crossent/squared_error.h"

namespace crossent::core {

/// One row of a squared error in f64, and the memory it keeps from row to row.
struct SquaredRow {
  Activation activation = Activation::softmax;
  bool logits = true;
  double tolerance = 0;  ///< of the sum of probabilities; 0: values are not checked
  bool gradient_wanted = false;

  std::vector<double> x, t;  ///< [outputs], given; with label >= 0 t is not
  std::ptrdiff_t label = -1;

  double loss = 0;  ///< sum of squares; the derivatives are of it
  std::vector<double> gradient, hessian;
  std::string_view fault_argument, fault;  ///< what is wrong with the row; empty: nothing
  std::int64_t fault_column = -1;
  double fault_value = 0;

  void resize(std::size_t outputs);
  /// Loss and derivatives; all NaN when there is a fault.
  void solve();

 private:
  void find_fault();
  void report(std::string_view argument, std::string_view what, double value, std::int64_t column);
  void check_softmax();
  void find_label();
  void solve_softmax();
  void solve_elements();
  double apply_softmax();

  std::vector<double> p_;  // outputs
};

}  // namespace crossent::core
