#pragma once
#include <string>
#include <vector>

#include "cli/output/text.h"

// The two cost curves of a yes-or-no row, drawn.
namespace crossent::cli {

/// A point of both curves: the predicted probability of yes, and the cost if the truth is yes or
/// no.
struct CostPoint {
  double h, yes, no;  ///< costs in nats
};

/// At every h; from the library.
std::vector<CostPoint> cost_points(const std::vector<double>& h);

std::string terminal_plot(const Style& style, int columns);
std::string svg_plot();

}  // namespace crossent::cli
