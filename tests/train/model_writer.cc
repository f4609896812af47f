// Writes a model of every kind to a folder, as .crossent and as .onnx, and beside each a .json of
// its numbers, made-up rows and what the model says of them: onnx_test.py reads them.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "crossent/model.h"
#include "train/model_tools.h"

namespace crossent::test {
namespace {

using Json = nlohmann::json;

Json layers_json(const Model& model) {
  return std::visit(
      [](const auto& network) {
        Json layers = Json::array();
        for (std::size_t l = 0; l < network.architecture.layers(); ++l) {
          const auto weight = network.weight(l);
          const auto bias = network.bias(l);
          Json by_output = Json::array();
          for (std::size_t j = 0; j < weight.cols; ++j) {
            Json row = Json::array();
            for (std::size_t i = 0; i < weight.rows; ++i) row.push_back(weight(i, j));
            by_output.push_back(row);
          }
          layers.push_back(
              {{"weight", by_output}, {"bias", std::vector(bias.begin(), bias.end())}});
        }
        return layers;
      },
      model.network);
}

Json description(const Model& model) {
  Json columns = Json::array(), numbers = Json::array(), texts = Json::array();
  for (const InputColumn& input : model.inputs)
    columns.push_back(
        {{"name", input.name}, {"levels", input.levels}, {"filled", input.fill.has_value()}});
  Json all = Json::array(), labels = Json::array();
  for (const RawRow& row : made_up_rows(model, 200)) {
    const std::vector<double> logits = definition_logits(model, row);
    std::vector<double> p(model.columns());
    probabilities<double>(model, matrix(logits.data(), 1, logits.size()),
                          matrix(p.data(), 1, p.size()));
    numbers.push_back(row.numbers);  // NaN becomes null
    texts.push_back(row.texts);
    all.push_back(p);
    labels.push_back(std::max_element(p.begin(), p.end()) - p.begin());
  }
  return {{"columns", columns},
          {"classes", model.classes},
          {"targets", model.targets},
          {"f64", std::holds_alternative<Network<double>>(model.network)},
          {"layers", layers_json(model)},
          {"numbers", numbers},
          {"texts", texts},
          {"probabilities", all},
          {"labels", labels}};
}

// Every output underflows as a sigmoid; their shares do not.
template <class T>
Model underflowing_model() {
  Model model =
      made_up_model<T>(number_inputs(), {}, HiddenActivation::tanh, Activation::sigmoid, 3);
  auto& network = std::get<Network<T>>(model.network);
  std::fill(network.parameters.begin(), network.parameters.end(), T{0});
  const double logits[] = {-2000.5, -2000, -2003};  // exact in f32
  std::transform(std::begin(logits), std::end(logits), network.bias(0).begin(),
                 [](double z) { return static_cast<T>(z); });
  return model;
}

void write_models(const std::string& folder) {
  std::vector<NamedModel> models = every_model();
  // What docs/model-files.md reads.
  models.push_back(
      {"iris_f32", made_up_model<float>({{.name = "sepal_length_cm"},
                                         {.name = "sepal_width_cm"},
                                         {.name = "petal_length_cm"},
                                         {.name = "petal_width_cm"}},
                                        {}, HiddenActivation::tanh, Activation::softmax, 3)});
  models.push_back({"underflow_f32", underflowing_model<float>()});
  models.push_back({"underflow_f64", underflowing_model<double>()});
  for (const auto& [name, model] : models) {
    const std::string path = folder + "/" + name;
    save_model(model, path + ".crossent");
    export_onnx(model, path + ".onnx");
    std::ofstream(path + ".json") << description(model);
  }
}

}  // namespace
}  // namespace crossent::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: crossent_model_writer FOLDER\n";
    return 2;
  }
  crossent::test::write_models(argv[1]);
  return 0;
}
