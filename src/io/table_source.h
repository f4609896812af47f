#pragma once
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>

#include "io/byte_source.h"

namespace crossent::io {

/// A growing array of bytes whose new bytes are not written twice.
class Buffer {
 public:
  char* data() { return bytes_.get(); }
  const char* data() const { return bytes_.get(); }
  std::size_t capacity() const { return capacity_; }
  /// At least `capacity` bytes, the first `keep` of them kept.
  void grow(std::size_t capacity, std::size_t keep);

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

/// A piece of a table that begins and ends where records do. Line and row numbers are known before
/// anything is parsed, so that pieces can be parsed in any order.
struct Chunk {
  Buffer buffer;
  std::size_t begin = 0, end = 0;  ///< the text within the buffer
  std::int64_t first_row = 0;      ///< 0-based record of the file (the header counts)
  std::int64_t first_line = 1;     ///< 1-based line of the first record
  std::int64_t records = 0;        ///< in the text
  std::int64_t lines = 0;          ///< of the text: more than records inside quotes
  std::int64_t blank_line = 0;     ///< a blank line before the text, 0: none
  bool overlong = false;           ///< the text is the beginning of a record that is too long

  std::string_view text() const { return {buffer.data() + begin, end - begin}; }
};

/// Cuts a stream of bytes at ends of records (quotes may hold line feeds). A byte order mark is
/// dropped, and so are blank lines at the end of the file.
class TableSource {
 public:
  TableSource(std::unique_ptr<ByteSource> bytes, std::size_t chunk_bytes,
              std::size_t max_record_bytes)
      : bytes_(std::move(bytes)), chunk_bytes_(chunk_bytes), max_record_bytes_(max_record_bytes) {}
  /// The next piece, of at least one record; false at the end. Records before an error of the
  /// stream are delivered before it is thrown.
  bool next(Chunk* chunk);
  /// Lines of the pieces so far, and blank ones before them.
  std::int64_t lines() const { return next_line_ - 1; }
  /// Bytes of the pieces so far, and of the blank lines dropped before them.
  std::size_t bytes() const { return bytes_read_ - carry_size_; }
  /// Whether next() would return false.
  bool ended() const { return ended_ && carry_size_ == 0 && !error_; }

 private:
  struct Cut;
  void read_more(Chunk* chunk);
  bool skip_blank_lines(Chunk* chunk);
  void find_cut(Chunk* chunk, Cut* cut);
  void finish(Chunk* chunk, const Cut& cut);

  std::unique_ptr<ByteSource> bytes_;
  std::size_t chunk_bytes_, max_record_bytes_;
  Buffer carry_;  // text after the last cut
  std::size_t carry_size_ = 0, bytes_read_ = 0;
  std::int64_t next_row_ = 0, next_line_ = 1;
  bool started_ = false, ended_ = false;
  std::exception_ptr error_;  // of the stream, thrown once the records before it are delivered
};

}  // namespace crossent::io
