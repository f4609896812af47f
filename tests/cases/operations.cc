#include "operations.h"

#include "types.h"

namespace cases {

Outcome compute(const Case& c) {
  using Family = const Operations& (*)();
  constexpr Family kFamilies[] = {distribution_operations, softmax_operations,
                                  categorical_operations,  binary_operations,
                                  relative_operations,     score_operations};
  for (const Family family : kFamilies) {
    const auto found = family().find(c.op);
    if (found == family().end()) continue;
    Outcome outcome = found->second(c);
    if (c.has("out_dtype"))
      for (auto& [name, array] : outcome)
        array.data = rounded_to(c.text("out_dtype", ""), std::move(array.data));
    return outcome;
  }
  throw Skip("operation " + c.op);
}

crossent::Reduction reduction_of(const Case& c, std::size_t rows) {
  const std::string name = c.text("reduction", rows == 1 ? "sum" : "mean");
  if (name == "none") return crossent::Reduction::none;
  if (name == "sum") return crossent::Reduction::sum;
  if (name == "mean") return crossent::Reduction::mean;
  throw Skip("reduction " + name);
}

crossent::Checks checks_of(const Case& c) {
  return c.flag("validate", true) ? crossent::Checks::full : crossent::Checks::off;
}

Outcome reduced(const Case& c, Array values, double sum, double mean) {
  switch (reduction_of(c, values.data.size())) {
    case crossent::Reduction::none:
      return unnamed(std::move(values));
    case crossent::Reduction::sum:
      return unnamed(scalar(sum));
    default:
      return unnamed(scalar(mean));
  }
}

}  // namespace cases
