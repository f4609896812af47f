// Elements of arrays: their types, and whole arrays of labels.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "crossent/dataset.h"
#include "kernels/half.h"

namespace crossent {
namespace {

struct Element {
  const char* name;
  std::size_t bytes;
};
constexpr std::array<Element, 12> kElements = {{{"bool", 1},
                                                {"int8", 1},
                                                {"int16", 2},
                                                {"int32", 4},
                                                {"int64", 8},
                                                {"uint8", 1},
                                                {"uint16", 2},
                                                {"uint32", 4},
                                                {"uint64", 8},
                                                {"float16", 2},
                                                {"float32", 4},
                                                {"float64", 8}}};

const Element& element(ElementType type) { return kElements.at(static_cast<std::size_t>(type)); }

// Calls use(T{}) with the type that the elements have in memory.
template <class Use>
auto with_type(ElementType type, const Use& use) {
  switch (type) {
    case ElementType::i8:
      return use(std::int8_t{});
    case ElementType::i16:
      return use(std::int16_t{});
    case ElementType::i32:
      return use(std::int32_t{});
    case ElementType::i64:
      return use(std::int64_t{});
    case ElementType::boolean:
    case ElementType::u8:
      return use(std::uint8_t{});
    case ElementType::u16:
      return use(std::uint16_t{});
    case ElementType::u32:
      return use(std::uint32_t{});
    case ElementType::u64:
      return use(std::uint64_t{});
    case ElementType::f16:
      return use(f16{});
    case ElementType::f32:
      return use(float{});
    case ElementType::f64:
      break;
  }
  return use(double{});
}

}  // namespace

const char* element_name(ElementType type) { return element(type).name; }
std::size_t element_bytes(ElementType type) { return element(type).bytes; }
bool is_floating(ElementType type) { return type >= ElementType::f16; }

double ArrayBlock::real(std::size_t row, std::size_t col) const {
  return with_type(type, [&](auto kind) -> double {
    using T = decltype(kind);
    const T value = static_cast<const T*>(data)[row * cols + col];
    if constexpr (std::is_same_v<T, f16>)
      return double{kernels::to_f32(value)};
    else
      return static_cast<double>(value);
  });
}

LabelArray read_labels(const std::string& path, ArrayOptions options) {
  options.threads = 1;
  ArrayReader reader(path, std::move(options));
  if (reader.cols() != 1)
    throw DataError("labels have " + std::to_string(reader.cols()) + " columns", reader.path(), 0,
                    0, "one label a row is expected: an array of shape (rows,)");
  if (is_floating(reader.type()))
    throw DataError(std::string("labels are of type ") + element_name(reader.type()), reader.path(),
                    0, 0, "save them as integers: labels.astype('int64')");
  LabelArray array;
  array.type_ = reader.type();
  const std::size_t width = element_bytes(array.type_);
  const bool whole = reader.read([&](const ArrayBlock& block) {
    const std::size_t bytes = (array.size_ + block.rows) * width;
    array.storage_.resize((bytes + 7) / 8);
    std::memcpy(reinterpret_cast<char*>(array.storage_.data()) + array.size_ * width, block.data,
                block.rows * width);
    array.size_ += block.rows;
  });
  if (!whole)
    throw IoError(std::make_error_code(std::errc::interrupted), "cannot read " + reader.path());
  return array;
}

Labels LabelArray::labels() const {
  return with_type(type_, [&](auto kind) -> Labels {
    using T = decltype(kind);
    if constexpr (std::is_integral_v<T>)
      return Labels(reinterpret_cast<const T*>(storage_.data()), size_);
    else
      return {};
  });
}

}  // namespace crossent
