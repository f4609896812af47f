#include "train/model_file.h"

#include <algorithm>
#include <charconv>

#include "io/byte_source.h"
#include "io/excerpt.h"
#include "train/json_text.h"
#include "train/model_checks.h"

namespace crossent {
namespace {

constexpr const char* kFormat = "crossent-model";
constexpr int kVersion = 1;

std::string tensor_name(std::size_t layer, const char* what) {
  return "layers." + std::to_string(layer) + "." + what;
}

template <class T>
constexpr const char* kDtype = sizeof(T) == sizeof(float) ? "f32" : "f64";

OrderedJson input_json(const InputColumn& input) {
  OrderedJson json{{"name", input.name}};
  if (input.is_text()) {
    json["levels"] = input.levels;
    if (input.fill) json["fill"] = input.levels[static_cast<std::size_t>(*input.fill)];
    return json;
  }
  json["center"] = input.center;
  json["factor"] = input.factor;
  if (input.fill) json["fill"] = *input.fill;
  return json;
}

std::string model_json(const Model& model) {
  const Architecture& shape = model.architecture();
  OrderedJson inputs = OrderedJson::array();
  for (const InputColumn& input : model.inputs) inputs.push_back(input_json(input));
  const bool wide = std::holds_alternative<Network<double>>(model.network);
  return OrderedJson{{"inputs", inputs},
                     {"targets", model.targets},
                     {"classes", model.classes},
                     {"hidden", shape.hidden},
                     {"activation", activation_name(shape.activation)},
                     {"output", activation_name(shape.output)},
                     {"dtype", wide ? kDtype<double> : kDtype<float>}}
      .dump();
}

template <class T>
void put_layers(const Network<T>& network, TensorFile* out) {
  for (std::size_t l = 0; l < network.architecture.layers(); ++l) {
    const MatrixView<const T> weight = network.weight(l);
    std::vector<T> turned;
    turned.reserve(weight.rows * weight.cols);
    for (std::size_t j = 0; j < weight.cols; ++j)
      for (std::size_t i = 0; i < weight.rows; ++i) turned.push_back(weight(i, j));
    out->tensors.push_back(make_tensor<T>(tensor_name(l, "weight"), {weight.cols, weight.rows},
                                          std::span<const T>(turned)));
    out->tensors.push_back(make_tensor<T>(tensor_name(l, "bias"), {weight.cols}, network.bias(l)));
  }
}

// What the JSON of a model says, each value of the type it must have.
class Fields {
 public:
  Fields(const Json& object, std::string place, const std::string& file)
      : object_(object), place_(std::move(place)), file_(file) {
    if (!object.is_object()) throw DataError(place_ + " is no object", file_);
  }
  bool has(const char* key) const { return object_.contains(key); }
  const Json& list(const char* key) const {
    return need(
        key, [](const Json& v) { return v.is_array(); }, "a list");
  }
  std::string text(const char* key) const {
    return need(
               key, [](const Json& v) { return v.is_string(); }, "a text")
        .get<std::string>();
  }
  double number(const char* key) const {
    return need(
               key, [](const Json& v) { return v.is_number(); }, "a number")
        .get<double>();
  }
  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> found;
    for (const Json& value : list(key)) {
      if (!value.is_string()) fail(key, "a list of texts");
      found.push_back(value.get<std::string>());
    }
    return found;
  }
  std::vector<std::size_t> sizes(const char* key) const {
    const auto found = json_sizes(object_, key);
    if (!found) fail(key, "a list of sizes");
    return *found;
  }
  [[noreturn]] void fail(const char* key, const std::string& wanted) const {
    throw DataError("\"" + std::string(key) + "\" of " + place_ + " is not " + wanted, file_);
  }

 private:
  template <class Is>
  const Json& need(const char* key, Is is, const char* wanted) const {
    if (!has(key) || !is(object_[key])) fail(key, wanted);
    return object_[key];
  }

  const Json& object_;
  std::string place_;
  const std::string& file_;
};

InputColumn input_of(const Fields& fields) {
  InputColumn input{.name = fields.text("name")};
  if (fields.has("levels")) {
    input.levels = fields.texts("levels");
    if (input.levels.empty()) fields.fail("levels", "a list of at least one text");
    if (!fields.has("fill")) return input;
    const auto fill = std::find(input.levels.begin(), input.levels.end(), fields.text("fill"));
    if (fill == input.levels.end()) fields.fail("fill", "one of its levels");
    input.fill = static_cast<double>(fill - input.levels.begin());
    return input;
  }
  input.center = fields.number("center");
  input.factor = fields.number("factor");
  if (fields.has("fill")) input.fill = fields.number("fill");
  return input;
}

Architecture architecture_of(const Fields& fields, const Model& model, std::size_t features) {
  const auto activation = hidden_activation(fields.text("activation"));
  const auto output = output_activation(fields.text("output"));
  if (!activation) fields.fail("activation", "tanh, sigmoid, relu, gelu or identity");
  if (!output) fields.fail("output", "softmax or sigmoid");
  const bool one = *output == Activation::sigmoid && model.classes.size() == 2;
  return {.inputs = features,
          .hidden = fields.sizes("hidden"),
          .outputs = one ? 1 : model.columns(),
          .activation = *activation,
          .output = *output};
}

template <class T>
void take_layers(const TensorFile& tensors, const std::string& file, Network<T>* network) {
  const Architecture& shape = network->architecture;
  const std::size_t wanted = 2 * shape.layers();
  std::vector<T> biases;
  // The tensors are there, so what the shapes claim is no larger than the file.
  for (std::size_t l = 0; l < shape.layers(); ++l) {
    const std::size_t in = shape.layer_inputs(l), out = shape.layer_outputs(l);
    const auto turned = tensor_values<T>(tensors, tensor_name(l, "weight"), {out, in}, file);
    const auto bias = tensor_values<T>(tensors, tensor_name(l, "bias"), {out}, file);
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t j = 0; j < out; ++j) network->parameters.push_back(turned[j * in + i]);
    biases.insert(biases.end(), bias.begin(), bias.end());
  }
  network->parameters.insert(network->parameters.end(), biases.begin(), biases.end());
  if (tensors.tensors.size() != wanted)
    throw DataError("the file holds " + std::to_string(tensors.tensors.size()) +
                        " tensors, the model has " + std::to_string(wanted),
                    file);
}

void check_format(const TensorFile& tensors, const std::string& file) {
  const std::string& format = metadata_value(tensors, "format", file);
  if (format != kFormat)
    throw DataError("the file is no model, it says " + io::quoted_text(format), file, 0, 0,
                    "a checkpoint becomes a model when its training is resumed");
  const std::string& version = metadata_value(tensors, "version", file);
  int number = 0;
  const char* const end = version.data() + version.size();
  const auto read = std::from_chars(version.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 1)
    throw DataError("the model's version is " + io::quoted_text(version), file);
  if (number > kVersion)
    throw DataError("the model was made by a newer crossent: its format is version " + version +
                        ", this one reads " + std::to_string(kVersion),
                    file, 0, 0, "update crossent");
}

}  // namespace

TensorFile model_tensors(const Model& model) {
  check_model(model, "save_model");
  TensorFile out;
  out.metadata = {
      {"format", kFormat}, {"version", std::to_string(kVersion)}, {"model", model_json(model)}};
  std::visit([&](const auto& network) { put_layers(network, &out); }, model.network);
  return out;
}

Model model_of(const TensorFile& tensors, const std::string& file) {
  check_format(tensors, file);
  const Json json = parse_json(metadata_value(tensors, "model", file), file, "the model");
  const Fields fields(json, "the model", file);
  Model model;
  std::size_t features = 0;
  for (const Json& input : fields.list("inputs")) {
    const std::string place = "input " + std::to_string(model.inputs.size());
    model.inputs.push_back(input_of(Fields(input, place, file)));
    features += model.inputs.back().features();
  }
  model.targets = fields.texts("targets");
  model.classes = fields.texts("classes");
  const Architecture shape = architecture_of(fields, model, features);
  const std::string dtype = fields.text("dtype");
  if (dtype == kDtype<double>)
    model.network = Network<double>{shape, {}};
  else if (dtype == kDtype<float>)
    model.network = Network<float>{shape, {}};
  else
    fields.fail("dtype", "f32 or f64");
  std::string fault = model_fault(model);
  if (fault.empty()) {
    std::visit([&](auto& network) { take_layers(tensors, file, &network); }, model.network);
    fault = parameter_fault(model);
  }
  if (!fault.empty()) throw DataError("the model does not fit together: " + fault, file);
  return model;
}

void save_model(const Model& model, const std::string& path) {
  write_tensors(model_tensors(model), path);
}

Model load_model(const std::string& path) {
  return model_of(read_tensors(path), io::shown_path(path));
}

}  // namespace crossent
