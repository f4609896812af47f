#pragma once
#include <cstdint>
#include <string>

#include "crossent/dataset.h"
#include "io/byte_source.h"

namespace crossent::io {

/// What the header of an NPY file says, checked: one or two dimensions, C order, little-endian.
/// Format  https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NpyHeader {
  ElementType type = ElementType::f64;
  int dimensions = 1;
  std::uint64_t rows = 0, cols = 1;
  std::uint64_t row_bytes = 0;     ///< cols * element, at most kLargestRowBytes
  std::uint64_t data_bytes = 0;    ///< rows * row_bytes, at most kUnbounded
  std::uint64_t header_bytes = 0;  ///< before the data
};
constexpr std::uint64_t kUnbounded = INT64_MAX;  ///< more than any file holds
constexpr std::uint64_t kLargestRowBytes = 64u << 20;

/// Reads the header from the front of `bytes`. Errors  DataError that names `file` and the reason.
NpyHeader read_npy_header(ByteSource& bytes, const std::string& file);

}  // namespace crossent::io
