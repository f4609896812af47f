#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace crossent {

/// IEEE 754 binary16, by its bits.
struct f16 {
  std::uint16_t bits;
};
/// bfloat16 (the upper half of a binary32), by its bits.
struct bf16 {
  std::uint16_t bits;
};

/// A matrix somebody else owns: element (i, j) is data[i * row_stride + j * col_stride]. Strides
/// are in elements, may be negative, and may be 0 for inputs only. [N, C, H, W] logits are a view
/// with col_stride = H * W over each image.
template <class T>
struct MatrixView {
  T* data{};
  std::size_t rows{}, cols{};
  std::ptrdiff_t row_stride{}, col_stride{1};

  T& operator()(std::size_t i, std::size_t j) const {
    return data[static_cast<std::ptrdiff_t>(i) * row_stride +
                static_cast<std::ptrdiff_t>(j) * col_stride];
  }
  bool empty() const { return data == nullptr; }
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, cols, row_stride, col_stride};
  }
};

/// A contiguous row-major matrix.
template <class T>
MatrixView<T> matrix(T* data, std::size_t rows, std::size_t cols) {
  return {data, rows, cols, static_cast<std::ptrdiff_t>(cols), 1};
}

/// Integer class labels of any width, signed or not, at any stride and alignment. A label never
/// passes through a floating-point type.
class Labels {
 public:
  Labels() = default;
  template <class I>
  requires std::is_integral_v<std::remove_const_t<I>> Labels(
      const I* data, std::size_t size, std::ptrdiff_t stride = 1)  // stride in elements
      : data_(reinterpret_cast<const unsigned char*>(data)),
        size_(size),
        stride_(stride * static_cast<std::ptrdiff_t>(sizeof(I))),
        width_(sizeof(I)),
        signed_(std::is_signed_v<I>) {
    static_assert(sizeof(I) <= 8);
  }
  template <class I, std::size_t E>
  requires std::is_integral_v<std::remove_const_t<I>> Labels(std::span<I, E> s)
      : Labels(s.data(), s.size()) {}
  template <class Container>
  requires std::is_integral_v<typename Container::value_type> Labels(const Container& c)
      : Labels(c.data(), c.size()) {}

  std::size_t size() const { return size_; }
  bool empty() const { return data_ == nullptr; }
  const unsigned char* data() const { return data_; }
  std::ptrdiff_t stride_bytes() const { return stride_; }
  std::size_t width() const { return width_; }
  bool is_signed() const { return signed_; }

  /// Label i; an unsigned value above INT64_MAX reads as INT64_MAX (outside every range of
  /// classes).
  std::int64_t operator[](std::size_t i) const {
    std::int64_t label;
    copy(i, {&label, 1});
    return label;
  }
  /// f(i, label first + i) for i in [0, n), the label in the type it is stored in.
  template <class F>
  void for_each(std::size_t first, std::size_t n, const F& f) const {
    switch (width_) {
      case 1:
        return signed_ ? each<std::int8_t>(first, n, f) : each<std::uint8_t>(first, n, f);
      case 2:
        return signed_ ? each<std::int16_t>(first, n, f) : each<std::uint16_t>(first, n, f);
      case 4:
        return signed_ ? each<std::int32_t>(first, n, f) : each<std::uint32_t>(first, n, f);
      default:
        return signed_ ? each<std::int64_t>(first, n, f) : each<std::uint64_t>(first, n, f);
    }
  }
  /// Labels [first, first + out.size()), each as operator[] reads it.
  void copy(std::size_t first, std::span<std::int64_t> out) const {
    for_each(first, out.size(), [&](std::size_t i, auto label) { out[i] = widened(label); });
  }
  /// Whether label i is `value`, exactly: no unsigned value above INT64_MAX is.
  bool is(std::size_t i, std::int64_t value) const {
    if (width_ == 8 && !signed_)
      return value >= 0 && load<std::uint64_t>(data_ + static_cast<std::ptrdiff_t>(i) * stride_) ==
                               static_cast<std::uint64_t>(value);
    return (*this)[i] == value;
  }
  /// The exact value of label i, for messages.
  std::string text(std::size_t i) const {
    if (width_ == 8 && !signed_)
      return std::to_string(load<std::uint64_t>(data_ + static_cast<std::ptrdiff_t>(i) * stride_));
    return std::to_string((*this)[i]);
  }

 private:
  template <class I>
  static I load(const unsigned char* p) {
    I v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  template <class I>
  static std::int64_t widened(I label) {
    return std::in_range<std::int64_t>(label) ? static_cast<std::int64_t>(label) : INT64_MAX;
  }
  template <class I, class F>
  void each(std::size_t first, std::size_t n, const F& f) const {
    constexpr auto kWidth = static_cast<std::ptrdiff_t>(sizeof(I));
    const unsigned char* p = data_ + static_cast<std::ptrdiff_t>(first) * stride_;
    const auto count = static_cast<std::ptrdiff_t>(n);
    if (stride_ == kWidth)  // apart, so that it vectorises
      for (std::ptrdiff_t i = 0; i < count; ++i)
        f(static_cast<std::size_t>(i), load<I>(p + i * kWidth));
    else
      for (std::ptrdiff_t i = 0; i < count; ++i)
        f(static_cast<std::size_t>(i), load<I>(p + i * stride_));
  }
  const unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
  std::ptrdiff_t stride_ = 0;  // bytes
  std::size_t width_ = 0;
  bool signed_ = false;
};

/// f32 or f64 values at any stride (0: one value for all), read as f64.
class RealSpan {
 public:
  RealSpan() = default;
  RealSpan(const double* data, std::size_t size, std::ptrdiff_t stride = 1)
      : f64_(data), size_(size), stride_(stride) {}
  RealSpan(const float* data, std::size_t size, std::ptrdiff_t stride = 1)
      : f32_(data), size_(size), stride_(stride) {}
  template <class Container>
  requires std::is_floating_point_v<typename Container::value_type> RealSpan(const Container& c)
      : RealSpan(c.data(), c.size()) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const void* data() const { return f64_ ? static_cast<const void*>(f64_) : f32_; }
  std::ptrdiff_t stride() const { return stride_; }
  std::size_t width() const { return f64_ ? sizeof(double) : sizeof(float); }
  double operator[](std::size_t i) const {
    const std::ptrdiff_t k = static_cast<std::ptrdiff_t>(i) * stride_;
    return f64_ ? f64_[k] : double{f32_[k]};
  }

 private:
  const double* f64_ = nullptr;
  const float* f32_ = nullptr;
  std::size_t size_ = 0;
  std::ptrdiff_t stride_ = 0;
};

}  // namespace crossent
