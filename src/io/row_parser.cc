#include "io/row_parser.h"

#include <algorithm>
#include <limits>

#include "io/excerpt.h"

namespace crossent::io {
namespace {

std::string_view without_quotes(std::string_view text) {
  return !text.empty() && text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

bool is_real(ColumnKind kind) {
  return kind == ColumnKind::real || kind == ColumnKind::real_or_missing;
}

std::string hint_for(std::string_view text, NumberFault fault) {
  if (fault == NumberFault::fraction) return "write whole numbers without a fraction or exponent";
  if (fault == NumberFault::empty)
    return "a missing value cannot be read: fill it in or remove the row";
  if (fault != NumberFault::text) return "";
  if (text == "-" || is_missing(text))
    return "a missing value cannot be read: fill it in or remove the row";
  if (!has_decimal_comma(text)) return "";
  std::string dotted(text);
  dotted[dotted.find(',')] = '.';
  return "it looks like a decimal comma: write " + dotted;
}

}  // namespace

RowParser::RowParser(const TableLayout& layout, const Selection& selection)
    : selection_(selection), records_(layout) {
  const std::vector<Target>& targets = selection.targets;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const bool real = is_real(targets[t].kind);
    if (real && !runs_.empty() && runs_.back().real && targets[t - 1].field + 1 == targets[t].field)
      ++runs_.back().count;
    else
      runs_.push_back({t, 1, real});
  }
}

void RowParser::reserve(std::size_t rows) {
  if (rows <= capacity_) return;
  capacity_ = rows;
  reals_.resize(rows * selection_.reals);
  integers_.resize(rows * selection_.integers);
  texts_.resize(rows * selection_.texts);
}

void RowParser::run(std::size_t first_record, std::int64_t header, int worker,
                    std::int64_t* good_rows, const std::function<void(const TableBlock&)>& use) {
  records_.load(chunk);
  reserve(std::min(selection_.block_rows, records_.size()));
  if (selection_.texts != 0 && records_.has_quotes())
    unquoted_.resize(std::max(unquoted_.size(), chunk.text().size()));
  unquoted_end_ = unquoted_.data();
  for (std::size_t begin = first_record; begin < records_.size();) {
    const std::size_t wanted = std::min(selection_.block_rows, records_.size() - begin);
    std::exception_ptr error;
    const std::size_t rows = parse_records(begin, wanted, &error);
    *good_rows = records_.row(begin) - header;
    if (rows != 0) hand_over(begin, rows, *good_rows, worker, use);
    begin += rows;
    *good_rows += static_cast<std::int64_t>(rows);
    if (error) std::rethrow_exception(error);
  }
}

// Returns how many of `count` records are good; *error is what is wrong with the next one.
std::size_t RowParser::parse_records(std::size_t begin, std::size_t count,
                                     std::exception_ptr* error) {
  std::size_t row = 0;
  try {
    for (; row < count; ++row) {
      const Record record = records_.record(begin + row);
      records_.check(begin + row, record);
      parse_record(begin + row, record, row);
    }
  } catch (const DataError&) {
    *error = std::current_exception();
  }
  return row;
}

void RowParser::hand_over(std::size_t begin, std::size_t rows, std::int64_t first_row, int worker,
                          const std::function<void(const TableBlock&)>& use) {
  TableBlock block;
  block.first_row = first_row;
  block.rows = rows;
  block.worker = worker;
  block.reals = matrix<const double>(reals_.data(), rows, selection_.reals);
  block.parser_ = this;
  block.begin_ = begin;
  use(block);
}

void RowParser::parse_record(std::size_t r, const Record& record, std::size_t row) {
  for (const Run& run : runs_) {
    if (run.real)
      parse_reals(r, record, run, row);
    else
      parse_one(r, record, selection_.targets[run.first], row);
  }
}

void RowParser::parse_reals(std::size_t r, const Record& record, const Run& run, std::size_t row) {
  const Target* target = &selection_.targets[run.first];
  double* values = &reals_[row * selection_.reals + target->index];
  for (std::size_t done = 0; done < run.count; ++done) {
    done += kernels::parse_decimals(records_.fields(record, target->field + done, run.count - done),
                                    values + done);
    if (done < run.count) parse_one(r, record, target[done], row);
  }
}

void RowParser::parse_one(std::size_t r, const Record& record, const Target& target,
                          std::size_t row) {
  const NumberFault fault =
      parse_value(target, records_.text(records_.field(record, target.field)), row);
  if (fault != NumberFault::none) refuse(r, target, fault);
}

NumberFault RowParser::parse_value(const Target& target, std::string_view text, std::size_t row) {
  NumberFault fault = NumberFault::none;
  switch (target.kind) {
    case ColumnKind::real_or_missing:
    case ColumnKind::real: {
      double* value = &reals_[row * selection_.reals + target.index];
      fault = parse_real(without_quotes(text), value);
      if (fault != NumberFault::none && target.kind == ColumnKind::real_or_missing &&
          is_missing(without_quotes(text))) {
        *value = std::numeric_limits<double>::quiet_NaN();
        fault = NumberFault::none;
      }
      break;
    }
    case ColumnKind::integer:
      fault = parse_integer(without_quotes(text), &integers_[target.index * capacity_ + row]);
      break;
    case ColumnKind::text:
      texts_[target.index * capacity_ + row] = unquoted(text, &unquoted_end_);
      break;
  }
  return fault;
}

void RowParser::refuse(std::size_t r, const Target& target, NumberFault fault) const {
  const TableLayout& layout = records_.layout();
  const Field at = records_.field(r, target.field);
  const std::string_view text = without_quotes(records_.text(at));
  const bool real = is_real(target.kind);
  const std::string column = layout.column_text(target.field), shown = quoted_text(text);
  std::string what;
  switch (fault) {
    case NumberFault::empty:
      what = column + " is empty where " + (real ? "a number" : "an integer") + " is expected";
      break;
    case NumberFault::too_large:
      what = shown +
             (real ? " is too large for a 64-bit float ("
                   : " is outside the range of 64-bit integers (") +
             column + ")";
      break;
    default:
      what = shown + " is not " + (real ? "a number" : "an integer") + " (" + column + ")";
  }
  std::string hint = hint_for(text, fault);
  if (hint.empty() && fault == NumberFault::text)
    hint = selection_.hints[static_cast<std::size_t>(&target - selection_.targets.data())];
  throw records_.error(r, at, what, hint);
}

std::span<const std::int64_t> RowParser::integers(std::size_t column, std::size_t rows) const {
  const Target& target = this->target(column);
  if (target.kind != ColumnKind::integer)
    throw ValueError("[TableBlock] column " + std::to_string(column) + " is not read as integers",
                     "column");
  return {integers_.data() + target.index * capacity_, rows};
}

std::span<const std::string_view> RowParser::texts(std::size_t column, std::size_t rows) const {
  const Target& target = this->target(column);
  if (target.kind != ColumnKind::text)
    throw ValueError("[TableBlock] column " + std::to_string(column) + " is not read as text",
                     "column");
  return {texts_.data() + target.index * capacity_, rows};
}

}  // namespace crossent::io

namespace crossent {

std::span<const std::int64_t> TableBlock::integers(std::size_t column) const {
  return parser_->integers(column, rows);
}

std::span<const std::string_view> TableBlock::texts(std::size_t column) const {
  return parser_->texts(column, rows);
}

std::int64_t TableBlock::line(std::size_t row) const {
  return parser_->records().line(begin_ + row);
}

DataError TableBlock::error(std::size_t row, std::size_t column, const std::string& what,
                            const std::string& hint) const {
  const io::Records& records = parser_->records();
  const std::size_t r = begin_ + row;
  return records.error(r, records.field(r, parser_->target(column).field), what, hint);
}

}  // namespace crossent
