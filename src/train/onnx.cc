// A model for other runtimes: the graph is described in docs/model-files.md.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/refuse.h"
#include "crossent/model.h"
#include "io/output_file.h"
#include "train/json_text.h"
#include "train/model_checks.h"
#include "train/onnx_graph.h"

namespace crossent {
namespace {

constexpr std::string_view kOp = "export_onnx";
// A protobuf file ends at 2 GiB; what is no parameter has the rest of it.
constexpr std::size_t kMostParameterBytes = std::size_t{1} << 30;

template <class T>
constexpr OnnxType kOnnxType = sizeof(T) == sizeof(float) ? OnnxType::f32 : OnnxType::f64;

OnnxAttribute integer(std::string_view name, std::int64_t value) { return {name, value}; }

// A text column's tensor has its name, unless the graph uses that itself.
std::string input_name(const std::string& column, std::set<std::string>* taken) {
  std::string name = column;
  while (name.empty() || name.starts_with("inputs.") || name.starts_with("layers.") ||
         !taken->insert(name).second)
    name.insert(0, "column:");
  return name;
}

template <class T>
class Exporter {
 public:
  Exporter(const Model& model, const Network<T>& network) : model_(model), network_(network) {}

  std::string file() {
    std::string x = features();
    const Architecture& shape = network_.architecture;
    for (std::size_t l = 0; l < shape.layers(); ++l) {
      x = layer(l, x);
      if (l < shape.hidden.size()) x = activation(shape.activation, layer_name(l), x);
    }
    outputs(x);
    return graph_.file({{"inputs", inputs_.dump()},
                        {"targets", Json(model_.targets).dump()},
                        {"classes", Json(model_.classes).dump()}});
  }

 private:
  static std::string layer_name(std::size_t l) { return "layers." + std::to_string(l); }
  static OnnxAttribute to_type() { return integer("to", static_cast<int>(kOnnxType<T>)); }

  template <class V>
  std::string constant(const std::string& name, const std::vector<V>& values) {
    return graph_.constant<V>(name, {values.size()}, std::span<const V>(values));
  }
  std::string scalar(const std::string& name, T value) {
    return graph_.constant<T>(name, {}, std::span<const T>(&value, 1));
  }

  // [N, features]: the numbers, then the texts, then all in the order of the columns.
  std::string features() {
    std::vector<std::string> parts;
    const auto texts = static_cast<std::size_t>(std::count_if(
        model_.inputs.begin(), model_.inputs.end(), [](const auto& c) { return c.is_text(); }));
    if (texts < model_.inputs.size()) parts.push_back(numbers(model_.inputs.size() - texts));
    std::set<std::string> taken{"features", "label", "probabilities"};
    for (std::size_t i = 0; i < model_.inputs.size(); ++i) {
      const InputColumn& column = model_.inputs[i];
      const std::string name = column.is_text() ? input_name(column.name, &taken) : "features";
      inputs_.push_back({{"name", column.name}, {"input", name}});
      if (column.is_text()) parts.push_back(one_hot(column, name, "inputs." + std::to_string(i)));
    }
    if (parts.size() == 1) return parts[0];
    const std::string all = graph_.node("Concat", parts, "inputs.all", {integer("axis", 1)});
    const std::vector<std::int64_t> order = feature_order();
    if (std::is_sorted(order.begin(), order.end())) return all;
    return graph_.node("Gather", {all, constant("inputs.order", order)}, "inputs.ordered",
                       {integer("axis", 1)});
  }

  // Where each feature stands among the numbers and then the texts.
  std::vector<std::int64_t> feature_order() const {
    std::int64_t number = 0, text = 0;
    for (const InputColumn& column : model_.inputs) text += column.is_text() ? 0 : 1;
    std::vector<std::int64_t> order;
    for (const InputColumn& column : model_.inputs)
      for (std::size_t k = 0; k < column.features(); ++k)
        order.push_back(column.is_text() ? text++ : number++);
    return order;
  }

  // (x - center) * factor of every number column, in f64, rounded once.
  std::string numbers(std::size_t columns) {
    std::vector<double> center, factor, fill;
    bool filled = false;
    for (const InputColumn& column : model_.inputs) {
      if (column.is_text()) continue;
      center.push_back(column.center);
      factor.push_back(column.factor);
      // Where nothing stands for a missing number it stays missing.
      fill.push_back(column.fill.value_or(std::numeric_limits<double>::quiet_NaN()));
      filled |= column.fill.has_value();
    }
    graph_.input("features", OnnxType::f64, columns);
    std::string x = "features";
    if (filled) {
      const std::string missing = graph_.node("IsNaN", {x}, "inputs.missing");
      x = graph_.node("Where", {missing, constant("inputs.fill", fill), x}, "inputs.filled");
    }
    if (std::any_of(center.begin(), center.end(), [](double c) { return c != 0; }))
      x = graph_.node("Sub", {x, constant("inputs.center", center)}, "inputs.centered");
    if (std::any_of(factor.begin(), factor.end(), [](double f) { return f != 1; }))
      x = graph_.node("Mul", {x, constant("inputs.factor", factor)}, "inputs.scaled");
    return graph_.node("Cast", {x}, "inputs.numbers", {to_type()});
  }

  std::string one_hot(const InputColumn& column, const std::string& name,
                      const std::string& prefix) {
    graph_.input(name, OnnxType::text, 1);
    const std::string hot = graph_.node(
        "OneHotEncoder", {name}, prefix + ".one_hot",
        {{"cats_strings", column.levels}, integer("zeros", column.fill ? 1 : 0)}, "ai.onnx.ml");
    const std::string flat = graph_.node("Flatten", {hot}, prefix + ".flat", {integer("axis", 1)});
    const std::string x = graph_.node("Cast", {flat}, prefix + ".features", {to_type()});
    return column.fill ? filled(column, x, prefix) : x;
  }

  // A row without a level gets that of `fill`: x + (1 - x 1) fill.
  std::string filled(const InputColumn& column, const std::string& x, const std::string& prefix) {
    const std::vector<T> ones(column.levels.size(), T{1});
    std::vector<T> fill(column.levels.size(), T{0});
    fill[static_cast<std::size_t>(*column.fill)] = T{1};
    const std::string one = graph_.constant<T>(prefix + ".ones", {ones.size(), 1}, ones);
    const std::string known = graph_.node("MatMul", {x, one}, prefix + ".known");
    const std::string unknown =
        graph_.node("Sub", {scalar(prefix + ".one", 1), known}, prefix + ".unknown");
    const std::string added =
        graph_.node("Mul", {unknown, constant(prefix + ".fill", fill)}, prefix + ".added");
    return graph_.node("Add", {x, added}, prefix + ".filled");
  }

  std::string layer(std::size_t l, const std::string& x) {
    const MatrixView<const T> weight = network_.weight(l);
    const std::string name = layer_name(l);
    const std::string w =
        graph_.constant<T>(name + ".weight", {weight.rows, weight.cols},
                           std::span<const T>(weight.data, weight.rows * weight.cols));
    const std::string b = graph_.constant<T>(name + ".bias", {weight.cols}, network_.bias(l));
    return graph_.node("Gemm", {x, w, b}, name + ".sums");
  }

  std::string activation(HiddenActivation kind, const std::string& name, const std::string& x) {
    const std::string out = name + ".outputs";
    switch (kind) {
      case HiddenActivation::tanh:
        return graph_.node("Tanh", {x}, out);
      case HiddenActivation::sigmoid:
        return graph_.node("Sigmoid", {x}, out);
      case HiddenActivation::relu:
        return graph_.node("Relu", {x}, out);
      case HiddenActivation::gelu:
        return gelu(name, x);
      case HiddenActivation::identity:
        break;
    }
    return x;
  }

  // x / 2 (1 + erf(x / sqrt 2))
  std::string gelu(const std::string& name, const std::string& x) {
    const std::string root = scalar(name + ".root_half", static_cast<T>(std::sqrt(0.5)));
    const std::string half = scalar(name + ".half", static_cast<T>(0.5));
    std::string erf = graph_.node("Mul", {x, root}, name + ".erf_of");
    // Runtimes have erf of f32 alone.
    const bool wide = sizeof(T) > sizeof(float);
    if (wide)
      erf = graph_.node("Cast", {erf}, name + ".erf_of_f32",
                        {integer("to", static_cast<int>(OnnxType::f32))});
    erf = graph_.node("Erf", {erf}, wide ? name + ".erf_f32" : name + ".erf");
    if (wide) erf = graph_.node("Cast", {erf}, name + ".erf", {to_type()});
    const std::string sum =
        graph_.node("Add", {erf, scalar(name + ".one", 1)}, name + ".twice_phi");
    const std::string halved = graph_.node("Mul", {x, half}, name + ".halved");
    return graph_.node("Mul", {halved, sum}, name + ".outputs");
  }

  void outputs(std::string logits) {
    const Architecture& shape = network_.architecture;
    const std::string out = "probabilities";
    if (!model_.multi_label() && shape.outputs == 1) {
      // sigmoid(-z) keeps what 1 - sigmoid(z) loses.
      const std::string negative = graph_.node("Neg", {logits}, "layers.negative");
      logits = graph_.node("Concat", {negative, logits}, "layers.both", {integer("axis", 1)});
      graph_.node("Sigmoid", {logits}, out);
    } else if (shape.output == Activation::softmax) {
      graph_.node("Softmax", {logits}, out, {integer("axis", 1)});
    } else if (model_.multi_label()) {
      graph_.node("Sigmoid", {logits}, out);
    } else {
      graph_.node("Softmax", {log_sigmoid(logits)}, out, {integer("axis", 1)});
    }
    graph_.output(out, kOnnxType<T>, model_.columns());
    if (model_.multi_label()) return;
    // Of the logits: probabilities may round to the same number.
    graph_.node("ArgMax", {logits}, "label", {integer("axis", 1), integer("keepdims", 0)});
    graph_.output("label", OnnxType::i64, 0);
  }

  // min(z, 0) - log(1 + exp(-|z|)). Its softmax is sigmoid(z) over the sum, also where all
  // underflow.
  std::string log_sigmoid(const std::string& z) {
    const std::string name = "layers.log_sigmoid";
    const std::string size = graph_.node("Abs", {z}, name + ".abs");
    const std::string negative = graph_.node("Neg", {size}, name + ".negative");
    const std::string e = graph_.node("Exp", {negative}, name + ".exp");
    const std::string sum = graph_.node("Add", {e, scalar(name + ".one", 1)}, name + ".sum");
    const std::string log = graph_.node("Log", {sum}, name + ".log");
    const std::string low = graph_.node("Min", {z, scalar(name + ".zero", 0)}, name + ".min");
    return graph_.node("Sub", {low, log}, name);
  }

  const Model& model_;
  const Network<T>& network_;
  OnnxGraph graph_;
  OrderedJson inputs_ = OrderedJson::array();
};

}  // namespace

void export_onnx(const Model& model, const std::string& path) {
  check_model(model, kOp);
  const auto bytes_of = [](const auto& n) { return n.parameters.size() * sizeof n.parameters[0]; };
  if (const std::size_t bytes = std::visit(bytes_of, model.network); bytes > kMostParameterBytes)
    refuse(kOp, "model",
           "the parameters take " + std::to_string(bytes) + " bytes, an ONNX file holds " +
               std::to_string(kMostParameterBytes));
  const std::string file = std::visit(
      [&]<class T>(const Network<T>& network) { return Exporter<T>(model, network).file(); },
      model.network);
  io::OutputFile out(path);
  out.write(file);
  out.commit();
}

}  // namespace crossent
