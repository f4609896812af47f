#include "cli/rows_file.h"

#include "io/output_file.h"

namespace crossent::cli {

// Quoted as RFC 4180 asks for.
std::string csv_field(std::string text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

RowsFile::RowsFile(const std::string& path, std::string_view header)
    : file_(std::make_unique<io::OutputFile>(path)) {
  file_->write(header);
}

RowsFile::~RowsFile() = default;

void RowsFile::put(std::int64_t first_row, std::int64_t rows, std::string text) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(first_row, std::pair(rows, std::move(text)));
  while (!waiting_.empty() && waiting_.begin()->first == next_) {
    const auto& [count, lines] = waiting_.begin()->second;
    file_->write(lines);
    next_ += count;
    waiting_.erase(waiting_.begin());
  }
}

void RowsFile::next_file() { next_ = 0; }

void RowsFile::commit() { file_->commit(); }

}  // namespace crossent::cli
