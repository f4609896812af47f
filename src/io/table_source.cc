#include "io/table_source.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "kernels/csv_scan.h"

namespace crossent::io {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
// A record of the longest length may still be followed by these without being too long.
constexpr std::size_t kLineEndBytes = 2;

// Bytes of the blank line that begins at text[0]: 0 when it is not blank (or not yet known to be).
std::size_t blank_line_bytes(const char* text, std::size_t size, bool at_end) {
  if (size == 0) return 0;
  if (text[0] == '\n') return 1;
  if (text[0] != '\r') return 0;
  if (size == 1) return at_end ? 1 : 0;
  return text[1] == '\n' ? 2 : 0;
}

// The end of text[begin, boundary) without the blank lines that end it; `*lines` of them.
std::size_t without_blank_lines(const char* text, std::size_t begin, std::size_t boundary,
                                std::int64_t* lines) {
  for (;;) {
    std::size_t line = boundary - 1;  // where the last line feed is, then where its line begins
    if (line > begin && text[line - 1] == '\r') --line;
    if (line <= begin || text[line - 1] != '\n') return boundary;
    boundary = line;
    ++*lines;
  }
}

}  // namespace

void Buffer::grow(std::size_t capacity, std::size_t keep) {
  if (capacity <= capacity_) return;
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  if (keep != 0) std::memcpy(bytes.get(), bytes_.get(), keep);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

struct TableSource::Cut {
  std::size_t scanned = 0;              // text before it is counted
  std::size_t boundary = 0;             // end of the last whole record, 0: none
  std::int64_t records = 0, lines = 0;  // up to the boundary
  std::int64_t pending_lines = 0;       // after the boundary
  bool in_quote = false;

  void scan(const Chunk& chunk) {
    const kernels::LineCount count =
        kernels::count_lines(chunk.buffer.data() + scanned, chunk.end - scanned, &in_quote);
    pending_lines += static_cast<std::int64_t>(count.lines);
    records += static_cast<std::int64_t>(count.records);
    if (count.boundary != 0) {
      boundary = scanned + count.boundary;
      const char* after = chunk.buffer.data() + boundary;
      const auto quoted = std::count(after, chunk.buffer.data() + chunk.end, '\n');
      lines += pending_lines - quoted;
      pending_lines = quoted;
    }
    scanned = chunk.end;
  }
};

void TableSource::read_more(Chunk* chunk) {
  const std::size_t held = chunk->end - chunk->begin;
  std::size_t wanted = chunk_bytes_ - std::min(held, chunk_bytes_);
  if (wanted == 0) wanted = std::min(held, max_record_bytes_ + kLineEndBytes - held);
  if (!started_) wanted = std::max(wanted, kByteOrderMark.size());
  chunk->buffer.grow(chunk->end + wanted, chunk->end);
  try {
    const std::size_t full = chunk->end + wanted;
    while (chunk->end < full && !ended_) {
      const std::size_t got = bytes_->read(chunk->buffer.data() + chunk->end, full - chunk->end);
      chunk->end += got;
      bytes_read_ += got;
      ended_ = got == 0;
    }
  } catch (const Stopped&) {
    throw;
  } catch (...) {
    error_ = std::current_exception();
    ended_ = true;
  }
  if (!started_ && chunk->text().starts_with(kByteOrderMark)) chunk->begin += kByteOrderMark.size();
  started_ = true;
}

// Returns whether the text begins with a line that is not blank.
bool TableSource::skip_blank_lines(Chunk* chunk) {
  while (const std::size_t bytes = blank_line_bytes(chunk->buffer.data() + chunk->begin,
                                                    chunk->end - chunk->begin, ended_)) {
    if (chunk->blank_line == 0) chunk->blank_line = next_line_;
    chunk->begin += bytes;
    ++next_line_;
  }
  if (chunk->begin == chunk->end) chunk->begin = chunk->end = 0;
  return chunk->begin != chunk->end && (ended_ || chunk->text() != "\r");
}

// Reads until the text holds a whole record and about chunk_bytes.
void TableSource::find_cut(Chunk* chunk, Cut* cut) {
  bool begun = false;
  for (;;) {
    if (!ended_ && (cut->boundary == 0 || chunk->end - chunk->begin < chunk_bytes_))
      read_more(chunk);
    if (!begun) {
      begun = skip_blank_lines(chunk);
      cut->scanned = chunk->begin;
    }
    if (begun) cut->scan(*chunk);
    if (cut->boundary != 0) return;
    // At the end of the file the record is whole, and its parser knows its length.
    if ((!ended_ || error_) && chunk->end - chunk->begin >= max_record_bytes_ + kLineEndBytes) {
      chunk->end = chunk->begin + max_record_bytes_ + kLineEndBytes;
      chunk->overlong = ended_ = true;
      return;
    }
    if (ended_) return;
  }
}

bool TableSource::next(Chunk* chunk) {
  chunk->begin = 0;
  chunk->end = std::exchange(carry_size_, 0);
  chunk->blank_line = 0;
  chunk->overlong = false;
  chunk->buffer.grow(chunk->end, 0);
  if (chunk->end != 0) std::memcpy(chunk->buffer.data(), carry_.data(), chunk->end);

  Cut cut;
  find_cut(chunk, &cut);
  finish(chunk, cut);
  if (chunk->begin != chunk->end) return true;
  if (error_) std::rethrow_exception(error_);
  return false;
}

// Cuts the text, keeps what follows for the next piece, and counts.
void TableSource::finish(Chunk* chunk, const Cut& cut) {
  const char* text = chunk->buffer.data();
  std::size_t end = cut.boundary;
  std::int64_t blank = 0;
  chunk->records = cut.records;
  chunk->lines = cut.lines;
  const std::string_view rest(text + end, chunk->end - end);
  const bool more = (!ended_ || error_) && !chunk->overlong;
  const bool blank_rest = rest == "\r" && !chunk->overlong;
  if (!more && !rest.empty() && !blank_rest) {  // the last record does not end with a line feed
    end = chunk->end;
    chunk->lines += cut.pending_lines + 1;
    ++chunk->records;
  } else if (end != 0) {
    end = without_blank_lines(text, chunk->begin, end, &blank);
    chunk->lines -= blank;
    chunk->records -= blank;
    blank += blank_rest;
  } else {
    end = chunk->begin;
  }
  if (more) {
    carry_size_ = chunk->end - end;
    carry_.grow(carry_size_, 0);
    if (carry_size_ != 0) std::memcpy(carry_.data(), text + end, carry_size_);
  }
  chunk->end = end;
  chunk->first_row = next_row_;
  chunk->first_line = next_line_;
  next_row_ += chunk->records;
  next_line_ += chunk->lines + (more ? 0 : blank);
}

}  // namespace crossent::io
