#include <numeric>

#include "crossent/entropy.h"
#include "layout.h"
#include "operations.h"
#include "types.h"

namespace cases {
namespace {

using crossent::DistributionOptions;
using Values = std::span<const double>;

DistributionOptions options_of(const Case& c) {
  c.allow({"base", "normalize", "axis"});
  const bool natural = !c.has("base") || c.params.at("base") == "e";
  const double base = natural ? 0 : c.real("base", 0);
  DistributionOptions options;
  // 0 is the options' word for e: as the base of a case it is a number like any other.
  options.base = !natural && base == 0 ? -0x1p-1074 : base;
  options.normalize = c.flag("normalize", false);
  options.checks = checks_of(c);
  return options;
}

Array rounded_input(const Case& c, const char* name) {
  Array a = c.input(name);
  a.data = rounded_to(c.text("dtype", "float64"), std::move(a.data));
  return a;
}

Outcome reduce_rows(const Case& c, Array rows) {
  const double sum = std::accumulate(rows.data.begin(), rows.data.end(), 0.0);
  return reduced(c, rows, sum, sum / static_cast<double>(rows.data.size()));
}

Values row(const std::vector<double>& values, std::size_t i, std::size_t classes) {
  return Values(values).subspan(i * classes, classes);
}

/// The elements of every row one after the other.
std::vector<double> by_rows(const Layout& layout, const Array& a) {
  const std::vector<double> values = layout.arranged(a.data);
  const auto view = layout.view(values.data());
  std::vector<double> out;
  for (std::size_t i = 0; i < layout.rows(); ++i)
    for (std::size_t j = 0; j < layout.classes(); ++j) out.push_back(view(i, j));
  return out;
}

template <double (*f)(Values, const DistributionOptions&)>
Outcome of_one(const Case& c) {
  const Array p = rounded_input(c, "p");
  const Layout layout(p.shape, static_cast<long>(c.real("axis", -1)));
  const DistributionOptions options = options_of(c);
  if (p.data.empty()) return unnamed(scalar(f({}, options)));
  const std::vector<double> values = by_rows(layout, p);
  Array rows{{}, layout.row_shape()};
  for (std::size_t i = 0; i < layout.rows(); ++i)
    rows.data.push_back(f(row(values, i, layout.classes()), options));
  return reduce_rows(c, std::move(rows));
}

using Pair = double (*)(Values, Values, const DistributionOptions&);

Outcome of_pair(const Case& c, const char* first, const char* second, Pair f) {
  const Array p = rounded_input(c, first), q = rounded_input(c, second);
  const DistributionOptions options = options_of(c);
  const Layout layout(p.shape, static_cast<long>(c.real("axis", -1)));
  // Unequal shapes and empty ones are for the library to refuse.
  if (p.shape != q.shape && p.data.size() == q.data.size() && p.data.size() > 1)
    crossent::kl_divergence(crossent::matrix(p.data.data(), 1, p.data.size()),
                            crossent::matrix(q.data.data(), q.data.size(), 1));
  if (p.shape != q.shape || p.data.empty()) return unnamed(scalar(f(p.data, q.data, options)));
  const std::vector<double> ps = by_rows(layout, p), qs = by_rows(layout, q);
  Array rows{{}, layout.row_shape()};
  for (std::size_t i = 0; i < layout.rows(); ++i)
    rows.data.push_back(f(row(ps, i, layout.classes()), row(qs, i, layout.classes()), options));
  return reduce_rows(c, std::move(rows));
}

/// The matrix form, which reduces by itself.
Outcome kl(const Case& c) {
  const Array p = rounded_input(c, "p"), q = rounded_input(c, "q");
  const Layout layout(p.shape, static_cast<long>(c.real("axis", -1)));
  if (p.shape != q.shape || p.shape.size() < 2 || p.data.empty())
    return of_pair(c, "p", "q", crossent::kl_divergence);
  const std::vector<double> ps = layout.arranged(p.data), qs = layout.arranged(q.data);
  Array rows{std::vector<double>(layout.rows()), layout.row_shape()};
  const double value =
      crossent::kl_divergence(layout.view(ps.data()), layout.view(qs.data()),
                              reduction_of(c, layout.rows()), options_of(c), rows.data);
  return reduced(c, std::move(rows), value, value);
}

Outcome kl_log_target(const Case& c) {
  return of_pair(c, "log_p", "log_q", crossent::kl_divergence_log);
}

Outcome cross_entropy_dist(const Case& c) { return of_pair(c, "p", "q", crossent::cross_entropy); }

Outcome js(const Case& c) { return of_pair(c, "p", "q", crossent::jensen_shannon); }

template <void (*f)(Values, Values, std::span<double>, crossent::Checks)>
Outcome elementwise(const Case& c) {
  c.allow({});
  const Array p = rounded_input(c, "p"), q = rounded_input(c, "q");
  Array out{std::vector<double>(p.data.size()), p.shape};
  f(p.data, q.data, out.data, checks_of(c));
  return c.has("reduction") ? reduce_rows(c, std::move(out)) : unnamed(std::move(out));
}

}  // namespace

const Operations& distribution_operations() {
  static const Operations operations{
      {"entropy", of_one<crossent::entropy>},
      {"perplexity_dist", of_one<crossent::perplexity>},
      {"kl", kl},
      {"kl_log_target", kl_log_target},
      {"kl_elementwise_generalized", elementwise<crossent::generalized_kl>},
      {"rel_entr", elementwise<crossent::relative_entropy>},
      {"cross_entropy_dist", cross_entropy_dist},
      {"js", js}};
  return operations;
}

}  // namespace cases
