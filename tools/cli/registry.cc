#include <algorithm>

#include "cli/verb.h"

namespace crossent::cli {

std::span<const VerbInfo> verbs() {
  static const std::vector<VerbInfo> all = {
      loss_verb(), entropy_verb(), joint_verb(),   explain_verb(), curve_verb(),
      eval_verb(), train_verb(),   predict_verb(), info_verb(),    completions_verb(),
  };
  return all;
}

const VerbInfo* find_verb(std::string_view name) {
  for (const VerbInfo& verb : verbs())
    if (verb.name == name || std::count(verb.aliases.begin(), verb.aliases.end(), name) > 0)
      return &verb;
  return nullptr;
}

}  // namespace crossent::cli
