#pragma once
#include <string>

#include "cli/loss_rows.h"
#include "cli/output/text.h"
#include "cli/units.h"

namespace crossent::cli {

/// The answer for people; `steps`: with the formulas, the numbers put in.
std::string loss_text(const LossQuestion& question, const LossAnswer& answer, const Unit& unit,
                      const Style& style, bool steps);

/// The formula of one row: lines that follow "= ", and the squared error's.
struct Steps {
  std::string probabilities;  ///< how p comes from what was given; "" when p was given
  std::string cross_entropy;  ///< "-[ 0 ln 0.20 + 1 ln 0.70 + 0 ln 0.10 ] = -ln 0.70"
  std::string squared_error;  ///< "0.20^2 + (0.70-1)^2 + 0.10^2"
};
Steps steps_of(const LossQuestion& question, const LossRow& row, const Unit& unit);

}  // namespace crossent::cli
