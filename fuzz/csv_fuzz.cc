// Any bytes as a table: the rows and the first error do not depend on how the text is cut or on the
// threads, and they are those of a plain reader that goes through the text once.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/dataset.h"

namespace {

using crossent::Column;
using crossent::ColumnKind;
using crossent::TableBlock;

constexpr std::size_t kLongestRecord = 50;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

struct Outcome {
  std::vector<std::string> names;
  char delimiter = 0;
  bool header = false;
  std::map<std::int64_t, std::vector<std::string>> rows;  // the values, written out
  std::map<std::int64_t, std::int64_t> lines;
  std::string error;
  std::int64_t error_line = 0;
};

std::string bits_of(double value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

constexpr int kAllTexts = -1;

// Two bits of `kinds` are a column's kind, one bit further for the next: what is in a column
// decides nothing.
std::vector<Column> columns_of(const crossent::TableReader& reader, int kinds) {
  std::vector<Column> columns;
  for (const std::string& name : reader.names()) {
    const bool text = kinds == kAllTexts || kinds % 4 == 3;
    columns.push_back({name, text ? ColumnKind::text : static_cast<ColumnKind>(kinds % 4)});
    if (kinds != kAllTexts) kinds /= 2;
  }
  return columns;
}

Outcome read(std::string_view text, const crossent::TableOptions& options, int kinds) {
  Outcome found;
  std::mutex mutex;
  try {
    crossent::TableReader reader = crossent::TableReader::from_memory(text, "t.csv", options);
    found.names = reader.names();
    found.delimiter = reader.delimiter();
    found.header = reader.has_header();
    const std::vector<Column> columns = columns_of(reader, kinds);
    reader.read(columns, [&](const TableBlock& block) {
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < block.rows; ++i) {
        std::vector<std::string> values;
        std::size_t real = 0;
        for (std::size_t c = 0; c < columns.size(); ++c) {
          if (columns[c].kind == ColumnKind::real)
            values.push_back(bits_of(block.reals(i, real++)));
          if (columns[c].kind == ColumnKind::integer)
            values.push_back(std::to_string(block.integers(c)[i]));
          if (columns[c].kind == ColumnKind::text) values.emplace_back(block.texts(c)[i]);
        }
        const std::int64_t row = block.first_row + static_cast<std::int64_t>(i);
        require(found.rows.emplace(row, std::move(values)).second, "a row is delivered once");
        found.lines[row] = block.line(i);
      }
    });
    require(reader.rows() == static_cast<std::int64_t>(found.rows.size()), "rows are counted");
  } catch (const crossent::DataError& e) {
    require(e.excerpt_column <= static_cast<std::int64_t>(e.excerpt.size()) + 1,
            "the caret stands within the excerpt");
    found.error = std::string(e.what()) + "|" + std::to_string(e.line) + "|" +
                  std::to_string(e.column) + "|" + std::to_string(e.width) + "|" + e.excerpt + "|" +
                  e.hint;
    found.error_line = e.line;
  }
  return found;
}

// `a` was read in order: its rows are those before the error. `b` may hold later ones too.
void compare(const Outcome& a, const Outcome& b) {
  require(a.error == b.error, "the error does not depend on the cut");
  require(a.names == b.names && a.delimiter == b.delimiter && a.header == b.header,
          "the header does not depend on the cut");
  for (const auto& [row, values] : a.rows) {
    const auto other = b.rows.find(row);
    require(other != b.rows.end(), "no row before the error is lost");
    require(other->second == values, "values do not depend on the cut");
    require(b.lines.at(row) == a.lines.at(row), "lines do not depend on the cut");
  }
  if (a.error.empty()) require(a.rows.size() == b.rows.size(), "no row is lost");
}

// The plain reader: the records of a text without errors, one character at a time.
std::vector<std::vector<std::string>> plain_records(std::string_view text, char delimiter) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> record(1);
  bool quoted = false, any = false;
  const auto end_record = [&] {
    if (any) records.push_back(record);
    record.assign(1, "");
    any = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool return_at_end =
        c == '\r' && !quoted && (i + 1 == text.size() || text[i + 1] == '\n');
    if (return_at_end) continue;
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      record.back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && c == '\n') {
      end_record();
    } else if (!quoted && c == delimiter) {
      record.emplace_back();
      any = true;
    } else {
      record.back() += c;
      any = true;
    }
  }
  end_record();
  return records;
}

void compare_with_plain(std::string_view text, const Outcome& found) {
  const auto records = plain_records(text, found.delimiter);
  const std::size_t first = found.header ? 1 : 0;
  require(records.size() == found.rows.size() + first, "as many rows as the plain reader");
  for (const auto& [row, values] : found.rows)
    require(values == records[static_cast<std::size_t>(row) + first], "the plain reader's values");
}

bool is_compressed(std::string_view text) {
  return text.substr(0, 2) == "\x1f\x8b" || text.substr(0, 4) == "\x28\xb5\x2f\xfd";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const int choice = data[0], kinds = data[1];
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  crossent::TableOptions options;
  options.header = static_cast<crossent::Header>(choice % 3);
  options.delimiter = choice % 5 == 0 ? '|' : '\0';
  options.max_record_bytes = choice & 128 ? kLongestRecord : 1 << 20;
  options.threads = 1;
  options.chunk_bytes = 4096;
  const Outcome whole = read(text, options, kinds);
  crossent::TableOptions cut = options;
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{2} + kinds % 61}) {
    cut.chunk_bytes = bytes;
    cut.threads = 1 + choice % 3;
    cut.max_block_values = 1 + kinds % 7;
    compare(whole, read(text, cut, kinds));
  }
  const Outcome texts = read(text, options, kAllTexts);
  if (texts.error.empty() && !is_compressed(text)) compare_with_plain(text, texts);
  return 0;
}
