#include "train/foreign_file.h"

namespace crossent {
namespace {

// A protobuf message that begins with ONNX's field 1, ir_version, and goes on with another field of
// a model: texts and messages 2 to 4, 6 to 8, or the number 5.
bool is_onnx(std::string_view bytes) {
  constexpr std::string_view kNext = "\x12\x1a\x22\x28\x32\x3a\x42";
  return bytes.size() > 2 && bytes[0] == '\x08' && bytes[1] > 0 && bytes[1] < 64 &&
         kNext.find(bytes[2]) != kNext.npos;
}

// The length of a header that is a JSON object, without the checksum of crossent's.
bool is_safetensors(std::string_view bytes) {
  return bytes.size() > 9 && bytes.substr(8, 2) == "{\"" &&
         bytes.substr(4, 4) == std::string_view("\0\0\0\0", 4);
}

}  // namespace

ForeignFile foreign_file(std::string_view bytes) {
  constexpr const char* kElsewhere = "crossent reads the models that it trained: crossent train";
  if (is_onnx(bytes))
    return {"an ONNX model, for programs that run ONNX; crossent does not read it back",
            "train with -o MODEL.crossent as well: -o may be repeated"};
  if (is_safetensors(bytes))
    return {"a safetensors file, but not one that crossent wrote: its checksum is missing",
            kElsewhere};
  if (bytes.starts_with("PK\x03\x04")) return {"a zip archive, as PyTorch writes it", kElsewhere};
  if (bytes.starts_with("\x89HDF")) return {"an HDF5 file, as Keras writes it", kElsewhere};
  if (bytes.starts_with("\x80\x02") || bytes.starts_with("\x80\x04") ||
      bytes.starts_with("\x80\x05"))
    return {"a Python pickle, which crossent never opens", kElsewhere};
  return {};
}

}  // namespace crossent
