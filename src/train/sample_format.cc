#include "train/sample_format.h"

#include <sys/stat.h>

#include <array>
#include <initializer_list>
#include <string_view>

#include "crossent/dataset.h"
#include "io/byte_source.h"
#include "io/idx.h"

namespace crossent::training {
namespace {

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> endings) {
  for (const std::string_view packed : {".gz", ".zst", ".zstd"})
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  for (const std::string_view ending : endings)
    if (path.ends_with(ending)) return true;
  return false;
}

bool begins_as_idx(const std::string& path) {
  std::array<char, io::kIdxMagicBytes> head{};
  const auto bytes = io::decompressed(io::open_file(path, nullptr, nullptr), path);
  const std::size_t size = io::read_fully(*bytes, head.data(), head.size());
  return io::is_idx_magic({head.data(), size});
}

}  // namespace

SampleFormat sample_format(const std::string& path) {
  if (ends_with_any(path, {".libsvm", ".svm", ".svmlight"})) return SampleFormat::libsvm;
  if (ends_with_any(path, {".idx", "-ubyte"})) return SampleFormat::idx;
  if (!array_path(path).member.empty()) return SampleFormat::array;
  struct stat status {};
  if (path == "-" || (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)))
    return SampleFormat::table;
  if (detect_format(path) != FileFormat::table) return SampleFormat::array;
  return begins_as_idx(path) ? SampleFormat::idx : SampleFormat::table;
}

ArrayPath array_path(const std::string& path) {
  const std::size_t open = path.rfind(".npz[");
  if (open == std::string::npos || !path.ends_with(']')) return {path, ""};
  const std::size_t begin = open + std::string_view(".npz[").size();
  return {path.substr(0, begin - 1), path.substr(begin, path.size() - 1 - begin)};
}

}  // namespace crossent::training
