#include "crossent/labels.h"

#include <cmath>

#include "core/refuse.h"

namespace crossent {

std::vector<std::int64_t> labels_from_reals(std::span<const double> values) {
  std::vector<std::int64_t> labels(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double v = values[i];
    if (!(std::fabs(v) < 0x1p53) || v != std::trunc(v))
      refuse_value("labels", "label", v,
                   std::fabs(v) >= 0x1p53 ? "is too large to be exact" : "is not an integer",
                   static_cast<std::int64_t>(i));
    labels[i] = static_cast<std::int64_t>(v);
  }
  return labels;
}

}  // namespace crossent
