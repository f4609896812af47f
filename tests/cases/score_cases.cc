#include "crossent/scores.h"
#include "layout.h"
#include "operations.h"
#include "types.h"

namespace cases {
namespace {

/// Predictions, labels and options of a case, with their storage.
struct Scored {
  Array p;
  LabelArray labels;
  std::vector<double> weight;
  std::vector<std::int64_t> names;
  crossent::ScoreOptions options;

  explicit Scored(const Case& c)
      : p(c.input("p")), labels(labels_of(c)), weight(c.reals("sample_weight")) {
    c.allow({"sample_weight", "eps", "normalize", "label_dtype"});
    p.data = rounded_to(c.text("dtype", "float64"), std::move(p.data));
    if (c.inputs.contains("labels")) names = integers_of(c.inputs.at("labels"));
    options.weight = weight;
    options.labels = names;
    options.clip = c.real("eps", 0);
    options.normalize = c.flag("normalize", false);
    options.checks = checks_of(c);
  }
  bool binary() const { return p.shape.size() < 2; }
  crossent::MatrixView<const double> matrix() const {
    const std::size_t rows = p.shape.size() < 2 ? 1 : p.shape[0];
    return crossent::matrix(p.data.data(), rows, rows ? p.data.size() / rows : 0);
  }
};

Outcome log_loss(const Case& c) {
  const Scored s(c);
  return unnamed(scalar(s.binary() ? crossent::log_loss(s.p.data, s.labels.view, s.options)
                                   : crossent::log_loss(s.matrix(), s.labels.view, s.options)));
}

Outcome d2_log_loss(const Case& c) {
  const Scored s(c);
  return unnamed(scalar(s.binary() ? crossent::d2_log_loss(s.p.data, s.labels.view, s.options)
                                   : crossent::d2_log_loss(s.matrix(), s.labels.view, s.options)));
}

Outcome brier(const Case& c) {
  const Scored s(c);
  return unnamed(scalar(crossent::brier(s.p.data, s.labels.view, s.options)));
}

Outcome brier_multiclass(const Case& c) {
  const Scored s(c);
  return unnamed(scalar(crossent::brier_multiclass(s.matrix(), s.labels.view, s.options)));
}

Outcome ece(const Case& c) {
  c.allow({"bins", "sample_weight"});
  const std::vector<double> confidence =
      rounded_to(c.text("dtype", "float64"), c.input("conf").data);
  const std::vector<std::int64_t> correct = integers_of(c.inputs.at("correct"));
  const std::vector<double> weight = c.reals("sample_weight");
  return unnamed(scalar(crossent::expected_calibration_error(
      confidence, correct, static_cast<int>(c.real("bins", 15)), weight)));
}

}  // namespace

const Operations& score_operations() {
  static const Operations operations{{"log_loss", log_loss},
                                     {"brier", brier},
                                     {"brier_multiclass", brier_multiclass},
                                     {"d2_log_loss", d2_log_loss},
                                     {"ece", ece}};
  return operations;
}

}  // namespace cases
