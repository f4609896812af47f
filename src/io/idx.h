#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/dataset.h"
#include "io/byte_source.h"

namespace crossent::io {

constexpr std::size_t kIdxMagicBytes = 4;
/// Whether these bytes begin an IDX file: 0, 0, a type, a number of dimensions.
bool is_idx_magic(std::string_view bytes);

/// An array in IDX, the format of MNIST: big-endian sizes and elements, row after row.
/// Source  Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"
class IdxReader {
 public:
  /// Reads the header. `name` is the file in messages.
  /// Errors  IoError; DataError: another format, no rows, sizes that no memory holds
  IdxReader(std::unique_ptr<ByteSource> bytes, std::string name);

  const std::string& name() const { return name_; }
  ElementType type() const { return type_; }
  std::size_t dimensions() const { return sizes_.size(); }
  std::uint64_t rows() const { return sizes_[0]; }  ///< the first size
  std::size_t cols() const { return cols_; }        ///< the product of the others
  /// "60000 x 28 x 28 uint8".
  std::string shape() const;

  /// The next rows, up to `most`, as they stand in the file; the number of rows, 0 at the end.
  /// Errors  DataError: fewer bytes than the header says, or more
  std::size_t next(std::size_t most, std::vector<char>* bytes);

 private:
  void read_header();
  void check_sizes();
  std::unique_ptr<ByteSource> source_;
  std::string name_;
  ElementType type_ = ElementType::u8;
  std::vector<std::uint64_t> sizes_;
  std::size_t cols_ = 1;
  std::uint64_t done_ = 0;
};

/// Big-endian elements as f64.
void idx_reals(ElementType type, const char* bytes, std::size_t count, double* out);

}  // namespace crossent::io
