#include <algorithm>

#include "crossent/cross_entropy.h"
#include "crossent/entropy.h"
#include "layout.h"
#include "operations.h"
#include "types.h"

namespace cases {
namespace {

using crossent::Kind;
enum class Wanted { loss, gradient, target_gradient };

/// The parameters of a case as Options, with the storage that they point into.
struct Parameters {
  std::vector<double> class_weight, row_weight;
  std::vector<std::uint8_t> row_mask, class_mask;
  crossent::Options options;

  Parameters(const Case& c, Kind kind, std::size_t rows);
};

std::vector<std::uint8_t> mask_of(const Case& c, const char* param) {
  const std::vector<double> values = c.reals(param);
  return {values.begin(), values.end()};
}

crossent::Divisor divisor_of(const Case& c) {
  if (c.has("given_divisor")) return crossent::Divisor::given;
  const std::string name = c.text("mean_divisor", "rows");
  if (name == "rows") return crossent::Divisor::rows;
  if (name == "total_weight") return crossent::Divisor::total_weight;
  throw Skip("mean_divisor " + name);
}

crossent::Smoothing smoothing_of(const Case& c) {
  const std::string name = c.text("smoothing_weights", "per_class");
  if (name == "per_class") return crossent::Smoothing::per_class;
  if (name == "per_row") return crossent::Smoothing::per_row;
  throw Skip("smoothing_weights " + name);
}

Parameters::Parameters(const Case& c, Kind kind, std::size_t rows)
    : class_weight(c.reals("class_weight")),
      row_weight(c.reals("sample_weight")),
      row_mask(mask_of(c, "row_mask")),
      class_mask(mask_of(c, "class_mask")) {
  c.allow({"mean_divisor", "class_weight", "sample_weight", "ignore_index", "row_mask", "axis",
           "temperature", "label_smoothing", "smoothing_weights", "normalize", "eps", "label_dtype",
           "class_mask", "softcap", "z_loss"});
  const bool one_for_all = c.has("sample_weight") && !c.params.at("sample_weight").is_array();
  options.kind = kind;
  options.reduction = reduction_of(c, rows);
  options.divisor = divisor_of(c);
  options.given_divisor = c.real("given_divisor", 0);
  if (c.has("ignore_index")) options.ignore_index = c.params.at("ignore_index").get<std::int64_t>();
  options.class_weight = class_weight;
  options.row_weight =
      one_for_all ? crossent::RealSpan(row_weight.data(), rows, 0) : crossent::RealSpan(row_weight);
  options.row_mask = row_mask;
  options.class_mask = class_mask;
  options.label_smoothing = c.real("label_smoothing", 0);
  options.smoothing = smoothing_of(c);
  options.temperature = c.real("temperature", 1);
  options.softcap = c.real("softcap", 0);
  options.z_loss = c.real("z_loss", 0);
  options.clip = c.real("eps", 0);
  options.normalize = c.flag("normalize", false);
  options.checks = checks_of(c);
  options.threads = static_cast<int>(c.real("threads", 0));
}

/// Soft targets in the type of the logits. Where their shape is not that of the logits they are the
/// matrix that their own shape says, for the library to refuse.
template <class T>
struct Targets {
  std::vector<T> values;
  crossent::MatrixView<const T> view;

  Targets(const Array& t, const Layout& layout) {
    if (t.shape == layout.shape()) {
      values = typed<T>(layout.arranged(t.data));
      view = layout.view<const T>(values.data());
      return;
    }
    const bool flat = t.shape.size() < 2;
    const std::size_t rows = flat ? 1 : t.shape[0];
    values = typed<T>(t.data);
    values.resize(std::max<std::size_t>(1, values.size()));
    view = crossent::matrix<const T>(values.data(), rows, rows ? t.data.size() / rows : 0);
  }
};

struct Answer {
  crossent::Result result;
  Array loss, gradient, target_gradient;  // per row; in the shape of the logits
};

/// Whether labels of this shape are one for each row. A lone row's may be a number or a list of
/// one.
bool fits(const std::vector<std::size_t>& labels, const Layout& layout) {
  const std::size_t depth = std::max<std::size_t>(1, layout.row_shape().size());
  return labels == layout.row_shape() || (layout.rows() == 1 && labels.size() <= depth);
}

template <class T>
Answer call(const Case& c, Kind kind, const Array& x, const Layout& layout, Wanted wanted) {
  const std::vector<T> values =
      typed<T>(rounded_to(c.text("dtype", "float64"), layout.arranged(x.data)));
  const auto view = layout.view<const T>(values.data());
  const Parameters parameters(c, kind, layout.rows());
  Answer answer;
  answer.loss = {std::vector<double>(layout.rows()), layout.row_shape()};
  std::vector<T> gradient(values.size()), target_gradient(values.size());
  crossent::Outputs<T> outputs;
  if (!answer.loss.data.empty()) outputs.loss = answer.loss.data;
  if (wanted == Wanted::gradient) outputs.gradient = layout.view(gradient.data());
  if (wanted == Wanted::target_gradient)
    outputs.target_gradient = layout.view(target_gradient.data());
  if (c.has_input("y")) {
    const LabelArray labels = labels_of(c);
    // As many labels as rows in another shape ([n, 1]): a target matrix of the wrong size.
    if (count(labels.shape) == layout.rows() && !fits(labels.shape, layout))
      answer.result = crossent::cross_entropy<T>(view, Targets<T>(c.input("y"), layout).view,
                                                 parameters.options, outputs);
    else
      answer.result = crossent::cross_entropy<T>(view, labels.view, parameters.options, outputs);
  } else {
    const Targets<T> targets(c.input("t"), layout);
    answer.result = crossent::cross_entropy<T>(view, targets.view, parameters.options, outputs);
  }
  answer.gradient = layout.restored(widened_all(gradient));
  answer.target_gradient = layout.restored(widened_all(target_gradient));
  return answer;
}

Answer answer(const Case& c, Kind kind, const char* name, Wanted wanted) {
  const Array x = c.input(name);
  const Layout layout(x.shape, static_cast<long>(c.real("axis", -1)));
  const std::string dtype = wanted == Wanted::loss ? c.text("dtype", "float64") : output_type(c);
  return with_type(dtype, [&]<class T>() { return call<T>(c, kind, x, layout, wanted); });
}

Outcome loss(const Case& c, Kind kind, const char* name) {
  const Answer a = answer(c, kind, name, Wanted::loss);
  return reduced(c, a.loss, a.result.sum, a.result.mean);
}

Outcome softmax_ce(const Case& c) { return loss(c, Kind::logits, "x"); }

Outcome nll(const Case& c) { return loss(c, Kind::log_probabilities, "logp"); }

Outcome ce_probs(const Case& c) { return loss(c, Kind::probabilities, "p"); }

Outcome softmax_ce_grad(const Case& c) {
  return unnamed(answer(c, Kind::logits, "x", Wanted::gradient).gradient);
}

Outcome softmax_ce_target_grad(const Case& c) {
  return unnamed(answer(c, Kind::logits, "x", Wanted::target_gradient).target_gradient);
}

/// e^mean of logits, log-probabilities or probabilities against labels; e^H of a distribution.
Outcome perplexity(const Case& c) {
  if (!c.has_input("y") && !c.has_input("t"))
    return compute({"perplexity_dist", c.inputs, c.params});
  const bool logits = c.has_input("x"), logp = c.has_input("logp");
  const Kind kind = logits ? Kind::logits : logp ? Kind::log_probabilities : Kind::probabilities;
  const Answer a = answer(c, kind, logits ? "x" : logp ? "logp" : "p", Wanted::loss);
  return unnamed(scalar(crossent::perplexity(a.result.mean)));
}

}  // namespace

const Operations& categorical_operations() {
  static const Operations operations{{"softmax_ce", softmax_ce},
                                     {"softmax_ce_grad", softmax_ce_grad},
                                     {"softmax_ce_soft", softmax_ce},
                                     {"softmax_ce_soft_grad", softmax_ce_grad},
                                     {"softmax_ce_soft_target_grad", softmax_ce_target_grad},
                                     {"nll", nll},
                                     {"ce_probs", ce_probs},
                                     {"perplexity", perplexity}};
  return operations;
}

}  // namespace cases
