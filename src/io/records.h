#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/error.h"
#include "io/table_source.h"
#include "kernels/decimal.h"

namespace crossent::io {

/// What every piece of one table shares.
struct TableLayout {
  std::string file;  ///< for messages
  char delimiter = ',';
  std::size_t columns = 0;  ///< fields of every record; 0 while the first one is being looked at
  std::size_t max_record_bytes = 0;
  std::vector<std::string> names;

  /// `column "name"`.
  std::string column_text(std::size_t field) const;
};

/// A field's place in a piece of text.
struct Field {
  std::size_t begin = 0, end = 0;
};

/// A record's place: the separators that end its fields, and its text without the line end.
struct Record {
  std::size_t first = 0, last = 0;
  std::size_t begin = 0, end = 0;

  std::size_t fields() const { return last - first + 1; }
};

/// The records and fields of a chunk: finds them all at once, checks them one by one in the order
/// of the file, and words the errors.
class Records {
 public:
  explicit Records(const TableLayout& layout) : layout_(layout) {}

  /// Takes the chunk's records; the chunk must outlive their use.
  void load(const Chunk& chunk);
  std::size_t size() const { return records_; }
  const TableLayout& layout() const { return layout_; }
  bool has_quotes() const { return quotes_; }

  /// Throws the first structural error of record r, whose predecessors were checked: a blank line,
  /// NUL bytes, lone carriage returns, quotes, the length, the number of fields.
  void check(std::size_t r) const { check(r, record(r)); }
  void check(std::size_t r, const Record& record) const {
    const std::size_t length = record.end - record.begin;
    if (careful_ || quotes_ || length == 0 || length > layout_.max_record_bytes ||
        record.fields() != layout_.columns)
      check_closely(r);
  }
  Record record(std::size_t r) const { return {first_separator(r), ends_[r], begin(r), end(r)}; }
  std::size_t fields(std::size_t r) const { return ends_[r] + 1u - first_separator(r); }
  /// Field f of a record as it stands in the file, with its quotes.
  Field field(const Record& record, std::size_t f) const {
    const std::size_t at = record.first + f;
    return {f == 0 ? record.begin : separators_[at - 1] + std::size_t{1},
            at == record.last ? record.end : separators_[at]};
  }
  Field field(std::size_t r, std::size_t f) const { return field(record(r), f); }
  /// Fields [f, f + count) of a record, to be read as numbers.
  kernels::DecimalFields fields(const Record& record, std::size_t f, std::size_t count) const {
    return {text_, field(record, f).begin, separators_.get() + record.first + f,
            field(record, f + count - 1).end, count};
  }
  std::string_view text(Field field) const {
    return {text_ + field.begin, field.end - field.begin};
  }
  std::int64_t line(std::size_t r) const {
    return record_lines_.empty() ? chunk_->first_line + static_cast<std::int64_t>(r)
                                 : record_lines_[r];
  }
  /// Number of record r in the file, the header counted.
  std::int64_t row(std::size_t r) const { return chunk_->first_row + static_cast<std::int64_t>(r); }

  /// An error that points at bytes [at.begin, at.end) of record r.
  DataError error(std::size_t r, Field at, const std::string& what, const std::string& hint) const;

 private:
  std::size_t first_separator(std::size_t r) const { return r == 0 ? 0 : ends_[r - 1] + 1u; }
  std::size_t begin(std::size_t r) const {
    return r == 0 ? 0 : separators_[ends_[r - 1]] + std::size_t{1};
  }
  // Without the line end.
  std::size_t end(std::size_t r) const {
    const std::size_t at = separators_[ends_[r]];
    return at > begin(r) && text_[at - 1] == '\r' ? at - 1 : at;
  }
  void count_record_lines();
  void check_closely(std::size_t r) const;
  bool quotes_are_plain(std::size_t r) const;
  void check_bytes(std::size_t r, bool too_long) const;
  void check_field_count(std::size_t r) const;

  const TableLayout& layout_;
  const Chunk* chunk_ = nullptr;
  const char* text_ = nullptr;
  std::size_t size_ = 0, records_ = 0, capacity_ = 0;
  std::unique_ptr<std::uint32_t[]> separators_;  // where fields end
  std::unique_ptr<std::uint32_t[]> ends_;        // of those, where records end
  std::vector<std::int64_t> record_lines_;       // only where fields hold line feeds
  bool quotes_ = false, careful_ = false;
};

/// Removes the quotes of a field that passed Records::check. Doubled quotes make a copy at *copy,
/// which is then moved past it.
std::string_view unquoted(std::string_view field, char** copy);

}  // namespace crossent::io
