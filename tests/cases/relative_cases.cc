#include "crossent/relatives.h"
#include "layout.h"
#include "operations.h"
#include "types.h"

namespace cases {
namespace {

using crossent::RelativeOutputs;

Array rounded_input(const Case& c, const char* name) {
  Array a = c.input(name);
  a.data = rounded_to(c.text("dtype", "float64"), std::move(a.data));
  return a;
}

crossent::FocalOptions focal_of(const Case& c) {
  crossent::FocalOptions options;
  if (c.has("alpha")) options.alpha = c.real("alpha", 1);
  options.gamma = c.real("gamma", 2);
  const std::string soft = c.text("soft", "expected");
  if (soft != "expected" && soft != "mixed_pt") throw Skip("soft " + soft);
  options.soft = soft == "expected" ? crossent::SoftFocal::expected : crossent::SoftFocal::mixed_pt;
  return options;
}

/// Arrays whose shapes differ are handed to the library as lists of their sizes; equal sizes in
/// other shapes as lists that differ by one, since the library has no shapes to compare here.
std::span<const double> as_shaped_like(const Array& a, const Array& like) {
  const bool same_size = a.data.size() == like.data.size();
  return std::span(a.data).first(a.data.size() - (same_size && a.shape != like.shape ? 1 : 0));
}

/// Runs f(reduction, outputs) and gives the reduced loss, or the gradient of it.
template <class F>
Outcome elements(const Case& c, const Array& x, bool gradient, F f) {
  Array loss{std::vector<double>(x.data.size()), x.shape}, slope = loss;
  RelativeOutputs outputs{.loss = loss.data};
  if (gradient) outputs.gradient = slope.data;
  const double value = f(reduction_of(c, x.data.size()), outputs);
  return gradient ? unnamed(std::move(slope)) : reduced(c, std::move(loss), value, value);
}

template <bool gradient>
Outcome focal_sigmoid(const Case& c) {
  c.allow({"alpha", "gamma", "soft"});
  const Array x = rounded_input(c, "x"), t = rounded_input(c, c.has_input("t") ? "t" : "y");
  return elements(c, x, gradient, [&](crossent::Reduction reduction, const RelativeOutputs& out) {
    return crossent::focal_sigmoid(x.data, as_shaped_like(t, x), focal_of(c), reduction, out);
  });
}

template <bool gradient>
Outcome soft_margin(const Case& c) {
  c.allow({});
  const Array x = rounded_input(c, "x"), y = rounded_input(c, "y");
  return elements(c, x, gradient, [&](crossent::Reduction reduction, const RelativeOutputs& out) {
    return crossent::soft_margin(x.data, as_shaped_like(y, x), reduction, out);
  });
}

Outcome gaussian_nll(const Case& c) {
  c.allow({"full"});
  const Array mu = rounded_input(c, "mu"), y = rounded_input(c, "y");
  const Array var = rounded_input(c, "var");
  return elements(c, mu, false, [&](crossent::Reduction reduction, const RelativeOutputs& out) {
    return crossent::gaussian_nll(mu.data, as_shaped_like(y, mu), as_shaped_like(var, mu),
                                  c.flag("full", false), reduction, out);
  });
}

/// Runs f(x, reduction, outputs) on the rows of input `name`.
template <class F>
Outcome rows(const Case& c, const char* name, F f) {
  const Array x = rounded_input(c, name);
  const Layout layout(x.shape, static_cast<long>(c.real("axis", -1)));
  const std::vector<double> values = layout.arranged(x.data);
  Array loss{std::vector<double>(layout.rows()), layout.row_shape()};
  const double value = f(layout.view(values.data()), reduction_of(c, layout.rows()),
                         RelativeOutputs{.loss = loss.data});
  return reduced(c, std::move(loss), value, value);
}

using View = crossent::MatrixView<const double>;

Outcome focal_softmax(const Case& c) {
  c.allow({"alpha", "gamma", "axis", "label_dtype"});
  return rows(c, "x", [&](View x, crossent::Reduction reduction, const RelativeOutputs& out) {
    return crossent::focal_softmax(x, labels_of(c).view, focal_of(c), reduction, out);
  });
}

Outcome poly1(const Case& c) {
  c.allow({"epsilon", "axis", "label_dtype"});
  return rows(c, "x", [&](View x, crossent::Reduction reduction, const RelativeOutputs& out) {
    return crossent::poly1(x, labels_of(c).view, c.real("epsilon", 1), reduction, out);
  });
}

Outcome gce(const Case& c) {
  c.allow({"q", "axis", "label_dtype"});
  return rows(c, "p", [&](View p, crossent::Reduction reduction, const RelativeOutputs& out) {
    return crossent::generalized_cross_entropy(p, labels_of(c).view, c.real("q", 0.7), reduction,
                                               out, checks_of(c));
  });
}

Outcome multilabel_soft_margin(const Case& c) {
  c.allow({"class_weight", "axis"});
  return rows(c, "x", [&](View x, crossent::Reduction reduction, const RelativeOutputs& out) {
    const Array t = rounded_input(c, c.has_input("t") ? "t" : "y");
    const Layout layout(t.shape, static_cast<long>(c.real("axis", -1)));
    const std::vector<double> targets = layout.arranged(t.data), weight = c.reals("class_weight");
    return crossent::multilabel_soft_margin(x, layout.view(targets.data()), reduction, out, weight);
  });
}

}  // namespace

const Operations& relative_operations() {
  static const Operations operations{{"focal_sigmoid", focal_sigmoid<false>},
                                     {"focal_sigmoid_grad", focal_sigmoid<true>},
                                     {"focal_softmax", focal_softmax},
                                     {"poly1", poly1},
                                     {"gce", gce},
                                     {"soft_margin", soft_margin<false>},
                                     {"soft_margin_grad", soft_margin<true>},
                                     {"multilabel_soft_margin", multilabel_soft_margin},
                                     {"gaussian_nll", gaussian_nll}};
  return operations;
}

}  // namespace cases
