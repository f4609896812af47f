#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "crossent/dataset.h"

namespace crossent::io {

/// Thrown out of a read that options.stop ended; never leaves the library.
struct Stopped {};

/// A stream of bytes, read once from front to back.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;
  /// Puts up to `size` bytes to `out` and returns their number: 0 only at the end (size > 0).
  /// Errors  IoError, DataError (damaged compression), Stopped; the bytes before were returned.
  virtual std::size_t read(char* out, std::size_t size) = 0;
};

/// Fills out[0, size) as far as there are bytes: less than `size` only at the end.
std::size_t read_fully(ByteSource& source, char* out, std::size_t size);

/// The file as stored ("-": standard input). Errors  IoError, also for a directory.
std::unique_ptr<ByteSource> open_file(const std::string& path, const std::atomic<bool>* stop,
                                      Progress* progress);
/// Memory that outlives the source.
std::unique_ptr<ByteSource> open_memory(std::string_view bytes, Progress* progress);

/// The source, or what gzip (all members) or zstd (all frames) makes of it, by its magic bytes.
/// `name` is the file in messages.
std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> raw, const std::string& name);

/// How messages call a path: "<stdin>" for "-".
std::string shown_path(const std::string& path);
/// IoError of the current errno: "cannot <action> <path>: <reason>".
IoError io_error(const std::string& action, const std::string& path);

}  // namespace crossent::io
