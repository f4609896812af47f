#pragma once
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "crossent/model.h"

// Models with made-up numbers, of every shape, and what they say by the definitions, in f64.
namespace crossent::test {

struct NamedModel {
  std::string name;
  Model model;
};

struct RawRow {
  std::vector<double> numbers;  ///< of the number columns; NaN: missing
  std::vector<std::string> texts;
};

inline std::vector<InputColumn> number_inputs() {
  return {{.name = "length"}, {.name = "width"}, {.name = "height"}};
}

/// Numbers and texts in turn, all that can happen to them, names that need quoting.
inline std::vector<InputColumn> mixed_inputs() {
  return {{.name = "weight", .center = 0.1, .factor = 1 / 3.0},
          {.name = "colour", .levels = {"", "green", "r\xc3\xb6t"}},
          {.name = "age \"years\"", .center = -2.5, .factor = 1e-3, .fill = -2.5},
          {.name = "features", .levels = {"yes"}},
          {.name = "count", .fill = 0.7}};
}

inline std::vector<InputColumn> text_inputs() {
  return {{.name = "shape", .levels = {"box", "ring"}},
          {.name = "", .fill = 2, .levels = {"a", "b", "c"}}};
}

template <class T>
Network<T> made_up_network(const Architecture& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 0.7);
  Network<T> network{shape, std::vector<T>(shape.parameters())};
  for (T& value : network.parameters) value = static_cast<T>(normal(random));
  return network;
}

template <class T>
Model made_up_model(std::vector<InputColumn> inputs, std::vector<std::size_t> hidden,
                    HiddenActivation activation, Activation output, std::size_t columns,
                    bool multi_label = false) {
  Model model;
  Architecture shape{.hidden = std::move(hidden), .activation = activation, .output = output};
  for (const InputColumn& input : inputs) shape.inputs += input.features();
  shape.outputs = output == Activation::sigmoid && columns == 2 && !multi_label ? 1 : columns;
  for (std::size_t i = 0; i < columns; ++i)
    (multi_label ? model.targets : model.classes).push_back("label " + std::to_string(i));
  if (!multi_label) model.targets = {"species"};
  model.inputs = std::move(inputs);
  model.network = made_up_network<T>(shape, static_cast<unsigned>(shape.parameters()));
  return model;
}

template <class T>
std::vector<NamedModel> models_of(const std::string& type) {
  using H = HiddenActivation;
  constexpr Activation kSoftmax = Activation::softmax, kSigmoid = Activation::sigmoid;
  std::vector<NamedModel> models;
  const auto add = [&](const std::string& name, Model model) {
    models.push_back({name + "_" + type, std::move(model)});
  };
  add("regression", made_up_model<T>(number_inputs(), {}, H::tanh, kSoftmax, 3));
  add("logistic", made_up_model<T>(number_inputs(), {}, H::tanh, kSigmoid, 2));
  add("two_softmax", made_up_model<T>(number_inputs(), {2}, H::sigmoid, kSoftmax, 2));
  add("against_rest", made_up_model<T>(mixed_inputs(), {6}, H::tanh, kSigmoid, 4));
  add("labels", made_up_model<T>(mixed_inputs(), {5, 4, 3}, H::relu, kSigmoid, 2, true));
  add("texts", made_up_model<T>(text_inputs(), {4}, H::identity, kSoftmax, 3));
  for (const H activation : {H::tanh, H::sigmoid, H::relu, H::gelu, H::identity})
    add(std::string(activation_name(activation)),
        made_up_model<T>(mixed_inputs(), {7, 5}, activation, kSoftmax, 3));
  return models;
}

/// Every kind of model, in f32 and in f64.
inline std::vector<NamedModel> every_model() {
  std::vector<NamedModel> models = models_of<float>("f32");
  for (NamedModel& model : models_of<double>("f64")) models.push_back(std::move(model));
  return models;
}

inline std::vector<RawRow> made_up_rows(const Model& model, std::size_t count) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 2);
  std::vector<RawRow> rows(count);
  for (RawRow& row : rows)
    for (const InputColumn& input : model.inputs) {
      if (input.is_text())
        row.texts.push_back(input.fill && random() % 3 == 0
                                ? "unknown"
                                : input.levels[random() % input.levels.size()]);
      else
        row.numbers.push_back(input.fill && random() % 3 == 0 ? std::nan("") : normal(random));
    }
  return rows;
}

inline std::vector<double> definition_features(const Model& model, const RawRow& row) {
  std::vector<double> features;
  std::size_t number = 0, text = 0;
  for (const InputColumn& input : model.inputs) {
    if (!input.is_text()) {
      const double x = row.numbers[number++];
      features.push_back(((std::isnan(x) && input.fill ? *input.fill : x) - input.center) *
                         input.factor);
      continue;
    }
    const std::vector<std::string>& levels = input.levels;
    const bool known = std::count(levels.begin(), levels.end(), row.texts[text]) > 0;
    const std::string& read =
        known ? row.texts[text] : levels[static_cast<std::size_t>(input.fill.value_or(0))];
    for (const std::string& level : levels) features.push_back(level == read);
    ++text;
  }
  return features;
}

inline double definition_of(HiddenActivation activation, double x) {
  switch (activation) {
    case HiddenActivation::tanh:
      return std::tanh(x);
    case HiddenActivation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case HiddenActivation::relu:
      return x > 0 ? x : 0;
    case HiddenActivation::gelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case HiddenActivation::identity:
      break;
  }
  return x;
}

inline std::vector<double> definition_logits(const Model& model, const RawRow& row) {
  return std::visit(
      [&](const auto& network) {
        const Architecture& shape = network.architecture;
        std::vector<double> x = definition_features(model, row);
        for (std::size_t l = 0; l < shape.layers(); ++l) {
          std::vector<double> sums(network.bias(l).begin(), network.bias(l).end());
          for (std::size_t j = 0; j < sums.size(); ++j) {
            for (std::size_t i = 0; i < x.size(); ++i)
              sums[j] += x[i] * double{network.weight(l)(i, j)};
            if (l < shape.hidden.size()) sums[j] = definition_of(shape.activation, sums[j]);
          }
          x = std::move(sums);
        }
        return x;
      },
      model.network);
}

/// Of logits that overflow nothing.
inline std::vector<double> definition_probabilities(const Model& model,
                                                    const std::vector<double>& logits) {
  const bool softmax = model.architecture().output == Activation::softmax;
  std::vector<double> p;
  for (const double z : logits) p.push_back(softmax ? std::exp(z) : 1 / (1 + std::exp(-z)));
  if (model.multi_label()) return p;
  if (p.size() == 1) return {1 / (1 + std::exp(logits[0])), p[0]};
  double sum = 0;
  for (const double value : p) sum += value;
  for (double& value : p) value /= sum;
  return p;
}

}  // namespace crossent::test
