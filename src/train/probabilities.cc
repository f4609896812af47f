// From a network's outputs to what a model says.
#include "core/logistic.h"
#include "core/refuse.h"
#include "crossent/model.h"
#include "crossent/softmax.h"
#include "train/model_checks.h"

namespace crossent {
namespace {

constexpr std::string_view kOp = "probabilities";

std::string shape_of(std::size_t rows, std::size_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

template <class Out, class Of>
void each(MatrixView<Out> out, Of of) {
  for (std::size_t i = 0; i < out.rows; ++i)
    for (std::size_t j = 0; j < out.cols; ++j) out(i, j) = of(i, j);
}

}  // namespace

template <class T>
void probabilities(const Model& model, MatrixView<const T> logits, MatrixView<double> out) {
  const Architecture& shape = model.architecture();
  if (const std::string fault = output_fault(model); !fault.empty()) refuse(kOp, "model", fault);
  if (logits.cols != shape.outputs)
    refuse(kOp, "logits",
           "logits are " + shape_of(logits.rows, logits.cols) + ", the network has " +
               std::to_string(shape.outputs) + " outputs");
  if (out.rows != logits.rows || out.cols != model.columns())
    refuse(kOp, "out",
           "out is " + shape_of(out.rows, out.cols) + ", not " +
               shape_of(logits.rows, model.columns()));
  const auto z = [&](std::size_t i, std::size_t j) { return double{logits(i, j)}; };
  const bool softmax_output = shape.output == Activation::softmax;
  if (!softmax_output && model.multi_label())
    return each(out, [&](std::size_t i, std::size_t j) { return sigmoid(z(i, j)); });
  if (!softmax_output && shape.outputs == 1)  // sigmoid(-z) keeps what 1 - sigmoid(z) loses
    return each(out, [&](std::size_t i, std::size_t j) { return sigmoid(j ? z(i, 0) : -z(i, 0)); });
  if (softmax_output) {
    each(out, z);
  } else {
    // The softmax of log sigmoid(z) is sigmoid(z) over its sum, also where all underflow.
    each(out, [&](std::size_t i, std::size_t j) { return -softplus(-z(i, j)); });
  }
  // Callers run blocks of rows on threads of their own.
  softmax<double>(out, out, {.checks = Checks::off, .threads = 1});
}

template void probabilities(const Model&, MatrixView<const float>, MatrixView<double>);
template void probabilities(const Model&, MatrixView<const double>, MatrixView<double>);

}  // namespace crossent
