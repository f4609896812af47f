#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crossent/error.h"
#include "crossent/squared_error.h"
#include "crossent/view.h"

namespace crossent {

/// What the hidden layers apply to their sums. gelu: x Phi(x), Phi the normal distribution (erf).
enum class HiddenActivation { tanh, sigmoid, relu, gelu, identity };

/// The names in model files and on the command line: those of the enumerators.
std::string_view activation_name(HiddenActivation activation);
std::string_view activation_name(Activation activation);
/// Empty for a name that is none.
std::optional<HiddenActivation> hidden_activation(std::string_view name);
std::optional<Activation> output_activation(std::string_view name);  ///< softmax or sigmoid

/// The shape of a fully connected network: inputs -> hidden .. -> outputs. Without hidden layers it
/// is softmax (or logistic) regression.
struct Architecture {
  std::size_t inputs = 0;
  std::vector<std::size_t> hidden{};
  std::size_t outputs = 0;
  HiddenActivation activation = HiddenActivation::tanh;
  Activation output = Activation::softmax;  ///< softmax, or sigmoid (each output for itself)

  std::size_t layers() const { return hidden.size() + 1; }
  std::size_t layer_inputs(std::size_t layer) const {
    return layer == 0 ? inputs : hidden[layer - 1];
  }
  std::size_t layer_outputs(std::size_t layer) const {
    return layer == hidden.size() ? outputs : hidden[layer];
  }
  std::size_t weights() const;     ///< of all layers, without biases
  std::size_t parameters() const;  ///< weights and biases
  bool operator==(const Architecture&) const = default;
};

/// A network with its numbers: all weights, layer by layer, then all biases. Layer l computes
/// activation(x W + b), W [layer_inputs(l), layer_outputs(l)] row-major.
template <class T>
struct Network {
  Architecture architecture{};
  std::vector<T> parameters{};

  MatrixView<const T> weight(std::size_t layer) const;
  MatrixView<T> weight(std::size_t layer);
  std::span<const T> bias(std::size_t layer) const;
  std::span<T> bias(std::size_t layer);
};

/// The logits (before softmax or sigmoid) of every row.
///
/// Shapes   x [rows, inputs], logits [rows, outputs], row-major (col_stride 1)
/// Errors   ValueError for shapes. Values are not checked: NaN gives NaN in its row.
/// Threads  OpenMP over fixed blocks of rows; the same bits for every number of threads
template <class T>
void network_logits(const Network<T>& network, MatrixView<const T> x, MatrixView<T> logits,
                    int threads = 0);

/// A column of the input and how it becomes features.
struct InputColumn {
  std::string name{};
  double center = 0, factor = 1;  ///< of numbers: feature = (x - center) * factor
  /// Stands for a missing number; of texts: index of the level that stands for missing and unknown
  /// ones. Absent: they are refused.
  std::optional<double> fill{};
  std::vector<std::string> levels{};  ///< of texts: a feature 0 or 1 for each, in this order

  bool is_text() const { return !levels.empty(); }
  std::size_t features() const { return levels.empty() ? 1 : levels.size(); }
  bool operator==(const InputColumn&) const = default;
};

/// A trained classifier: what it takes, what it gives, its network. Holds nothing of how, when or
/// where it was made, so the same training gives the same bytes.
///
/// Outputs  softmax: one a class. sigmoid: one output for two classes (the probability of the
///          second); more classes: one each, against the rest; several targets: one each.
struct Model {
  std::vector<InputColumn> inputs{};   ///< features in this order
  std::vector<std::string> targets{};  ///< the target column; several: independent labels 0 or 1
  std::vector<std::string> classes{};  ///< of a single target, by index; empty for several targets
  std::variant<Network<float>, Network<double>> network{};

  const Architecture& architecture() const;
  bool multi_label() const { return targets.size() > 1; }
  /// Numbers that probabilities() writes a row: the classes, or the targets.
  std::size_t columns() const { return multi_label() ? targets.size() : classes.size(); }
};

/// Probabilities from logits as network_logits gives them, in f64: of every class (they sum to 1;
/// one-against-the-rest outputs are divided by their sum), or of every target.
/// Shapes  logits [rows, outputs], out [rows, model.columns()]
/// Errors  ValueError for shapes, also when the network's outputs do not fit the classes or targets
template <class T>
void probabilities(const Model& model, MatrixView<const T> logits, MatrixView<double> out);

/// Writes a model: the whole file or nothing (a device is written through, a link stays). The
/// format is that of safetensors: weights "layers.0.weight" [outputs, inputs] and "layers.0.bias",
/// and the rest of the model as JSON under "__metadata__", with a checksum: docs/model-files.md.
/// Errors  IoError; ValueError when the network does not fit the columns
void save_model(const Model& model, const std::string& path);

/// Errors  IoError; DataError: not a model, truncated, altered, newer than this library
Model load_model(const std::string& path);

/// Writes the model for other runtimes, as ONNX (opset 13, ai.onnx.ml 1): preprocessing, network,
/// softmax or sigmoid. Input "features" [N, numeric columns] of f64 and one text tensor [N, 1] for
/// each text column by its name; outputs "probabilities" [N, columns()], of the network's type, and
/// "label" [N] (int64 index of the largest; not for several targets).
/// Errors  as save_model
void export_onnx(const Model& model, const std::string& path);

}  // namespace crossent
