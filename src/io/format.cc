#include <array>
#include <string_view>

#include "crossent/dataset.h"
#include "io/byte_source.h"

namespace crossent {

FileFormat detect_format(const std::string& path) {
  if (path == "-") return FileFormat::table;
  std::array<char, 6> head{};
  const std::size_t size = io::open_file(path, nullptr, nullptr)->read(head.data(), head.size());
  const std::string_view bytes(head.data(), size);
  if (bytes == "\x93NUMPY") return FileFormat::npy;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return FileFormat::npz;
  return FileFormat::table;
}

}  // namespace crossent
