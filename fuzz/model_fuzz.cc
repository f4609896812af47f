// Any bytes as a model file, and again with the checksum put right, so that what lies behind it is
// reached: a model that is read is written and read back the same, or a DataError is thrown.
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "crossent/error.h"
#include "train/model_file.h"

namespace {

using crossent::Model;
using crossent::TensorFile;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

void with_right_checksum(std::string* bytes) {
  constexpr std::size_t kAt = 34, kDigits = 8;  // docs/model-files.md
  if (bytes->size() < kAt + kDigits) return;
  bytes->replace(kAt, kDigits, "00000000");
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%08lx",
                crc32_z(0, reinterpret_cast<const Bytef*>(bytes->data()), bytes->size()));
  bytes->replace(kAt, kDigits, digits);
}

void read(std::string_view bytes) {
  TensorFile tensors;
  try {
    tensors = crossent::decode_tensors(bytes, "m");
  } catch (const crossent::DataError&) {
    return;
  }
  const std::string written = crossent::encode_tensors(tensors);
  require(crossent::encode_tensors(crossent::decode_tensors(written, "m")) == written,
          "tensors are written and read back the same");
  Model model;
  try {
    model = crossent::model_of(tensors, "m");
  } catch (const crossent::DataError&) {
    return;
  }
  const TensorFile again = crossent::model_tensors(model);
  require(crossent::model_tensors(crossent::model_of(again, "m")) == again,
          "a model is written and read back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  with_right_checksum(&bytes);
  read(bytes);
  return 0;
}
