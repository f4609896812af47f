#include "io/excerpt.h"

#include <algorithm>

namespace crossent::io {
namespace {

constexpr std::size_t kExcerptBytes = 100, kBytesBefore = 40, kQuotedBytes = 40;
constexpr std::string_view kOmitted = "...";

// Whether text[at] continues a UTF-8 character.
bool inside_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80u;
}

}  // namespace

DataError line_error(const std::string& file, std::int64_t line, const std::string& what,
                     const std::string& hint, std::string_view line_text, std::size_t offset,
                     std::size_t width) {
  std::size_t begin = 0, end = line_text.size();
  if (end > kExcerptBytes) {
    begin = offset > kBytesBefore ? offset - kBytesBefore : 0;
    begin = std::min(begin, line_text.size() - kExcerptBytes);
    end = begin + kExcerptBytes;
    while (begin > 0 && begin < offset && inside_character(line_text, begin)) ++begin;
    while (end < line_text.size() && end > offset + 1 && inside_character(line_text, end)) --end;
  }
  std::string excerpt(begin > 0 ? kOmitted : "");
  const std::size_t caret = excerpt.size() + offset - begin;
  excerpt += line_text.substr(begin, end - begin);
  if (end < line_text.size()) excerpt += kOmitted;
  const std::size_t shown = std::min(width, end - std::min(end, offset));
  return DataError(what, file, line, static_cast<std::int64_t>(offset + 1), hint, excerpt,
                   static_cast<std::int64_t>(std::max<std::size_t>(shown, 1)),
                   static_cast<std::int64_t>(caret + 1));
}

std::string quoted_text(std::string_view text) {
  if (text.size() <= kQuotedBytes) return '"' + std::string(text) + '"';
  std::size_t end = kQuotedBytes;
  while (end > 0 && inside_character(text, end)) --end;
  return '"' + std::string(text.substr(0, end)) + "...\"";
}

}  // namespace crossent::io
