#include "layout.h"

#include <algorithm>

#include "crossent/error.h"

namespace cases {

Layout::Layout(std::vector<std::size_t> shape, long axis) : shape_(std::move(shape)) {
  const long depth = static_cast<long>(shape_.size());
  if (axis < -depth || axis >= depth)
    throw crossent::ValueError("[axis] axis = " + std::to_string(axis) + " is outside [" +
                               std::to_string(-depth) + ", " + std::to_string(depth) + ")");
  const auto at = static_cast<std::size_t>(axis < 0 ? axis + depth : axis);
  for (std::size_t d = 0; d < shape_.size(); ++d) {
    (d < at ? outer_ : d > at ? inner_ : classes_) *= shape_[d];
    if (d != at) row_shape_.push_back(shape_[d]);
  }
}

std::vector<double> Layout::arranged(const std::vector<double>& values) const {
  std::vector<double> out = values;
  if (!in_place())
    for (std::size_t i = 0; i < rows(); ++i)
      for (std::size_t j = 0; j < classes_; ++j) out[i * classes_ + j] = values[position(i, j)];
  out.resize(std::max<std::size_t>(1, out.size()));
  return out;
}

Array Layout::restored(const std::vector<double>& values) const {
  Array out{values, shape_};
  out.data.resize(rows() * classes_);
  if (!in_place())
    for (std::size_t i = 0; i < rows(); ++i)
      for (std::size_t j = 0; j < classes_; ++j)
        out.data[position(i, j)] = values[i * classes_ + j];
  return out;
}

}  // namespace cases
