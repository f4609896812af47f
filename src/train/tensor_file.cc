#include "train/tensor_file.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include "core/refuse.h"
#include "io/byte_source.h"
#include "io/excerpt.h"
#include "io/output_file.h"
#include "train/foreign_file.h"
#include "train/json_text.h"

namespace crossent {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they are");

constexpr std::string_view kOp = "encode_tensors";
constexpr std::size_t kLengthBytes = 8;  // of the header, before it
constexpr std::string_view kStart = R"({"__metadata__":{"crc32":")";
constexpr std::string_view kNoChecksum = "00000000";
constexpr std::size_t kChecksumAt = kLengthBytes + kStart.size();
constexpr const char* kDamaged = "it is not as it was written: copy it again or make it anew";

// In the order in which safetensors lays tensors out: the widest first, so all are aligned.
struct Type {
  std::string_view name;
  std::size_t width;
};
constexpr Type kTypes[] = {{"I64", 8}, {"F64", 8}, {"F32", 4}, {"U8", 1}};

const Type* find_type(std::string_view name) {
  const Type* const found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                         [&](const Type& t) { return t.name == name; });
  return found == std::end(kTypes) ? nullptr : found;
}

template <class T>
constexpr std::string_view type_name() {
  if (std::is_same_v<T, float>) return "F32";
  if (std::is_same_v<T, double>) return "F64";
  return std::is_same_v<T, std::int64_t> ? "I64" : "U8";
}

// Bytes of a tensor, if they are no more than `most`: a file may claim any shape.
std::optional<std::size_t> tensor_bytes(std::size_t width, const std::vector<std::size_t>& shape,
                                        std::size_t most) {
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return 0;
  std::size_t bytes = width;
  for (const std::size_t size : shape) {
    if (bytes > most / size) return std::nullopt;
    bytes *= size;
  }
  return bytes <= most ? std::optional(bytes) : std::nullopt;
}

// Of the file with zeros for the checksum's own digits.
std::string checksum(std::string_view file) {
  uLong crc = ::crc32(0, nullptr, 0);
  for (const std::string_view part :
       {file.substr(0, kChecksumAt), kNoChecksum, file.substr(kChecksumAt + kNoChecksum.size())})
    crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[crc >> shift & 15];
  return text;
}

std::vector<const Tensor*> layout(const TensorFile& tensors) {
  std::vector<const Tensor*> order;
  for (const Tensor& tensor : tensors.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    const Type *type_a = find_type(a->dtype), *type_b = find_type(b->dtype);
    return type_a != type_b ? type_a < type_b : a->name < b->name;
  });
  return order;
}

void check_content(const TensorFile& tensors) {
  std::vector<std::string_view> names{"__metadata__"};
  for (const Tensor& tensor : tensors.tensors) {
    const Type* const type = find_type(tensor.dtype);
    if (!type)
      refuse(kOp, "tensors",
             "dtype of " + tensor.name + " = " + io::quoted_text(tensor.dtype) +
                 " is none of I64, F64, F32, U8");
    if (tensor_bytes(type->width, tensor.shape, tensor.bytes.size()) != tensor.bytes.size())
      refuse(kOp, "tensors",
             "bytes of " + tensor.name + " are " + std::to_string(tensor.bytes.size()) +
                 ", not those of " + tensor.dtype + " " + shape_text(tensor.shape));
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    refuse(kOp, "tensors", "name " + io::quoted_text(*twice) + " is there twice");
  if (tensors.metadata.contains("crc32"))
    refuse(kOp, "metadata", "key \"crc32\" is that of the checksum");
}

std::string header_text(const TensorFile& tensors, const std::vector<const Tensor*>& order) {
  OrderedJson metadata{{"crc32", kNoChecksum}};
  for (const auto& [key, value] : tensors.metadata) metadata[key] = value;
  OrderedJson header{{"__metadata__", std::move(metadata)}};
  std::size_t offset = 0;
  for (const Tensor* const tensor : order) {
    const std::size_t begin = offset;
    offset += tensor->bytes.size();
    header[tensor->name] = {
        {"dtype", tensor->dtype}, {"shape", tensor->shape}, {"data_offsets", {begin, offset}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const OrderedJson::type_error&) {
    refuse(kOp, "tensors", "a name or a text is not UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

[[noreturn]] void refuse_file(const std::string& what, const std::string& file) {
  throw DataError(what, file, 0, 0, kDamaged);
}

// `bytes` may be the first ones of a file alone.
void check_start(std::string_view bytes, const std::string& file) {
  if (bytes.empty()) refuse_file("the file is empty", file);
  const std::string_view start = bytes.substr(std::min(kLengthBytes, bytes.size()), kStart.size());
  if (kStart.starts_with(start)) return;
  const ForeignFile foreign = foreign_file(bytes);
  if (foreign.what.empty())
    throw DataError("the file is no model and no checkpoint of crossent", file, 0, 0,
                    "they begin with the length of a header and then " + std::string(kStart));
  throw DataError("the file is " + foreign.what, file, 0, 0, foreign.hint);
}

std::string_view header_of(std::string_view bytes, const std::string& file) {
  constexpr std::size_t kLeast = kStart.size() + kNoChecksum.size();
  check_start(bytes, file);
  std::uint64_t length = 0;
  if (bytes.size() >= kLengthBytes) std::memcpy(&length, bytes.data(), kLengthBytes);
  const std::size_t held = bytes.size() - std::min(kLengthBytes, bytes.size());
  if (held < kLeast || length > held)
    refuse_file(
        "the file is truncated in its header, after " + std::to_string(bytes.size()) + " bytes",
        file);
  if (length < kLeast) refuse_file("the header's length is " + std::to_string(length), file);
  return bytes.substr(kLengthBytes, static_cast<std::size_t>(length));
}

// Why the checksum is wrong, as far as the header tells.
std::string damage_text(std::string_view header, std::size_t data_bytes) {
  const Json parsed = Json::parse(header, nullptr, false);
  std::uint64_t end = 0;
  if (parsed.is_object())
    for (const Json& entry : parsed)
      if (entry.is_object() && entry.contains("data_offsets"))
        for (const Json& offset : entry["data_offsets"])
          if (offset.is_number_unsigned()) end = std::max(end, offset.get<std::uint64_t>());
  if (end > data_bytes)
    return "the file is truncated: " + std::to_string(end - data_bytes) + " bytes are missing";
  if (end < data_bytes && !parsed.is_discarded())
    return "the file has " + std::to_string(data_bytes - end) + " bytes too many";
  return "the file was altered: its checksum is another";
}

struct Placed {
  Tensor tensor;
  std::size_t begin = 0, end = 0;
};

Placed place(const std::string& name, const Json& entry, std::string_view data,
             const std::string& file) {
  const auto shape = json_sizes(entry, "shape"), offsets = json_sizes(entry, "data_offsets");
  const std::string what = "tensor " + io::quoted_text(name);
  if (!shape || !offsets || offsets->size() != 2 || entry.size() != 3 || !entry.contains("dtype") ||
      !entry["dtype"].is_string())
    refuse_file(what + " is not described by dtype, shape and data_offsets", file);
  const auto dtype = entry["dtype"].get<std::string>();
  const Type* const type = find_type(dtype);
  if (!type)
    refuse_file(what + " has the type " + io::quoted_text(dtype) + ", none of I64, F64, F32, U8",
                file);
  const auto [begin, end] = std::pair((*offsets)[0], (*offsets)[1]);
  if (begin > end || end > data.size())
    refuse_file(what + " lies at [" + std::to_string(begin) + ", " + std::to_string(end) + ") of " +
                    std::to_string(data.size()) + " bytes",
                file);
  if (tensor_bytes(type->width, *shape, data.size()) != end - begin)
    refuse_file(what + " has " + std::to_string(end - begin) + " bytes, not those of " + dtype +
                    " " + shape_text(*shape),
                file);
  return {{name, dtype, *shape, {}}, begin, end};
}

// Each tensor begins where the one before ends: nothing is read twice, nothing is hidden.
std::vector<Tensor> tensors_of(const Json& header, std::string_view data, const std::string& file) {
  std::vector<Placed> found;
  for (const auto& [name, entry] : header.items())
    if (name != "__metadata__") found.push_back(place(name, entry, data, file));
  std::stable_sort(found.begin(), found.end(), [](const Placed& a, const Placed& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::vector<Tensor> tensors;
  std::size_t end = 0;
  for (Placed& placed : found) {
    if (placed.begin != end)
      refuse_file("tensor " + io::quoted_text(placed.tensor.name) + " begins at byte " +
                      std::to_string(placed.begin) + ", the one before ends at " +
                      std::to_string(end),
                  file);
    placed.tensor.bytes = data.substr(placed.begin, placed.end - placed.begin);
    end = placed.end;
    tensors.push_back(std::move(placed.tensor));
  }
  if (end != data.size())
    refuse_file(
        "the tensors end at byte " + std::to_string(end) + " of " + std::to_string(data.size()),
        file);
  return tensors;
}

const Tensor& need_tensor(const TensorFile& tensors, const std::string& name,
                          std::string_view dtype, const std::string& file) {
  const Tensor* const tensor = tensors.find(name);
  if (!tensor) throw DataError("the file holds no tensor " + io::quoted_text(name), file);
  if (tensor->dtype != dtype)
    throw DataError(
        "tensor " + io::quoted_text(name) + " is " + tensor->dtype + ", not " + std::string(dtype),
        file);
  return *tensor;
}

}  // namespace

const Tensor* TensorFile::find(std::string_view name) const {
  for (const Tensor& tensor : tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

template <class T>
Tensor make_tensor(std::string name, std::vector<std::size_t> shape, std::span<const T> values) {
  std::string bytes(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return {std::move(name), std::string(type_name<T>()), std::move(shape), std::move(bytes)};
}

template <class T>
std::vector<T> tensor_values(const TensorFile& tensors, const std::string& name,
                             const std::string& file) {
  const Tensor& tensor = need_tensor(tensors, name, type_name<T>(), file);
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

template <class T>
std::vector<T> tensor_values(const TensorFile& tensors, const std::string& name,
                             const std::vector<std::size_t>& shape, const std::string& file) {
  const Tensor& tensor = need_tensor(tensors, name, type_name<T>(), file);
  if (tensor.shape != shape)
    throw DataError("tensor " + io::quoted_text(name) + " has the shape " +
                        shape_text(tensor.shape) + ", not " + shape_text(shape),
                    file);
  return tensor_values<T>(tensors, name, file);
}

template Tensor make_tensor(std::string, std::vector<std::size_t>, std::span<const float>);
template Tensor make_tensor(std::string, std::vector<std::size_t>, std::span<const double>);
template Tensor make_tensor(std::string, std::vector<std::size_t>, std::span<const std::int64_t>);
template Tensor make_tensor(std::string, std::vector<std::size_t>, std::span<const std::uint8_t>);
#define CROSSENT_TENSOR_VALUES(T)                                              \
  template std::vector<T> tensor_values(const TensorFile&, const std::string&, \
                                        const std::string&);                   \
  template std::vector<T> tensor_values(const TensorFile&, const std::string&, \
                                        const std::vector<std::size_t>&, const std::string&)
CROSSENT_TENSOR_VALUES(float);
CROSSENT_TENSOR_VALUES(double);
CROSSENT_TENSOR_VALUES(std::int64_t);
CROSSENT_TENSOR_VALUES(std::uint8_t);
#undef CROSSENT_TENSOR_VALUES

const std::string& metadata_value(const TensorFile& tensors, const std::string& key,
                                  const std::string& file) {
  const auto found = tensors.metadata.find(key);
  if (found == tensors.metadata.end())
    throw DataError("the metadata hold no " + io::quoted_text(key), file);
  return found->second;
}

std::string encode_tensors(const TensorFile& tensors) {
  check_content(tensors);
  const std::vector<const Tensor*> order = layout(tensors);
  const std::string header = header_text(tensors, order);
  const std::uint64_t length = header.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes += header;
  for (const Tensor* const tensor : order) bytes += tensor->bytes;
  bytes.replace(kChecksumAt, kNoChecksum.size(), checksum(bytes));
  return bytes;
}

TensorFile decode_tensors(std::string_view bytes, const std::string& file) {
  const std::string_view header = header_of(bytes, file);
  const std::string_view data = bytes.substr(kLengthBytes + header.size());
  if (bytes.substr(kChecksumAt, kNoChecksum.size()) != checksum(bytes))
    refuse_file(damage_text(header, data.size()), file);
  const Json parsed = parse_json(header, file, "the header");
  TensorFile found;
  for (const auto& [key, value] : parsed["__metadata__"].items()) {
    if (!value.is_string())
      refuse_file("the value of " + io::quoted_text(key) + " in the metadata is no text", file);
    if (key != "crc32") found.metadata[key] = value.get<std::string>();
  }
  found.tensors = tensors_of(parsed, data, file);
  return found;
}

void write_tensors(const TensorFile& tensors, const std::string& path) {
  const std::string bytes = encode_tensors(tensors);
  io::OutputFile out(path);
  out.write(bytes);
  out.commit();
}

TensorFile read_tensors(const std::string& path) {
  constexpr std::size_t kPieceBytes = 1 << 20;
  const auto source = io::open_file(path, nullptr, nullptr);
  std::string bytes;
  for (std::size_t held = 0;; held = bytes.size()) {
    bytes.resize(held + kPieceBytes);
    bytes.resize(held + io::read_fully(*source, bytes.data() + held, kPieceBytes));
    check_start(bytes, io::shown_path(path));  // a large table is not read to its end for this
    if (bytes.size() < held + kPieceBytes) break;
  }
  return decode_tensors(bytes, io::shown_path(path));
}

}  // namespace crossent
