#include "cli/verdict.h"

#include <fmt/format.h>

#include <numbers>

namespace crossent::cli {
namespace {

constexpr double kCountable = 1e9;  // choices that still say something

// Where e^loss is beyond any number of classes, and soon beyond binary64.
std::string vanishing_probability(const Style& style, const Explanation& x) {
  const double nats = x.bits * std::numbers::ln2;
  return nats > 1e6 * std::numbers::ln10
             ? "the truth typically gets a probability below 10^-1000000"
             : "the truth typically gets a probability of " + style.power_of_ten(-nats);
}

std::string equal_choices(const Style& style, const Explanation& x) {
  if (x.perplexity > kCountable) return vanishing_probability(style, x);
  const bool worse = x.classes && x.perplexity > static_cast<double>(*x.classes);
  std::string text =
      fmt::format("like choosing among {} equally likely classes", style.rounded(x.perplexity));
  if (x.classes)
    text += worse ? fmt::format(" where there are {}", grouped(*x.classes))
                  : fmt::format(" (of {})", grouped(*x.classes));
  return text;
}

}  // namespace

std::string verdict(const Style& style, const Explanation& x) {
  const std::string like = equal_choices(style, x);
  switch (x.diagnosis) {
    case Diagnosis::infinite:
      return "Infinite: at least one truth was given probability 0, and no other row can make up "
             "for it.";
    case Diagnosis::far_above_uniform:
      return fmt::format("Confidently wrong: {}.", like);
    case Diagnosis::above_uniform:
      return fmt::format("Worse than guessing: {}.", like);
    case Diagnosis::above_frequencies:
      return fmt::format("Worse than knowing only how often each class occurs: {}.", like);
    case Diagnosis::near_frequencies:
      return fmt::format("Learned how often each class occurs, at most: {}.", like);
    case Diagnosis::below_frequencies:
      return fmt::format("Some signal, a little better than the class frequencies: {}.", like);
    case Diagnosis::clearly_below_frequencies:
      return fmt::format("Real signal, clearly better than the class frequencies: {}.", like);
    case Diagnosis::near_uniform:
      return fmt::format("No better than guessing: {}.", like);
    case Diagnosis::below_uniform:
      if (x.skill_uniform.value_or(0) >= 0.9) return fmt::format("Nearly sure: {}.", like);
      if (x.skill_uniform.value_or(0) >= 0.5)
        return fmt::format("Much better than guessing: {}.", like);
      return fmt::format("Better than guessing, still unsure: {}.", like);
    case Diagnosis::unknown:
      break;
  }
  if (x.perplexity > kCountable) return fmt::format("Confidently wrong: {}.", like);
  return fmt::format("As unsure as {}.", like.substr(5));
}

}  // namespace crossent::cli
