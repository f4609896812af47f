#include <sys/stat.h>

#include <array>
#include <string_view>

#include "crossent/dataset.h"
#include "io/byte_source.h"

namespace crossent {

FileFormat detect_format(const std::string& path) {
  if (path == "-") return FileFormat::table;
  // What is read from a pipe is gone for the reader that comes after.
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
    return FileFormat::table;
  std::array<char, 6> head{};
  const std::size_t size = io::open_file(path, nullptr, nullptr)->read(head.data(), head.size());
  const std::string_view bytes(head.data(), size);
  if (bytes == "\x93NUMPY") return FileFormat::npy;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return FileFormat::npz;
  return FileFormat::table;
}

}  // namespace crossent
