#include "cli/next_step.h"

#include <algorithm>
#include <iterator>

#include "cli/command_line.h"
#include "cli/label_names.h"

namespace crossent::cli {

std::optional<std::string> eval_options(const Model& model, std::span<const std::string> kept) {
  if (model.multi_label())
    return " --label " + shell_word(model.targets.front()) + " --prob " +
           shell_word("prob_" + model.targets.front());
  std::string label, values;
  for (const std::string& name : kept) {
    if (name.starts_with("p_")) return std::nullopt;
    // Two of these names are one too many for eval to choose.
    if (name != "label" && std::count(std::begin(kLabelNames), std::end(kLabelNames), name) > 0)
      label = " --label label";
    for (const char* prefix : {"prob_", "proba_", "z_", "logit_"})
      if (name.starts_with(prefix)) values = " --probs 'p_*'";
  }
  return label + values;
}

}  // namespace crossent::cli
