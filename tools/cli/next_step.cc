#include "cli/next_step.h"

#include <algorithm>
#include <cctype>

#include "cli/output/text.h"

namespace crossent::cli {

std::string shell_word(std::string_view text) {
  const auto plain = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x80 || std::isalnum(u) ||
           std::string_view("_-+./:,@%").find(c) != std::string::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return escape(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return escape(out + "'");
}

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
