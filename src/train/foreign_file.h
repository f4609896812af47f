#pragma once
#include <string>
#include <string_view>

namespace crossent {

/// A file that others write and crossent does not read as a model, told by its first bytes.
struct ForeignFile {
  std::string what{};  ///< "an ONNX model, ..."; empty: not known
  std::string hint{};
};

/// `bytes`: at least the first 16 of the file, if it has so many.
ForeignFile foreign_file(std::string_view bytes);

}  // namespace crossent
