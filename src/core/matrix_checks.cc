#include "core/matrix_checks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace crossent::core {

std::string place(std::string_view argument, std::int64_t row, std::int64_t column) {
  std::string text(argument);
  if (row >= 0) text += "[" + std::to_string(row) + "]";
  if (column >= 0) text += "[" + std::to_string(column) + "]";
  return text;
}

void refuse_length(std::string_view op, std::string_view argument, std::size_t size,
                   std::size_t want, std::string_view of) {
  refuse(op, argument,
         std::string(argument) + " has " + std::to_string(size) + " elements, but there are " +
             std::to_string(want) + " " + std::string(of));
}

void check_same_length(std::string_view op, std::string_view first, std::size_t first_size,
                       std::string_view second, std::size_t second_size) {
  if (first_size == second_size) return;
  refuse(op, second,
         std::string(first) + " has " + std::to_string(first_size) + " values, " +
             std::string(second) + " has " + std::to_string(second_size));
}

void check_values(std::string_view op, std::string_view argument, std::span<const double> values,
                  double low, double high, std::string_view range) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] >= low && values[i] <= high))
      refuse_value(op, argument, values[i], range, static_cast<std::int64_t>(i));
}

void refuse_range(std::string_view op, std::string_view argument, double x, double low,
                  double high) {
  refuse(op, argument,
         std::string(argument) + " = " + number_text(x) + " is outside [" + number_text(low) +
             ", " + number_text(high) + "]");
}

double check_weights(std::string_view op, std::string_view argument, const RealSpan& weights) {
  double largest = 0;
  const std::size_t n =
      weights.stride() == 0 ? std::min<std::size_t>(1, weights.size()) : weights.size();
  for (std::size_t i = 0; i < n; ++i) {
    const double w = weights[i];
    if (!(w >= 0 && w < std::numeric_limits<double>::infinity()))
      refuse_value(op, argument, w, "is outside [0, inf)", static_cast<std::int64_t>(i));
    largest = std::max(largest, w);
  }
  return largest;
}

void check_gradient_range(std::string_view op, double largest_weight, const RealSpan& upstream,
                          double divisor, bool f32) {
  double largest = upstream.empty() ? 1 : 0;
  const std::size_t n =
      upstream.stride() == 0 ? std::min<std::size_t>(1, upstream.size()) : upstream.size();
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(upstream[i]))
      refuse_value(op, "upstream", upstream[i], "is not finite", static_cast<std::int64_t>(i));
    largest = std::max(largest, std::fabs(upstream[i]));
  }
  const double factor =
      largest / (divisor == 0 ? 1 : std::fabs(divisor)) * std::max(1.0, largest_weight);
  if (factor < (f32 ? 0x1p90 : 0x1p900)) return;
  refuse(op, "upstream",
         "weights and upstream make a gradient of about " + number_text(factor) +
             ", outside the range of the arithmetic" + (f32 ? " (precision = f64 has more)" : ""));
}

void check_labels(std::string_view op, const Labels& labels, std::size_t rows,
                  std::size_t classes) {
  check_length(op, "label", labels.size(), rows, "rows");
  check_present(op, {{"label", memory_of(labels)}});
  for (std::size_t i = 0; i < rows; ++i)
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
      reject_label(op, labels, i, classes);
}

void reject_label(std::string_view op, const Labels& labels, std::size_t row, std::size_t classes) {
  const auto c = static_cast<std::int64_t>(classes);
  std::int64_t low = std::numeric_limits<std::int64_t>::max(), high = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    low = std::min(low, labels[i]);
    high = std::max(high, labels[i]);
  }
  std::string message = place("label", static_cast<std::int64_t>(row)) + " = " + labels.text(row) +
                        " is outside [0, " + std::to_string(classes) + ")";
  if (low == 1 && high == c)
    message += " (labels run 1.." + std::to_string(c) + " for " + std::to_string(c) +
               " classes: 1-based? subtract 1)";
  refuse(op, "label", message, static_cast<std::int64_t>(row));
}

namespace {

struct Range {
  std::intptr_t begin, end;
};

Range range_of(const Memory& m) {
  const auto at = reinterpret_cast<std::intptr_t>(m.data);
  const auto reach = [&](std::ptrdiff_t stride, std::size_t n) {
    return stride * static_cast<std::ptrdiff_t>(n - 1) * static_cast<std::ptrdiff_t>(m.width);
  };
  const std::ptrdiff_t down = reach(m.row_stride, m.rows), across = reach(m.col_stride, m.cols);
  return {at + std::min<std::ptrdiff_t>(down, 0) + std::min<std::ptrdiff_t>(across, 0),
          at + std::max<std::ptrdiff_t>(down, 0) + std::max<std::ptrdiff_t>(across, 0) +
              static_cast<std::ptrdiff_t>(m.width)};
}

// Two column ranges of one wide row-major buffer interleave without sharing an element.
bool side_by_side(const Memory& a, const Memory& b) {
  if (a.col_stride != 1 || b.col_stride != 1 || a.width != b.width || a.row_stride <= 0 ||
      a.row_stride != b.row_stride)
    return false;
  const auto pitch = a.row_stride * static_cast<std::ptrdiff_t>(a.width);
  auto shift =
      (reinterpret_cast<std::intptr_t>(b.data) - reinterpret_cast<std::intptr_t>(a.data)) % pitch;
  if (shift < 0) shift += pitch;
  const auto bytes = [](const Memory& m) { return static_cast<std::ptrdiff_t>(m.cols * m.width); };
  return shift >= bytes(a) && shift + bytes(b) <= pitch;
}

std::string shape_text(std::size_t rows, std::size_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

// Whether two of the matrix's elements lie at one place: (di, dj) != 0 with di row_stride +
// dj col_stride = 0, the smallest of which is the strides over their common divisor.
bool folds(const Memory& m) {
  if (!m.has_elements() || m.rows * m.cols == 1) return false;
  const auto size = [](std::ptrdiff_t stride) {
    return stride < 0 ? 0 - static_cast<std::size_t>(stride) : static_cast<std::size_t>(stride);
  };
  const std::size_t down = size(m.row_stride), across = size(m.col_stride);
  const std::size_t common = std::gcd(down, across);
  return common == 0 || (across / common < m.rows && down / common < m.cols);
}

}  // namespace

void check_present(std::string_view op, Arguments arguments) {
  for (const auto& [name, m] : arguments)
    if (m.data == nullptr && m.has_elements())
      refuse(op, name,
             std::string(name) + " is null, but has " +
                 (m.cols == 1 ? std::to_string(m.rows) : shape_text(m.rows, m.cols)) + " elements");
}

void check_present(std::string_view op, std::initializer_list<Argument> arguments) {
  check_present(op, Arguments(arguments.begin(), arguments.size()));
}

bool overlap(const Memory& a, const Memory& b) {
  if (a.data == nullptr || b.data == nullptr || !a.has_elements() || !b.has_elements())
    return false;
  const Range x = range_of(a), y = range_of(b);
  return x.begin < y.end && y.begin < x.end && !side_by_side(a, b);
}

bool same_view(const Memory& a, const Memory& b) {
  return a.data == b.data && a.width == b.width && a.rows == b.rows && a.cols == b.cols &&
         (a.rows <= 1 || a.row_stride == b.row_stride) &&
         (a.cols <= 1 || a.col_stride == b.col_stride);
}

void check_overlap(std::string_view op, std::string_view output, const Memory& out,
                   std::string_view input, const Memory& in, bool in_place) {
  if (!overlap(out, in) || (in_place && same_view(out, in))) return;
  refuse(op, output,
         std::string(output) + " overlaps " + std::string(input) +
             (in_place ? " in part: give the same view, or separate memory"
                       : ": give separate memory"));
}

void check_overlaps(std::string_view op, Arguments outputs, Arguments inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [name, memory] = outputs[i];
    if (memory.data == nullptr) continue;
    for (std::size_t k = 0; k < inputs.size(); ++k)
      if (inputs[k].memory.data != nullptr)
        check_overlap(op, name, memory, inputs[k].name, inputs[k].memory, i == 0 && k == 0);
    for (std::size_t k = 0; k < i; ++k)
      if (outputs[k].memory.data != nullptr)
        check_overlap(op, name, memory, outputs[k].name, outputs[k].memory, false);
  }
}

void check_output(std::string_view op, std::string_view argument, const Memory& m, std::size_t rows,
                  std::size_t cols) {
  if (m.rows != rows || m.cols != cols)
    refuse(op, argument,
           std::string(argument) + " is " + shape_text(m.rows, m.cols) + ", but must be " +
               shape_text(rows, cols));
  if (folds(m))
    refuse(op, argument,
           std::string(argument) + " has two elements at one place (" + shape_text(rows, cols) +
               " with strides " + std::to_string(m.row_stride) + " and " +
               std::to_string(m.col_stride) + "): outputs need distinct elements");
}

}  // namespace crossent::core
