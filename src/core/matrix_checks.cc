#include "core/matrix_checks.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crossent::core {

std::string place(std::string_view argument, std::int64_t row, std::int64_t column) {
  std::string text(argument);
  if (row >= 0) text += "[" + std::to_string(row) + "]";
  if (column >= 0) text += "[" + std::to_string(column) + "]";
  return text;
}

void check_length(std::string_view op, std::string_view argument, std::size_t size,
                  std::size_t want, std::string_view of) {
  if (size == want) return;
  refuse(op, argument,
         std::string(argument) + " has " + std::to_string(size) + " elements, but there are " +
             std::to_string(want) + " " + std::string(of));
}

void check_range(std::string_view op, std::string_view argument, double x, double low,
                 double high) {
  if (x >= low && x <= high) return;
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
      refuse(op, argument,
             place(argument, static_cast<std::int64_t>(i)) + " = " + number_text(w) +
                 " is outside [0, inf)",
             static_cast<std::int64_t>(i));
    largest = std::max(largest, w);
  }
  return largest;
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

}  // namespace

bool overlap(const Memory& a, const Memory& b) {
  if (a.data == nullptr || b.data == nullptr || a.rows * a.cols == 0 || b.rows * b.cols == 0)
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

void check_output(std::string_view op, std::string_view argument, const Memory& m, std::size_t rows,
                  std::size_t cols) {
  if (m.rows != rows || m.cols != cols)
    refuse(op, argument,
           std::string(argument) + " is " + std::to_string(m.rows) + " x " +
               std::to_string(m.cols) + ", but must be " + std::to_string(rows) + " x " +
               std::to_string(cols));
  if ((rows > 1 && m.row_stride == 0) || (cols > 1 && m.col_stride == 0))
    refuse(op, argument, std::string(argument) + " has stride 0: outputs need distinct elements");
}

}  // namespace crossent::core
