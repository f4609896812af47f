#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/error.h"

// The container of model files and checkpoints: the safetensors format with a checksum
// (docs/model-files.md).
namespace crossent {

struct Tensor {
  std::string name{};
  std::string dtype{};  ///< F32, F64, I64 or U8
  std::vector<std::size_t> shape{};
  std::string bytes{};  ///< little-endian, row-major

  bool operator==(const Tensor&) const = default;
};

struct TensorFile {
  std::map<std::string, std::string> metadata{};
  std::vector<Tensor> tensors{};

  const Tensor* find(std::string_view name) const;  ///< null: there is none
  bool operator==(const TensorFile&) const = default;
};

/// T: float, double, std::int64_t, std::uint8_t.
template <class T>
Tensor make_tensor(std::string name, std::vector<std::size_t> shape, std::span<const T> values);
/// Errors  DataError when there is no such tensor, or one of another type; `file` is its name.
template <class T>
std::vector<T> tensor_values(const TensorFile& tensors, const std::string& name,
                             const std::string& file);
/// Errors  also DataError when its shape is another
template <class T>
std::vector<T> tensor_values(const TensorFile& tensors, const std::string& name,
                             const std::vector<std::size_t>& shape, const std::string& file);
/// Errors  DataError when there is no such key
const std::string& metadata_value(const TensorFile& tensors, const std::string& key,
                                  const std::string& file);

/// "[2, 3]"
std::string shape_text(const std::vector<std::size_t>& shape);

/// The same content gives the same bytes, whatever the order of the tensors.
/// Errors  ValueError: two tensors of one name, texts that are not UTF-8, bytes that are not those
///         of type and shape, the metadata key "crc32"
std::string encode_tensors(const TensorFile& tensors);
/// The tensors in the order of the file. Memory stays within a fixed multiple of bytes.size().
/// Errors  DataError: not such a file, truncated, altered; `file` is the name in messages
TensorFile decode_tensors(std::string_view bytes, const std::string& file);

/// Errors  IoError: the file appears whole or not at all
void write_tensors(const TensorFile& tensors, const std::string& path);
/// Errors  IoError, DataError
TensorFile read_tensors(const std::string& path);

}  // namespace crossent
