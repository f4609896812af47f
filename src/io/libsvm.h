#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/error.h"
#include "io/byte_source.h"

namespace crossent::io {

/// Rows of LIBSVM text: "label index:value ...", indices from 1 on, rising; what is left out is 0;
/// "#" begins a comment.
///
/// Errors  DataError with file:line:column
class LibsvmReader {
 public:
  static constexpr std::size_t kMostColumns = std::size_t{1} << 20;
  struct Entry {
    std::uint32_t column = 0;  ///< from 0 on
    double value = 0;          ///< finite
  };

  /// `name` is the file in messages.
  LibsvmReader(std::unique_ptr<ByteSource> bytes, std::string name);

  /// Goes to the next row; false at the end.
  bool next();
  /// Of the row, until next().
  std::string_view label() const { return label_; }
  std::span<const Entry> entries() const { return entries_; }
  /// An error that points at the row's label.
  DataError label_error(const std::string& what, const std::string& hint) const;

 private:
  bool next_line();
  void parse();
  void parse_entry(std::string_view token);
  DataError error(std::string_view token, const std::string& what, const std::string& hint) const;

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is left of the buffer
  std::string_view line_, label_;
  std::int64_t line_number_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace crossent::io
