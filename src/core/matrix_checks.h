#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/refuse.h"
#include "crossent/options.h"
#include "crossent/view.h"
#include "kernels/rows.h"

// The door's vocabulary: what every public function checks, in one form of words.
namespace crossent::core {

/// "argument[row][column]"; indices of -1 are left out.
std::string place(std::string_view argument, std::int64_t row, std::int64_t column = -1);

/// Refuses `size` where `want` elements are needed: "loss has 2 elements, but there are 3 rows".
[[noreturn]] void refuse_length(std::string_view op, std::string_view argument, std::size_t size,
                                std::size_t want, std::string_view of);
inline void check_length(std::string_view op, std::string_view argument, std::size_t size,
                         std::size_t want, std::string_view of) {
  if (size != want) refuse_length(op, argument, size, want, of);
}

/// The same of an argument that may be left out (size 0).
inline void check_optional(std::string_view op, std::string_view argument, std::size_t size,
                           std::size_t want, std::string_view of) {
  if (size != 0) check_length(op, argument, size, want, of);
}

/// Refuses lengths that differ: "x has 3 values, t has 2".
void check_same_length(std::string_view op, std::string_view first, std::size_t first_size,
                       std::string_view second, std::size_t second_size);

/// Refuses x outside [low, high] and NaN.
[[noreturn]] void refuse_range(std::string_view op, std::string_view argument, double x, double low,
                               double high);
inline void check_range(std::string_view op, std::string_view argument, double x, double low,
                        double high) {
  if (!(x >= low && x <= high)) refuse_range(op, argument, x, low, high);
}

/// Refuses the first value outside [low, high] or NaN: "t[3] = 2 is outside [0, 1]".
void check_values(std::string_view op, std::string_view argument, std::span<const double> values,
                  double low, double high, std::string_view range);

/// Refuses negative, NaN and infinite weights; returns the largest (0 when empty).
double check_weights(std::string_view op, std::string_view argument, const RealSpan& weights);

/// The one value that stands for all, or value i.
inline double pick(const RealSpan& values, std::size_t i) {
  return values[values.size() == 1 ? 0 : i];
}

/// Refuses weights and upstream gradients whose factor on a gradient, about
/// weight * upstream / divisor, leaves the arithmetic's range; and an upstream that is not finite.
void check_gradient_range(std::string_view op, double largest_weight, const RealSpan& upstream,
                          double divisor, bool f32);

/// Refuses a wrong number of labels, and the first outside [0, classes).
void check_labels(std::string_view op, const Labels& labels, std::size_t rows, std::size_t classes);

/// Refuses this label as outside [0, classes), saying so when the labels look 1-based.
[[noreturn]] void reject_label(std::string_view op, const Labels& labels, std::size_t row,
                               std::size_t classes);

template <class T>
constexpr kernels::Element element_of();
template <>
constexpr kernels::Element element_of<float>() {
  return kernels::Element::f32;
}
template <>
constexpr kernels::Element element_of<double>() {
  return kernels::Element::f64;
}
template <>
constexpr kernels::Element element_of<f16>() {
  return kernels::Element::f16;
}
template <>
constexpr kernels::Element element_of<bf16>() {
  return kernels::Element::bf16;
}

/// Machine epsilon of the type's format.
template <class T>
constexpr double epsilon_of() {
  switch (element_of<T>()) {
    case kernels::Element::f64:
      return 0x1p-52;
    case kernels::Element::f32:
      return 0x1p-23;
    case kernels::Element::f16:
      return 0x1p-10;
    default:
      return 0x1p-7;
  }
}

/// How far a row of C probabilities may sum from 1.
template <class T>
double sum_tolerance(std::size_t classes) {
  const double by_rounding = 4 * static_cast<double>(classes) * epsilon_of<T>();
  return by_rounding > 1e-6 ? by_rounding : 1e-6;
}

/// A matrix without its type, for the kernels and for comparing memory.
struct Memory {
  const void* data = nullptr;
  std::size_t rows = 0, cols = 0;
  std::ptrdiff_t row_stride = 0, col_stride = 0;  // in elements
  std::size_t width = 0;                          // bytes of an element

  bool has_elements() const { return rows != 0 && cols != 0; }
};
template <class T>
Memory memory_of(const MatrixView<T>& m) {
  return {m.data, m.rows, m.cols, m.row_stride, m.col_stride, sizeof(T)};
}
template <class T>
Memory memory_of(std::span<T> s) {
  return {s.data(), s.size(), 1, 1, 1, sizeof(T)};
}
inline Memory memory_of(const RealSpan& s) {
  return {s.data(), s.size(), 1, s.stride(), 1, s.width()};
}
inline Memory memory_of(const Labels& l) {
  const auto width = l.width() == 0 ? 1 : static_cast<std::ptrdiff_t>(l.width());
  return {l.data(), l.size(), 1, l.stride_bytes() / width, 1, l.width()};
}

/// An argument of a call, by name.
struct Argument {
  std::string_view name;
  Memory memory;
};
using Arguments = std::span<const Argument>;

/// The arguments of a call by name, where most are left out (no memory, no elements): but for the
/// first, those take no place and no time.
template <std::size_t kMost>
class ArgumentList {
 public:
  ArgumentList(std::string_view name, const Memory& first) {
    std::construct_at(items_, Argument{name, first});
  }
  void add(std::string_view name, const Memory& m) {
    if (m.data != nullptr || m.has_elements())
      std::construct_at(items_ + size_++, Argument{name, m});
  }
  operator Arguments() const { return {items_, size_}; }

 private:
  std::size_t size_ = 1;
  union {  // nothing is written of the places that stay free
    Argument items_[kMost];
  };
};

/// Whether two matrices share an element's memory (in doubt: yes), and whether they are the same
/// view.
bool overlap(const Memory& a, const Memory& b);
bool same_view(const Memory& a, const Memory& b);

/// Refuses an output that overlaps an input; the same view passes where `in_place` allows it.
void check_overlap(std::string_view op, std::string_view output, const Memory& out,
                   std::string_view input, const Memory& in, bool in_place);

/// Refuses arguments that have elements but no memory: "x is null, but has 2 x 3 elements".
void check_present(std::string_view op, std::initializer_list<Argument> arguments);
void check_present(std::string_view op, Arguments arguments);

/// Refuses outputs that overlap an input or one another; the first output may be the first input
/// itself. Outputs without memory are left out.
void check_overlaps(std::string_view op, Arguments outputs, Arguments inputs);

/// Refuses an output of a shape other than rows x cols, and one with two elements at one place.
void check_output(std::string_view op, std::string_view argument, const Memory& m, std::size_t rows,
                  std::size_t cols);

template <class T>
kernels::Source source_of(const MatrixView<const T>& m) {
  return {.data = m.data,
          .row_stride = m.row_stride,
          .col_stride = m.col_stride,
          .cols = m.cols,
          .type = element_of<T>()};
}
template <class T>
kernels::Sink sink_of(const MatrixView<T>& m) {
  return {m.data, m.row_stride, m.col_stride, element_of<T>()};
}

}  // namespace crossent::core
