#include "crossent/softmax.h"
#include "layout.h"
#include "operations.h"
#include "types.h"

namespace cases {
namespace {

crossent::SoftmaxOptions options_of(const Case& c) {
  c.allow({"axis", "temperature"});
  crossent::SoftmaxOptions options;
  options.temperature = c.real("temperature", 1);
  options.checks = checks_of(c);
  options.threads = static_cast<int>(c.real("threads", 0));
  return options;
}

Outcome logsumexp(const Case& c) {
  const Array x = c.input("x");
  const Layout layout(x.shape, static_cast<long>(c.real("axis", -1)));
  Array out{std::vector<double>(layout.rows()), layout.row_shape()};
  with_type(c.text("dtype", "float64"), [&]<class T>() {
    const std::vector<T> values = typed<T>(layout.arranged(x.data));
    crossent::log_sum_exp<T>(layout.view(values.data()), out.data, options_of(c));
  });
  return unnamed(out);
}

template <bool log>
Outcome normalised(const Case& c) {
  const Array x = c.input("x");
  const Layout layout(x.shape, static_cast<long>(c.real("axis", -1)));
  const std::string dtype = c.text("dtype", "float64");
  return with_type(output_type(c), [&]<class T>() {
    const std::vector<T> values = typed<T>(rounded_to(dtype, layout.arranged(x.data)));
    std::vector<T> out(values.size());
    const auto view = layout.view(out.data());
    if constexpr (log)
      crossent::log_softmax<T>(layout.view(values.data()), view, options_of(c));
    else
      crossent::softmax<T>(layout.view(values.data()), view, options_of(c));
    return unnamed(layout.restored(widened_all(out)));
  });
}

}  // namespace

const Operations& softmax_operations() {
  static const Operations operations{
      {"logsumexp", logsumexp}, {"softmax", normalised<false>}, {"log_softmax", normalised<true>}};
  return operations;
}

}  // namespace cases
