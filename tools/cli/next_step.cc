#include "cli/next_step.h"

#include "cli/command_line.h"

namespace crossent::cli {

std::optional<std::string> eval_options(const Model& model, std::span<const std::string> kept) {
  if (model.multi_label())
    return " --label " + shell_word(model.targets.front()) + " --prob " +
           shell_word("prob_" + model.targets.front());
  std::string label, values;
  for (const std::string& name : kept) {
    if (name.starts_with("p_")) return std::nullopt;
    if (name == "y" || name == "y_true" || name == "target") label = " --label label";
    for (const char* prefix : {"prob_", "proba_", "z_", "logit_"})
      if (name.starts_with(prefix)) values = " --probs 'p_*'";
  }
  return label + values;
}

}  // namespace crossent::cli
