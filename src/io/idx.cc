#include "io/idx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

namespace crossent::io {
namespace {

constexpr std::uint64_t kMostColumns = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostRows = std::uint64_t{1} << 31;  // sizes are read as signed elsewhere
constexpr std::size_t kMostDimensions = 8, kSizeBytes = 4;
constexpr const char* kFormat =
    "IDX (MNIST's format) begins with 00 00, the type of the elements (08 09 0b 0c 0d 0e) and the "
    "number of dimensions";

std::optional<ElementType> type_of(unsigned char code) {
  switch (code) {
    case 0x08:
      return ElementType::u8;
    case 0x09:
      return ElementType::i8;
    case 0x0b:
      return ElementType::i16;
    case 0x0c:
      return ElementType::i32;
    case 0x0d:
      return ElementType::f32;
    case 0x0e:
      return ElementType::f64;
    default:
      return std::nullopt;
  }
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += text.empty() ? "" : " ";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

template <class Bits>
Bits big_endian(const char* bytes) {
  Bits bits = 0;
  for (std::size_t i = 0; i < sizeof(Bits); ++i)
    bits = static_cast<Bits>((std::uint64_t{bits} << 8) | static_cast<unsigned char>(bytes[i]));
  return bits;
}

template <class T, class Bits>
void reals(const char* bytes, std::size_t count, double* out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<double>(std::bit_cast<T>(big_endian<Bits>(bytes + i * sizeof(T))));
}

}  // namespace

bool is_idx_magic(std::string_view bytes) {
  return bytes.size() >= kIdxMagicBytes && bytes[0] == 0 && bytes[1] == 0 &&
         type_of(static_cast<unsigned char>(bytes[2])) && bytes[3] >= 1 &&
         static_cast<std::size_t>(bytes[3]) <= kMostDimensions;
}

void idx_reals(ElementType type, const char* bytes, std::size_t count, double* out) {
  switch (type) {
    case ElementType::i8:
      return reals<std::int8_t, std::uint8_t>(bytes, count, out);
    case ElementType::i16:
      return reals<std::int16_t, std::uint16_t>(bytes, count, out);
    case ElementType::i32:
      return reals<std::int32_t, std::uint32_t>(bytes, count, out);
    case ElementType::f32:
      return reals<float, std::uint32_t>(bytes, count, out);
    case ElementType::f64:
      return reals<double, std::uint64_t>(bytes, count, out);
    default:
      return reals<std::uint8_t, std::uint8_t>(bytes, count, out);
  }
}

IdxReader::IdxReader(std::unique_ptr<ByteSource> bytes, std::string name)
    : source_(std::move(bytes)), name_(std::move(name)) {
  read_header();
  check_sizes();
}

void IdxReader::read_header() {
  std::array<char, kIdxMagicBytes> magic{};
  const std::size_t size = read_fully(*source_, magic.data(), magic.size());
  if (!is_idx_magic({magic.data(), size}))
    throw DataError(size == 0 ? "the file is empty, no IDX file"
                              : "the file begins with " + hexadecimal({magic.data(), size}) +
                                    ", which is no IDX file",
                    name_, 0, 0, kFormat);
  type_ = *type_of(static_cast<unsigned char>(magic[2]));
  const auto dimensions = static_cast<std::size_t>(magic[3]);
  std::array<char, kMostDimensions * kSizeBytes> sizes{};
  const std::size_t wanted = dimensions * kSizeBytes;
  const std::size_t got = read_fully(*source_, sizes.data(), wanted);
  if (got < wanted)
    throw DataError("the header needs " + std::to_string(kIdxMagicBytes + wanted) +
                        " bytes, but the file ends after " + std::to_string(kIdxMagicBytes + got),
                    name_, 0, 0, "the file is truncated: copy it again");
  for (std::size_t d = 0; d < dimensions; ++d)
    sizes_.push_back(big_endian<std::uint32_t>(sizes.data() + d * kSizeBytes));
}

void IdxReader::check_sizes() {
  std::uint64_t cols = 1;
  for (std::size_t d = 1; d < sizes_.size() && cols <= kMostColumns; ++d) cols *= sizes_[d];
  if (sizes_[0] == 0 || cols == 0)
    throw DataError("the header says " + shape() + ": no elements", name_, 0, 0,
                    "every size is 1 at least");
  if (cols > kMostColumns || sizes_[0] >= kMostRows)
    throw DataError(
        "the header says " + shape() + ", too many", name_, 0, 0,
        "up to 1048576 elements a row and 2147483647 rows are read: the file is damaged");
  cols_ = static_cast<std::size_t>(cols);
}

std::string IdxReader::shape() const {
  std::string text;
  for (const std::uint64_t size : sizes_)
    text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text + " " + element_name(type_);
}

std::size_t IdxReader::next(std::size_t most, std::vector<char>* bytes) {
  const auto rows = static_cast<std::size_t>(std::min<std::uint64_t>(most, sizes_[0] - done_));
  if (rows == 0) {
    char more;
    if (source_->read(&more, 1) != 0)
      throw DataError("there is more data than " + shape(), name_, 0, 0,
                      "the header and the data differ: copy the file again");
    return 0;
  }
  const std::size_t row_bytes = cols_ * element_bytes(type_);
  bytes->resize(rows * row_bytes);
  const std::size_t got = read_fully(*source_, bytes->data(), bytes->size());
  if (got < bytes->size())
    throw DataError(
        "the header says " + shape() + ", " + std::to_string(sizes_[0] * std::uint64_t{row_bytes}) +
            " bytes, but the data ends after " + std::to_string(done_ * row_bytes + got),
        name_, 0, 0, "the file is truncated: copy it again");
  done_ += rows;
  return rows;
}

}  // namespace crossent::io
