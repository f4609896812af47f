#include "core/checks.h"

#include <limits>
#include <string>

#include "core/refuse.h"

namespace crossent {
namespace {

std::string count_text(std::string_view argument, std::size_t size) {
  return std::string(argument).append(" has ").append(std::to_string(size));
}

}  // namespace

void check_same_length(std::string_view op, std::string_view first, std::size_t first_size,
                       std::string_view second, std::size_t second_size) {
  if (first_size == second_size) return;
  refuse(op, second,
         count_text(first, first_size).append(" values, ").append(count_text(second, second_size)));
}

void check_output(std::string_view op, std::string_view argument, std::size_t size,
                  std::size_t wanted) {
  if (size == 0 || size == wanted) return;
  refuse(op, argument,
         count_text(argument, size).append(" values, not ").append(std::to_string(wanted)));
}

void check_values(std::string_view op, std::string_view argument, std::span<const double> values,
                  double low, double high, std::string_view range) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] >= low && values[i] <= high))
      refuse_value(op, argument, values[i], range, static_cast<std::int64_t>(i));
}

void check_weights(std::string_view op, std::string_view argument, const RealSpan& weights,
                   std::size_t wanted) {
  if (weights.empty()) return;
  if (weights.size() != wanted)
    refuse(op, argument,
           count_text(argument, weights.size()).append(" values, not ") + std::to_string(wanted));
  for (std::size_t i = 0; i < wanted; ++i)
    if (!(weights[i] >= 0 && weights[i] <= std::numeric_limits<double>::max()))
      refuse_value(op, argument, weights[i], "is not a finite number >= 0",
                   static_cast<std::int64_t>(i));
}

void check_labels(std::string_view op, const Labels& labels, std::size_t rows,
                  std::size_t classes) {
  check_same_length(op, "rows", rows, "label", labels.size());
  for (std::size_t i = 0; i < rows; ++i) {
    if (labels[i] >= 0 && static_cast<std::size_t>(labels[i]) < classes) continue;
    std::string what = "label[" + std::to_string(i) + "] = ";
    what.append(labels.text(i)).append(" is outside [0, ").append(std::to_string(classes));
    refuse(op, "label", what.append(")"), static_cast<std::int64_t>(i));
  }
}

}  // namespace crossent
