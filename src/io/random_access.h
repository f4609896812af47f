#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace crossent::io {

/// Bytes that can be read anywhere, from several threads.
class RandomAccess {
 public:
  RandomAccess() = default;
  RandomAccess(const RandomAccess&) = delete;
  RandomAccess& operator=(const RandomAccess&) = delete;
  virtual ~RandomAccess() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills out[0, size); the caller has checked that the bytes exist. Errors  IoError; DataError
  /// when the file became shorter meanwhile.
  virtual void read(std::uint64_t offset, char* out, std::size_t size) = 0;
};

/// A regular file; null when `path` is a pipe or a device. Errors  IoError.
std::unique_ptr<RandomAccess> open_regular_file(const std::string& path);
std::unique_ptr<RandomAccess> open_memory_at(std::string_view bytes, const std::string& name);

}  // namespace crossent::io
