#include "io/libsvm.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "io/excerpt.h"
#include "io/number.h"

namespace crossent::io {
namespace {

constexpr std::size_t kFirstBuffer = 256 * 1024, kLongestLine = 64u << 20;
constexpr std::string_view kBlanks = " \t\r";

// Takes the first word off a line.
std::string_view take_word(std::string_view* line) {
  line->remove_prefix(std::min(line->find_first_not_of(kBlanks), line->size()));
  const std::string_view word = line->substr(0, line->find_first_of(kBlanks));
  line->remove_prefix(word.size());
  return word;
}

}  // namespace

LibsvmReader::LibsvmReader(std::unique_ptr<ByteSource> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)), buffer_(kFirstBuffer) {}

bool LibsvmReader::next_line() {
  std::size_t seen = 0;  // bytes known to hold no line end
  for (;;) {
    const char* text = buffer_.data() + begin_;
    const std::string_view rest(text, end_ - begin_);
    const std::size_t at = rest.find('\n', seen);
    if (at != std::string_view::npos) {
      line_ = rest.substr(0, at);
      begin_ += at + 1;
      break;
    }
    seen = rest.size();
    if (seen > kLongestLine)
      throw DataError("the line is longer than " + std::to_string(kLongestLine) + " bytes", name_,
                      line_number_ + 1, 1, "is this no text file?");
    std::memmove(buffer_.data(), text, rest.size());
    begin_ = 0;
    end_ = seen;
    if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    const std::size_t got = bytes_->read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += got;
    if (got == 0 && end_ == 0) return false;
    if (got == 0) {  // the last line does not end with a line feed
      line_ = {buffer_.data(), end_};
      begin_ = end_;
      break;
    }
  }
  ++line_number_;
  return true;
}

bool LibsvmReader::next() {
  while (next_line()) {
    parse();
    if (!label_.empty()) return true;  // else blank, or a comment
  }
  return false;
}

void LibsvmReader::parse() {
  std::string_view rest = line_.substr(0, line_.find('#'));
  entries_.clear();
  label_ = take_word(&rest);
  if (label_.find(':') != std::string_view::npos)
    throw error(label_,
                "the line begins with " + quoted_text(label_) + " where a label is expected",
                "a row is \"label index:value ...\"");
  for (std::string_view word = take_word(&rest); !word.empty(); word = take_word(&rest))
    parse_entry(word);
}

void LibsvmReader::parse_entry(std::string_view word) {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos)
    throw error(word, quoted_text(word) + " is not index:value",
                "a row is \"label index:value ...\"");
  const std::string_view index_text = word.substr(0, colon), value_text = word.substr(colon + 1);
  std::int64_t index = 0;
  if (parse_integer(index_text, &index) != NumberFault::none || index < 1 ||
      index > static_cast<std::int64_t>(kMostColumns))
    throw error(index_text.empty() ? word : index_text,
                quoted_text(index_text) + " is no index of a column",
                "indices are the integers 1 to " + std::to_string(kMostColumns));
  const auto column = static_cast<std::uint32_t>(index - 1);
  if (!entries_.empty() && column <= entries_.back().column)
    throw error(index_text,
                "index " + std::to_string(index) + " follows index " +
                    std::to_string(entries_.back().column + 1),
                "the indices of a row rise");
  double value = 0;
  if (parse_real(value_text, &value) != NumberFault::none || !std::isfinite(value))
    throw error(value_text.empty() ? word : value_text,
                quoted_text(value_text) + " is not a finite number",
                "leave out what is 0; a missing value cannot be written in this format");
  entries_.push_back({column, value});
}

DataError LibsvmReader::error(std::string_view token, const std::string& what,
                              const std::string& hint) const {
  const auto offset = static_cast<std::size_t>(token.data() - line_.data());
  return line_error(name_, line_number_, what, hint, line_, offset, token.size());
}

DataError LibsvmReader::label_error(const std::string& what, const std::string& hint) const {
  return error(label_, what, hint);
}

}  // namespace crossent::io
