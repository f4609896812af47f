#include "io/npy_header.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "io/excerpt.h"

namespace crossent::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint32_t kLargestHeader = 1u << 20;

struct Description {
  std::string type;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::uint64_t>> shape;
};

// The header's text: a Python dictionary of a string, a truth value and a tuple of integers.
class DictionaryParser {
 public:
  DictionaryParser(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  Description parse() {
    Description found;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        if (peek() == '[')
          throw DataError("the array holds records of several fields", file_, 0, 0,
                          "save the numbers as an array of their own");
        found.type = string();
      } else if (key == "fortran_order") {
        found.fortran_order = truth();
      } else if (key == "shape") {
        found.shape = tuple();
      } else {
        fail();
      }
      if (!accept(',') && peek() != '}') fail();
    }
    if (peek() != '\0' || found.type.empty() || !found.fortran_order || !found.shape) fail();
    return found;
  }

 private:
  [[noreturn]] void fail() const {
    throw DataError("the NPY header is damaged", file_, 0, 0, "save the array again");
  }
  char peek() {
    const auto next = rest_.find_first_not_of(" \t\n");
    rest_.remove_prefix(next == std::string_view::npos ? rest_.size() : next);
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool accept(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail();
    const auto end = rest_.find(quote, 1);
    if (end == std::string_view::npos) fail();
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool truth() {
    peek();
    for (const std::string_view word : {"True", "False"})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return word == "True";
      }
    fail();
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> values;
    expect('(');
    while (!accept(')')) {
      peek();
      std::uint64_t value = 0;
      const char *begin = rest_.data(), *end = begin + rest_.size();
      const auto result = std::from_chars(begin, end, value);
      if (result.ec != std::errc()) fail();
      rest_.remove_prefix(static_cast<std::size_t>(result.ptr - begin));
      accept('L');  // written by Python 2
      values.push_back(value);
      if (!accept(',') && peek() != ')') fail();
    }
    return values;
  }

  std::string_view rest_;
  const std::string& file_;
};

ElementType element_type(const std::string& name, const std::string& file) {
  constexpr std::array<std::pair<std::string_view, ElementType>, 12> kTypes = {
      {{"b1", ElementType::boolean},
       {"i1", ElementType::i8},
       {"i2", ElementType::i16},
       {"i4", ElementType::i32},
       {"i8", ElementType::i64},
       {"u1", ElementType::u8},
       {"u2", ElementType::u16},
       {"u4", ElementType::u32},
       {"u8", ElementType::u64},
       {"f2", ElementType::f16},
       {"f4", ElementType::f32},
       {"f8", ElementType::f64}}};
  const char order = name.front();
  const std::string kind = name.substr(1);
  if (kind.starts_with('O'))
    throw DataError("the array holds Python objects", file, 0, 0,
                    "save numbers: numpy.save(file, array.astype('float64'))");
  for (const auto& [known, type] : kTypes) {
    if (kind != known) continue;
    if (order == '>' && element_bytes(type) > 1)
      throw DataError("the array is big-endian (" + name + ")", file, 0, 0,
                      "save it as array.astype('<" + kind + "')");
    if (order == '<' || order == '|' || order == '>') return type;
  }
  throw DataError("elements of type " + quoted_text(name) + " are not read", file, 0, 0,
                  "save booleans, integers, float16, float32 or float64");
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + ")";
}

NpyHeader checked(const Description& found, const std::string& file) {
  NpyHeader header;
  header.type = element_type(found.type, file);
  const std::vector<std::uint64_t>& shape = *found.shape;
  if (shape.empty() || shape.size() > 2)
    throw DataError(
        "the array has " + std::to_string(shape.size()) + " dimensions " + shape_text(shape), file,
        0, 0, "reshape it to (rows, classes) or (rows,)");
  header.dimensions = static_cast<int>(shape.size());
  header.rows = shape[0];
  header.cols = shape.size() == 2 ? shape[1] : 1;
  if (*found.fortran_order && shape.size() == 2)
    throw DataError("the array is in Fortran order", file, 0, 0,
                    "save it as numpy.ascontiguousarray(array)");
  if (header.cols == 0)
    throw DataError("the array has no columns: its shape is " + shape_text(shape), file);
  if (header.cols > kLargestRowBytes / element_bytes(header.type))
    throw DataError("a row of shape " + shape_text(shape) + " is longer than 64 MB", file, 0, 0,
                    "is the array transposed?");
  header.row_bytes = header.cols * element_bytes(header.type);
  header.data_bytes =
      header.rows > kUnbounded / header.row_bytes ? kUnbounded : header.rows * header.row_bytes;
  return header;
}

}  // namespace

NpyHeader read_npy_header(ByteSource& bytes, const std::string& file) {
  const auto take = [&](char* out, std::size_t size) {
    if (read_fully(bytes, out, size) != size)
      throw DataError("the NPY header is truncated", file, 0, 0, "copy the file again");
  };
  std::array<char, 8> start{};
  const std::size_t got = read_fully(bytes, start.data(), start.size());
  if (got == 0) throw DataError("the file is empty", file);
  if (!std::string_view(start.data(), got).starts_with(kMagic.substr(0, got)))
    throw DataError("this is not an NPY file", file, 0, 0, "save it with numpy.save");
  if (got < start.size()) take(start.data(), 1);
  const int version = static_cast<unsigned char>(start[6]);
  if (version < 1 || version > 3)
    throw DataError("NPY version " + std::to_string(version) + " is not known", file, 0, 0,
                    "save it as version 1, 2 or 3");
  std::array<unsigned char, 4> length{};
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  take(reinterpret_cast<char*>(length.data()), length_bytes);
  const std::uint32_t size =
      length[0] | length[1] << 8 | length[2] << 16 | static_cast<std::uint32_t>(length[3]) << 24;
  if (size > kLargestHeader)
    throw DataError("the NPY header is longer than 1 MB", file, 0, 0, "save the array again");
  std::string text(size, '\0');
  take(text.data(), size);
  NpyHeader header = checked(DictionaryParser(text, file).parse(), file);
  header.header_bytes = start.size() + length_bytes + size;
  return header;
}

}  // namespace crossent::io
