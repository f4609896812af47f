#pragma once
#include <cstddef>
#include <vector>

#include "case.h"
#include "crossent/view.h"

namespace cases {

/// An array of any depth as rows of classes along one of its axes. A matrix view reaches every row
/// in place when the class axis is the first or the last that is longer than 1; for an axis between
/// others the elements are rearranged into rows.
class Layout {
 public:
  /// `axis` may be negative (from the end). ValueError when there is no such axis.
  Layout(std::vector<std::size_t> shape, long axis);

  std::size_t rows() const { return outer_ * inner_; }
  std::size_t classes() const { return classes_; }
  const std::vector<std::size_t>& shape() const { return shape_; }
  const std::vector<std::size_t>& row_shape() const { return row_shape_; }

  /// The values in the order that view() reads, at least one element so that data() is not null.
  std::vector<double> arranged(const std::vector<double>& values) const;
  /// The inverse: values behind view() as an array of the original shape.
  Array restored(const std::vector<double>& values) const;

  template <class T>
  crossent::MatrixView<T> view(T* data) const {
    if (!in_place()) return crossent::matrix(data, rows(), classes_);
    const bool last = inner_ == 1;
    return {data, rows(), classes_, static_cast<std::ptrdiff_t>(last ? classes_ : 1),
            static_cast<std::ptrdiff_t>(inner_)};
  }

 private:
  bool in_place() const { return inner_ == 1 || outer_ == 1; }
  std::size_t position(std::size_t i, std::size_t j) const {
    return (i / inner_ * classes_ + j) * inner_ + i % inner_;
  }
  std::vector<std::size_t> shape_, row_shape_;
  std::size_t outer_ = 1, classes_ = 1, inner_ = 1;
};

}  // namespace cases
