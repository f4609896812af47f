// The shape of a network and where its numbers are.
#include "crossent/model.h"

namespace crossent {

std::size_t Architecture::weights() const {
  std::size_t count = 0;
  for (std::size_t l = 0; l < layers(); ++l) count += layer_inputs(l) * layer_outputs(l);
  return count;
}

std::size_t Architecture::parameters() const {
  std::size_t count = weights();
  for (std::size_t l = 0; l < layers(); ++l) count += layer_outputs(l);
  return count;
}

namespace {

std::size_t weight_offset(const Architecture& a, std::size_t layer) {
  std::size_t offset = 0;
  for (std::size_t l = 0; l < layer; ++l) offset += a.layer_inputs(l) * a.layer_outputs(l);
  return offset;
}

std::size_t bias_offset(const Architecture& a, std::size_t layer) {
  std::size_t offset = a.weights();
  for (std::size_t l = 0; l < layer; ++l) offset += a.layer_outputs(l);
  return offset;
}

}  // namespace

template <class T>
MatrixView<const T> Network<T>::weight(std::size_t layer) const {
  return matrix(parameters.data() + weight_offset(architecture, layer),
                architecture.layer_inputs(layer), architecture.layer_outputs(layer));
}
template <class T>
MatrixView<T> Network<T>::weight(std::size_t layer) {
  return matrix(parameters.data() + weight_offset(architecture, layer),
                architecture.layer_inputs(layer), architecture.layer_outputs(layer));
}
template <class T>
std::span<const T> Network<T>::bias(std::size_t layer) const {
  return std::span(parameters)
      .subspan(bias_offset(architecture, layer), architecture.layer_outputs(layer));
}
template <class T>
std::span<T> Network<T>::bias(std::size_t layer) {
  return std::span(parameters)
      .subspan(bias_offset(architecture, layer), architecture.layer_outputs(layer));
}

const Architecture& Model::architecture() const {
  return std::visit([](const auto& n) -> const Architecture& { return n.architecture; }, network);
}

template struct Network<float>;
template struct Network<double>;

}  // namespace crossent
