#pragma once
#include <string>
#include <vector>

#include "cli/output/text.h"
#include "cli/units.h"

// The two cost curves of a yes-or-no row, drawn.
namespace crossent::cli {

/// A point of both curves: the predicted probability of yes, and the cost if the truth is yes or
/// no.
struct CostPoint {
  double h, yes, no;  ///< costs in nats
};

/// At every h; from the library.
std::vector<CostPoint> cost_points(const std::vector<double>& h);

/// The axis of costs is in `unit`.
std::string terminal_plot(const Style& style, int columns, const Unit& unit);
std::string svg_plot(const Unit& unit);

}  // namespace crossent::cli
