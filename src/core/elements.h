#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "core/matrix_checks.h"
#include "kernels/half.h"

// Matrices of any type and stride as a sequence of f64 elements, row by row.
namespace crossent::core {

// A matrix whose elements are numbered row by row.
struct Elements {
  Memory memory;
  kernels::Element type = kernels::Element::f64;
};

template <class T>
Elements elements_of(MatrixView<T> m) {
  return {memory_of(m), element_of<std::remove_const_t<T>>()};
}

// Calls body(offset, stride, first, count) for the evenly spaced runs that elements [k, k + n)
// form.
template <class Body>
void for_each_run(const Memory& m, std::size_t k, std::size_t n, const Body& body) {
  const auto cols = static_cast<std::ptrdiff_t>(m.cols), at = static_cast<std::ptrdiff_t>(k);
  if (m.cols == 1) return body(at * m.row_stride, m.row_stride, std::size_t{0}, n);
  if (m.row_stride == cols * m.col_stride)
    return body(at * m.col_stride, m.col_stride, std::size_t{0}, n);
  for (std::size_t first = 0; first < n;) {
    const std::size_t row = (k + first) / m.cols, col = (k + first) % m.cols;
    const std::size_t count = std::min(n - first, m.cols - col);
    body(static_cast<std::ptrdiff_t>(row) * m.row_stride +
             static_cast<std::ptrdiff_t>(col) * m.col_stride,
         m.col_stride, first, count);
    first += count;
  }
}

template <class Out, class T>
Out widened(T value) {
  if constexpr (std::is_same_v<T, double>)
    return static_cast<Out>(value);
  else
    return Out{kernels::to_f32(value)};
}

template <class T, class Out>
void load_as(const Memory& m, std::size_t k, std::size_t n, Out* out) {
  for_each_run(
      m, k, n,
      [&](std::ptrdiff_t offset, std::ptrdiff_t stride, std::size_t first, std::size_t count) {
        const T* p = static_cast<const T*>(m.data) + offset;
        if (stride == 1)  // apart, so that it vectorises
          for (std::size_t i = 0; i < count; ++i) out[first + i] = widened<Out>(p[i]);
        else
          for (std::size_t i = 0; i < count; ++i)
            out[first + i] = widened<Out>(p[static_cast<std::ptrdiff_t>(i) * stride]);
      });
}

template <class T, class In>
void store_as(const Memory& m, std::size_t k, std::size_t n, const In* in) {
  for_each_run(
      m, k, n,
      [&](std::ptrdiff_t offset, std::ptrdiff_t stride, std::size_t first, std::size_t count) {
        T* p = static_cast<T*>(const_cast<void*>(m.data)) + offset;
        if (stride == 1)
          for (std::size_t i = 0; i < count; ++i) kernels::put(p[i], in[first + i]);
        else
          for (std::size_t i = 0; i < count; ++i)
            kernels::put(p[static_cast<std::ptrdiff_t>(i) * stride], in[first + i]);
      });
}

template <class Out>  // double, or float for types no wider
void load(const Elements& e, std::size_t k, std::size_t n, Out* out) {
  switch (e.type) {
    case kernels::Element::f32:
      return load_as<float>(e.memory, k, n, out);
    case kernels::Element::f64:
      return load_as<double>(e.memory, k, n, out);
    case kernels::Element::f16:
      return load_as<f16>(e.memory, k, n, out);
    case kernels::Element::bf16:
      return load_as<bf16>(e.memory, k, n, out);
  }
}

template <class In>
void store(const Elements& e, std::size_t k, std::size_t n, const In* in) {
  switch (e.type) {
    case kernels::Element::f32:
      return store_as<float>(e.memory, k, n, in);
    case kernels::Element::f64:
      return store_as<double>(e.memory, k, n, in);
    case kernels::Element::f16:
      return store_as<f16>(e.memory, k, n, in);
    case kernels::Element::bf16:
      return store_as<bf16>(e.memory, k, n, in);
  }
}

}  // namespace crossent::core
