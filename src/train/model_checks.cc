#include "train/model_checks.h"

#include <algorithm>
#include <cmath>

#include "core/refuse.h"
#include "io/excerpt.h"
#include "train/json_text.h"

namespace crossent {
namespace {

std::string count(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

// Texts that tell things apart: each is there once, and JSON can hold it.
std::string texts_fault(std::vector<std::string> texts, const std::string& what) {
  for (const std::string& text : texts)
    if (!is_utf8(text)) return what + " " + io::quoted_text(text) + " is not UTF-8";
  std::sort(texts.begin(), texts.end());
  const auto twice = std::adjacent_find(texts.begin(), texts.end());
  if (twice != texts.end()) return what + " " + io::quoted_text(*twice) + " is there twice";
  return "";
}

std::string input_fault(const InputColumn& input) {
  const std::string name = "input " + io::quoted_text(input.name);
  if (input.is_text()) {
    if (input.center != 0 || input.factor != 1)
      return name + " is text and has a center or a factor";
    const auto levels = static_cast<double>(input.levels.size());
    if (input.fill &&
        !(*input.fill >= 0 && *input.fill < levels && *input.fill == std::trunc(*input.fill)))
      return name + " has a fill that is none of its levels: " + number_text(*input.fill);
    return texts_fault(input.levels, "level of " + name);
  }
  if (!std::isfinite(input.center)) return name + " has a center that is not finite";
  if (!std::isfinite(input.factor)) return name + " has a factor that is not finite";
  if (input.fill && !std::isfinite(*input.fill)) return name + " has a fill that is not finite";
  return "";
}

std::string inputs_fault(const Model& model) {
  std::size_t features = 0;
  std::vector<std::string> names;
  for (const InputColumn& input : model.inputs) {
    if (std::string fault = input_fault(input); !fault.empty()) return fault;
    names.push_back(input.name);
    features += input.features();
  }
  if (std::string fault = texts_fault(names, "input"); !fault.empty()) return fault;
  if (features == 0) return "there are no inputs";
  if (features != model.architecture().inputs)
    return "the inputs make " + count(features, "feature") + ", the network takes " +
           std::to_string(model.architecture().inputs);
  return "";
}

std::string names_fault(const Model& model) {
  if (model.targets.empty()) return "there is no target";
  if (std::string fault = texts_fault(model.targets, "target"); !fault.empty()) return fault;
  return texts_fault(model.classes, "class");
}

}  // namespace

std::string output_fault(const Model& model) {
  const Architecture& shape = model.architecture();
  if (!output_activation(activation_name(shape.output)))
    return "the output activation is identity, not softmax or sigmoid";
  if (model.multi_label() && !model.classes.empty())
    return "there are several targets and also classes";
  if (model.multi_label() && shape.output != Activation::sigmoid)
    return "several targets have softmax for output, not sigmoid";
  if (!model.multi_label() && model.classes.size() < 2)
    return "there are fewer than 2 classes: " + std::to_string(model.classes.size());
  const bool one =
      !model.multi_label() && shape.output == Activation::sigmoid && model.classes.size() == 2;
  const std::size_t wanted = one ? 1 : model.columns();
  if (shape.outputs == wanted) return "";
  return "the network has " + count(shape.outputs, "output") + ", " +
         std::to_string(model.columns()) + (model.multi_label() ? " targets" : " classes") +
         " with " + std::string(activation_name(shape.output)) + " make " + std::to_string(wanted);
}

std::string model_fault(const Model& model) {
  const Architecture& shape = model.architecture();
  if (std::string fault = inputs_fault(model); !fault.empty()) return fault;
  if (std::string fault = names_fault(model); !fault.empty()) return fault;
  if (std::string fault = output_fault(model); !fault.empty()) return fault;
  if (std::find(shape.hidden.begin(), shape.hidden.end(), 0u) != shape.hidden.end())
    return "a hidden layer has no units";
  return activation_name(shape.activation).empty() ? "the activation is unknown" : "";
}

std::string parameter_fault(const Model& model) {
  const auto look = [&](const auto& network) -> std::string {
    for (std::size_t l = 0; l < network.architecture.layers(); ++l) {
      const std::string layer = "layers." + std::to_string(l);
      const auto weight = network.weight(l);
      const auto bias = network.bias(l);
      for (std::size_t j = 0; j < weight.cols; ++j) {
        const std::string row = "[" + std::to_string(j) + "]";
        for (std::size_t i = 0; i < weight.rows; ++i)
          if (!std::isfinite(weight(i, j)))
            return layer + ".weight" + row + "[" + std::to_string(i) +
                   "] = " + number_text(double{weight(i, j)}) + " is not finite";
        if (!std::isfinite(bias[j]))
          return layer + ".bias" + row + " = " + number_text(double{bias[j]}) + " is not finite";
      }
    }
    return "";
  };
  return std::visit(look, model.network);
}

void check_model(const Model& model, std::string_view op) {
  if (const std::string fault = model_fault(model); !fault.empty()) refuse(op, "model", fault);
  const std::size_t wanted = model.architecture().parameters();
  const std::size_t held =
      std::visit([](const auto& n) { return n.parameters.size(); }, model.network);
  if (held != wanted)
    refuse(op, "model",
           "the network has " + count(held, "parameter") + ", its architecture " +
               std::to_string(wanted));
  if (const std::string fault = parameter_fault(model); !fault.empty()) refuse(op, "model", fault);
}

}  // namespace crossent
