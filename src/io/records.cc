#include "io/records.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "io/excerpt.h"
#include "kernels/csv_scan.h"

namespace crossent::io {
namespace {

enum class ByteState { field_start, unquoted, quoted, after_quote };

}  // namespace

std::string TableLayout::column_text(std::size_t field) const {
  return "column " + quoted_text(names.at(field));
}

void Records::load(const Chunk& chunk) {
  chunk_ = &chunk;
  text_ = chunk.text().data();
  size_ = chunk.text().size();
  if (size_ + 1 > capacity_) {
    capacity_ = size_ + 1;
    separators_ = std::make_unique_for_overwrite<std::uint32_t[]>(capacity_);
    ends_ = std::make_unique_for_overwrite<std::uint32_t[]>(capacity_);
  }
  const kernels::Separators found =
      kernels::find_separators(text_, size_, layout_.delimiter, separators_.get(), ends_.get());
  records_ = found.records;
  quotes_ = found.quotes;
  careful_ = found.suspicious || chunk.overlong || chunk.blank_line != 0;
  const bool ended = records_ != 0 && separators_[ends_[records_ - 1]] + std::size_t{1} == size_;
  if (!ended && size_ != 0) {  // the last record ends with the text
    separators_[found.separators] = static_cast<std::uint32_t>(size_);
    ends_[records_++] = static_cast<std::uint32_t>(found.separators);
  }
  record_lines_.clear();
  if (chunk.lines > chunk.records) count_record_lines();
}

void Records::count_record_lines() {
  std::int64_t line = chunk_->first_line;
  for (std::size_t r = 0; r < records_; ++r) {
    record_lines_.push_back(line);
    line += 1 + std::count(text_ + begin(r), text_ + end(r), '\n');
  }
}

void Records::check_closely(std::size_t r) const {
  if (r == 0 && chunk_->blank_line != 0)
    throw DataError("the line is blank", layout_.file, chunk_->blank_line, 1,
                    "blank lines are allowed at the end of the file only");
  if (begin(r) == end(r))
    throw error(r, {begin(r), end(r)}, "the line is blank",
                "blank lines are allowed at the end of the file only");
  const std::size_t limit = begin(r) + layout_.max_record_bytes;
  const bool too_long = chunk_->overlong || end(r) > limit;
  if (careful_ || (quotes_ && (too_long || !quotes_are_plain(r)))) check_bytes(r, too_long);
  if (too_long)
    throw error(r, {begin(r), begin(r)},
                "the record is longer than " + std::to_string(layout_.max_record_bytes) + " bytes",
                "is a quote opened and never closed, or is this no text file?");
  if (layout_.columns != 0 && fields(r) != layout_.columns) check_field_count(r);
}

// Whether every quoted field begins after a separator, ends before one, and doubles its quotes.
bool Records::quotes_are_plain(std::size_t r) const {
  const char *begin_of = text_ + begin(r), *stop = text_ + end(r);
  const auto find = [stop](const char* from) {
    return static_cast<const char*>(std::memchr(from, '"', static_cast<std::size_t>(stop - from)));
  };
  for (const char* at = begin_of; at < stop;) {
    const char* quote = find(at);
    if (!quote) return true;
    if (quote != begin_of && quote[-1] != layout_.delimiter) return false;
    for (quote = find(quote + 1); quote && quote + 1 < stop && quote[1] == '"';)
      quote = find(quote + 2);
    if (!quote) return false;
    if (quote + 1 == stop) return true;
    if (quote[1] != layout_.delimiter) return false;
    at = quote + 2;
  }
  return true;
}

// The definition of a well-formed record, a byte at a time; throws at the first byte that is wrong.
// Of a record that is too long it sees the same bytes however the file was cut.
void Records::check_bytes(std::size_t r, bool too_long) const {
  ByteState state = ByteState::field_start;
  std::size_t opened = 0;
  const std::size_t stop = too_long ? begin(r) + layout_.max_record_bytes + 1 : end(r);
  for (std::size_t i = begin(r); i < stop; ++i) {
    const char c = text_[i];
    const Field here{i, i + 1};
    if (c == '\0')
      throw error(r, here, "the file holds a NUL byte",
                  "a text file in UTF-8 is expected; is this UTF-16 or a binary file?");
    if (state == ByteState::quoted) {
      if (c == '"') state = ByteState::after_quote;
    } else if (c == layout_.delimiter) {
      state = ByteState::field_start;
    } else if (c == '\r') {
      throw error(r, here, "a carriage return stands without a line feed",
                  "end lines with LF or CR LF, or put the field in quotes");
    } else if (c == '"') {
      if (state == ByteState::unquoted)
        throw error(r, here, "a quote stands inside a field that does not begin with one",
                    "put the whole field in quotes and double the quotes inside it");
      if (state == ByteState::field_start) opened = i;
      state = ByteState::quoted;
    } else if (state == ByteState::after_quote) {
      throw error(r, here, "text follows a closing quote",
                  "a quote inside a quoted field is written twice");
    } else {
      state = ByteState::unquoted;
    }
  }
  if (state == ByteState::quoted && !too_long)
    throw error(r, {opened, opened + 1}, "the quote that opens here is never closed",
                "close it, or double a quote that is part of the text");
}

void Records::check_field_count(std::size_t r) const {
  const std::size_t got = fields(r), expected = layout_.columns;
  const Field at = got > expected ? Field{field(r, expected).begin, end(r)} : Field{end(r), end(r)};
  throw error(r, at,
              "the row has " + std::to_string(got) + (got == 1 ? " field" : " fields") +
                  ", expected " + std::to_string(expected),
              got > expected ? "put fields that hold the separator in quotes" : "");
}

DataError Records::error(std::size_t r, Field at, const std::string& what,
                         const std::string& hint) const {
  const char *first = text_ + begin(r), *where = text_ + at.begin;
  const char* line =
      std::find(std::make_reverse_iterator(where), std::make_reverse_iterator(first), '\n').base();
  const std::size_t seen = std::min(size_ - begin(r), layout_.max_record_bytes + 1);
  const char* line_end = std::find(where, first + seen, '\n');
  if (line_end != line && line_end[-1] == '\r' && line_end > where) --line_end;
  const auto width = std::min(static_cast<std::ptrdiff_t>(at.end - at.begin), line_end - where);
  return line_error(layout_.file, this->line(r) + std::count(first, where, '\n'), what, hint,
                    {line, static_cast<std::size_t>(line_end - line)},
                    static_cast<std::size_t>(where - line), static_cast<std::size_t>(width));
}

std::string_view unquoted(std::string_view field, char** copy) {
  if (field.empty() || field.front() != '"') return field;
  field = field.substr(1, field.size() - 2);
  if (field.find('"') == std::string_view::npos) return field;
  char *begin = *copy, *out = begin;
  for (std::size_t i = 0; i < field.size(); ++i) {
    *out++ = field[i];
    if (field[i] == '"') ++i;
  }
  *copy = out;
  return {begin, static_cast<std::size_t>(out - begin)};
}

}  // namespace crossent::io
