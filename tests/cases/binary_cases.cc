#include <algorithm>
#include <optional>

#include "crossent/binary_cross_entropy.h"
#include "operations.h"
#include "types.h"

namespace cases {
namespace {

using crossent::Kind;

/// Rows and columns that an array is handed over as: a list is one row; a deeper array keeps its
/// first dimension.
struct Extent {
  std::size_t rows, cols;
};

Extent extent_of(const Array& a) {
  if (a.shape.size() < 2) return {1, a.data.size()};
  return {a.shape[0], a.shape[0] ? a.data.size() / a.shape[0] : count(a.shape)};
}

struct Parameters {
  std::vector<double> weight, row_weight, class_weight, pos_weight;
  std::vector<std::uint8_t> row_mask;
  crossent::BinaryOptions options;

  Parameters(const Case& c, Kind kind, std::size_t elements);
};

crossent::Divisor divisor_of(const Case& c) {
  const std::string name = c.text("mean_divisor", "rows");
  if (name == "rows") return crossent::Divisor::rows;
  if (name == "total_weight") return crossent::Divisor::total_weight;
  throw Skip("mean_divisor " + name);
}

/// A list of weights, or one number for all `size` of them.
crossent::RealSpan span_of(const Case& c, const char* param, const std::vector<double>& values,
                           std::size_t size) {
  if (!c.has(param) || c.params.at(param).is_array()) return values;
  return {values.data(), size, 0};
}

Parameters::Parameters(const Case& c, Kind kind, std::size_t elements)
    : weight(c.reals("weight")),
      row_weight(c.reals("sample_weight")),
      class_weight(c.reals("class_weight")),
      pos_weight(c.reals("pos_weight")) {
  c.allow({"mean_divisor", "weight", "sample_weight", "class_weight", "pos_weight", "ignore_index",
           "row_mask", "label_smoothing", "eps", "label_dtype"});
  for (const double keep : c.reals("row_mask")) row_mask.push_back(keep != 0);
  options.kind = kind;
  options.reduction = reduction_of(c, elements);
  options.divisor = divisor_of(c);
  if (c.has("ignore_index")) options.ignore_index = c.params.at("ignore_index").get<std::int64_t>();
  options.weight = span_of(c, "weight", weight, 1);
  options.row_weight = span_of(c, "sample_weight", row_weight, 1);
  options.class_weight = class_weight;
  options.pos_weight = span_of(c, "pos_weight", pos_weight, 1);
  options.row_mask = row_mask;
  options.label_smoothing = c.real("label_smoothing", 0);
  options.clip = c.real("eps", 0);
  options.checks = checks_of(c);
  options.threads = static_cast<int>(c.real("threads", 0));
}

struct Answer {
  crossent::Result result;
  Array loss, gradient, hessian;
};

/// Targets: input t, or integer labels y in their own width.
struct Targets {
  Array t;
  std::optional<LabelArray> labels;

  explicit Targets(const Case& c) {
    if (c.has_input("t"))
      t = c.input("t");
    else
      labels = labels_of(c), t = c.input("y");
  }
};

/// The extents of logits and targets. A list with a parameter for each of its elements as rows is
/// a column. Shapes that differ stay different.
std::pair<Extent, Extent> extents(const Case& c, const Array& x, const Targets& targets) {
  Extent of_x = extent_of(x), of_t = extent_of(targets.t);
  const bool list = x.shape.size() < 2 && targets.t.shape.size() < 2;
  if (list && (targets.labels || c.has("sample_weight") || c.has("row_mask"))) {
    std::swap(of_x.rows, of_x.cols);
    std::swap(of_t.rows, of_t.cols);
  }
  const bool alike = of_x.rows == of_t.rows && of_x.cols == of_t.cols;
  if (alike && x.shape != targets.t.shape && x.data.size() > 1 && !list)
    return {{x.data.size(), 1}, {1, x.data.size()}};
  return {of_x, of_t};
}

template <class T>
Answer call(const Case& c, Kind kind, const Array& x) {
  const Targets targets(c);
  const auto [of_x, of_t] = extents(c, x, targets);
  std::vector<T> values = typed<T>(rounded_to(c.text("dtype", "float64"), x.data));
  values.resize(std::max<std::size_t>(1, values.size()));
  const auto view = crossent::matrix<const T>(values.data(), of_x.rows, of_x.cols);
  const Parameters parameters(c, kind, x.data.size());
  Answer answer;
  answer.loss = answer.gradient = answer.hessian = {std::vector<double>(x.data.size()), x.shape};
  std::vector<T> gradient(values.size()), hessian(values.size());
  crossent::BinaryOutputs<T> outputs;
  outputs.loss = answer.loss.data;
  outputs.gradient = crossent::matrix(gradient.data(), of_x.rows, of_x.cols);
  outputs.hessian = crossent::matrix(hessian.data(), of_x.rows, of_x.cols);
  if (targets.labels && of_x.cols == 1) {
    answer.result =
        crossent::binary_cross_entropy<T>(view, targets.labels->view, parameters.options, outputs);
  } else {
    std::vector<T> t = typed<T>(targets.t.data);
    t.resize(std::max<std::size_t>(1, t.size()));
    answer.result = crossent::binary_cross_entropy<T>(
        view, crossent::matrix<const T>(t.data(), of_t.rows, of_t.cols), parameters.options,
        outputs);
  }
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    answer.gradient.data[i] = widened(gradient[i]);
    answer.hessian.data[i] = widened(hessian[i]);
  }
  return answer;
}

Answer answer(const Case& c, Kind kind, bool derivatives) {
  const Array x = c.input(kind == Kind::logits ? "x" : "p");
  const std::string dtype = derivatives ? output_type(c) : c.text("dtype", "float64");
  return with_type(dtype, [&]<class T>() { return call<T>(c, kind, x); });
}

template <Kind kind>
Outcome loss(const Case& c) {
  const Answer a = answer(c, kind, false);
  return reduced(c, a.loss, a.result.sum, a.result.mean);
}

template <Kind kind>
Outcome gradient(const Case& c) {
  return unnamed(answer(c, kind, true).gradient);
}

Outcome gradient_and_hessian(const Case& c) {
  const Answer a = answer(c, Kind::logits, true);
  return {{"grad", a.gradient}, {"hess", a.hessian}};
}

}  // namespace

const Operations& binary_operations() {
  static const Operations operations{{"bce_logits", loss<Kind::logits>},
                                     {"bce_logits_grad", gradient<Kind::logits>},
                                     {"bce_logits_grad_hess", gradient_and_hessian},
                                     {"bce_probs", loss<Kind::probabilities>},
                                     {"bce_probs_grad", gradient<Kind::probabilities>}};
  return operations;
}

}  // namespace cases
