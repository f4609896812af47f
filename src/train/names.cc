// The names of what a network applies.
#include <utility>

#include "crossent/model.h"

namespace crossent {
namespace {

constexpr std::pair<HiddenActivation, std::string_view> kHidden[] = {
    {HiddenActivation::tanh, "tanh"},         {HiddenActivation::sigmoid, "sigmoid"},
    {HiddenActivation::relu, "relu"},         {HiddenActivation::gelu, "gelu"},
    {HiddenActivation::identity, "identity"},
};

}  // namespace

std::string_view activation_name(HiddenActivation activation) {
  for (const auto& [known, name] : kHidden)
    if (known == activation) return name;
  return "";
}

std::string_view activation_name(Activation activation) {
  if (activation == Activation::softmax) return "softmax";
  return activation == Activation::sigmoid ? "sigmoid" : "identity";
}

std::optional<HiddenActivation> hidden_activation(std::string_view name) {
  for (const auto& [activation, known] : kHidden)
    if (known == name) return activation;
  return std::nullopt;
}

std::optional<Activation> output_activation(std::string_view name) {
  for (const Activation activation : {Activation::softmax, Activation::sigmoid})
    if (activation_name(activation) == name) return activation;
  return std::nullopt;
}

}  // namespace crossent
