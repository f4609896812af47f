#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <utility>

#include "crossent/dataset.h"
#include "io/excerpt.h"
#include "io/number.h"
#include "io/row_parser.h"
#include "io/table_source.h"
#include "io/workers.h"

namespace crossent {
namespace {

constexpr std::size_t kLargestText = std::size_t{1} << 30;  // offsets in a chunk have 32 bits
constexpr std::size_t kMemoryForChunks = 16u << 20, kSmallestChunk = 64u << 10,
                      kLargestChunk = 1u << 20;
constexpr std::size_t kLookedAhead = 1u << 20;  // bytes, whatever the size of the chunks

TableOptions checked(TableOptions options) {
  const char d = options.delimiter;
  if (d == '"' || d == '\n' || d == '\r')
    throw ValueError("[TableReader] delimiter is a quote or a line end", "delimiter");
  options.threads = io::worker_count(options.threads);
  if (options.chunk_bytes == 0)
    options.chunk_bytes =
        std::clamp(kMemoryForChunks / (static_cast<std::size_t>(options.threads) + 1),
                   kSmallestChunk, kLargestChunk);
  options.chunk_bytes = std::min(options.chunk_bytes, kLargestText);
  options.max_record_bytes = std::clamp<std::size_t>(options.max_record_bytes, 1, kLargestText);
  return options;
}

bool ends_with_any(std::string path, std::initializer_list<std::string_view> endings) {
  for (const std::string_view packed : {".gz", ".zst", ".zstd"})
    if (path.ends_with(packed)) path.resize(path.size() - packed.size());
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return path.ends_with(ending); });
}

// The most frequent of , tab ; outside quotes in the first record (a comma where there is none). Of
// a record that is too long only its beginning may decide: how much follows depends on the cut.
char likely_delimiter(std::string_view text) {
  constexpr std::array<char, 3> kCandidates = {',', '\t', ';'};
  std::array<std::size_t, 3> counts{};
  bool quoted = false;
  for (const char c : text) {
    if (c == '\n' && !quoted) break;
    if (c == '"') quoted = !quoted;
    for (std::size_t i = 0; i < kCandidates.size(); ++i)
      counts[i] += c == kCandidates[i] && !quoted;
  }
  const auto most = std::max_element(counts.begin(), counts.end()) - counts.begin();
  return kCandidates[static_cast<std::size_t>(most)];
}

std::string_view without_blanks(std::string_view name) {
  const auto first = name.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return name.substr(first, name.find_last_not_of(" \t") - first + 1);
}

bool is_number(std::string_view text) {
  double value;
  const io::NumberFault fault = io::parse_real(text, &value);
  return fault == io::NumberFault::none || fault == io::NumberFault::too_large;
}

// Whether lines hold nothing but blanks, and no more than a record may: of a longer one the cut
// decides how much is seen.
bool only_blanks(std::string_view text, std::size_t longest) {
  if (text.find_first_not_of(" \t\r\n") != std::string_view::npos) return false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end - (end != 0 && text[end - 1] == '\r') > longest) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

// A file that has nothing, or nothing but line ends and blanks.
std::string emptiness(std::int64_t lines) {
  if (lines == 0) return "the file is empty";
  return "there are no rows: nothing but " + std::to_string(lines) + " blank line" +
         (lines == 1 ? "" : "s");
}

}  // namespace

struct TableReader::State {
  State(std::unique_ptr<io::ByteSource> bytes, std::string file, TableOptions given)
      : options(checked(given)),
        source(io::decompressed(std::move(bytes), file), options.chunk_bytes,
               options.max_record_bytes) {
    layout.file = std::move(file);
    layout.max_record_bytes = options.max_record_bytes;
    open();
  }
  void open();
  std::vector<std::string> fields(const io::Records& records, std::size_t r, bool names) const;
  void read_header(const io::Records& records);
  void read_first_row(const io::Records& records);
  bool nothing_there();
  bool hold_next();
  void look_ahead(std::vector<std::string>* values);
  io::Selection select(std::span<const Column> columns) const;
  bool take(io::RowParser* parser, std::size_t* first_record);

  TableOptions options;
  io::TableSource source;
  io::TableLayout layout;
  std::deque<io::Chunk> held;  // read and not yet parsed
  std::size_t held_from = 0;   // the first record of the first that is a row
  bool header = false, read_called = false;
  std::vector<std::string> first_row;
  std::int64_t rows = 0;
};

void TableReader::State::open() {
  if (nothing_there())
    throw DataError(emptiness(source.lines()), layout.file, 0, 0,
                    "a header line and rows are expected");
  const std::string_view text = held.front().text();
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw DataError("the text is UTF-16", layout.file, 1, 1,
                    "convert it: iconv -f UTF-16 -t UTF-8");
  layout.delimiter = options.delimiter ? options.delimiter
                     : ends_with_any(layout.file, {".tsv", ".tab"})
                         ? '\t'
                         : likely_delimiter(text.substr(0, options.max_record_bytes));
  io::Records records(layout);
  records.load(held.front());
  read_header(records);
  if (header && records.size() == 1) {  // the first row is in the next piece
    held.pop_front();
    held_from = 0;
    if (held.empty() && !hold_next()) return;
    records.load(held.front());
  }
  if (held_from < records.size()) read_first_row(records);
}

// Nothing but blank lines, or blanks as well in a file no longer than one looks ahead.
bool TableReader::State::nothing_there() {
  for (std::size_t k = 0; k < held.size() || hold_next(); ++k)
    if (!only_blanks(held[k].text(), options.max_record_bytes) || source.bytes() > kLookedAhead)
      return false;
  return held.empty() || source.bytes() <= kLookedAhead;
}

bool TableReader::State::hold_next() {
  io::Chunk next;
  if (!source.next(&next)) return false;
  held.push_back(std::move(next));
  return true;
}

std::vector<std::string> TableReader::State::fields(const io::Records& records, std::size_t r,
                                                    bool names) const {
  std::vector<std::string> found;
  for (std::size_t f = 0; f < records.fields(r); ++f) {
    const std::string_view text = records.text(records.field(r, f));
    std::string copy(text.size(), '\0');
    char* end = copy.data();
    const bool quoted = !text.empty() && text.front() == '"';
    const std::string_view plain = io::unquoted(text, &end);
    found.emplace_back(names && !quoted ? without_blanks(plain) : plain);
  }
  return found;
}

void TableReader::State::read_header(const io::Records& records) {
  records.check(0);
  layout.columns = records.fields(0);
  layout.names = fields(records, 0, true);
  header = options.header == Header::yes ||
           (options.header == Header::automatic &&
            std::none_of(layout.names.begin(), layout.names.end(), is_number));
  held_from = header ? 1 : 0;
  for (std::size_t f = 0; f < layout.columns; ++f)
    if (!header || layout.names[f].empty()) layout.names[f] = "column_" + std::to_string(f + 1);
  std::set<std::string_view> seen;
  for (std::size_t f = 0; f < layout.columns; ++f)
    if (!seen.insert(layout.names[f]).second)
      throw records.error(0, records.field(0, f),
                          "two columns are named " + io::quoted_text(layout.names[f]),
                          "column names must differ");
}

void TableReader::State::read_first_row(const io::Records& records) {
  try {
    records.check(held_from);
  } catch (const DataError&) {
    return;  // read() reports it
  }
  first_row = fields(records, held_from, false);
}

// Fills in the values that are missing.
void TableReader::State::look_ahead(std::vector<std::string>* values) {
  std::size_t seen = 0;
  io::Records records(layout);
  for (std::size_t k = 0; k < held.size() || hold_next(); ++k) {
    records.load(held[k]);
    for (std::size_t r = k == 0 ? held_from : 0; r < records.size(); ++r) {
      records.check(r);
      const std::vector<std::string> row = fields(records, r, false);
      bool all = true;
      for (std::size_t f = 0; f < row.size(); ++f) {
        if (io::is_missing((*values)[f])) (*values)[f] = row[f];
        all = all && !io::is_missing((*values)[f]);
      }
      seen += records.field(r, row.size() - 1).end - records.field(r, 0).begin + 1;
      if (all || seen >= kLookedAhead) return;
    }
  }
}

io::Selection TableReader::State::select(std::span<const Column> columns) const {
  io::Selection selection;
  for (const Column& column : columns) {
    const auto at = std::find(layout.names.begin(), layout.names.end(), column.name);
    if (at == layout.names.end())
      throw DataError("there is no column " + io::quoted_text(column.name), layout.file,
                      header ? 1 : 0);
    std::size_t& of_kind = column.kind == ColumnKind::text      ? selection.texts
                           : column.kind == ColumnKind::integer ? selection.integers
                                                                : selection.reals;
    selection.targets.push_back(
        {static_cast<std::size_t>(at - layout.names.begin()), column.kind, of_kind++});
    selection.hints.push_back(column.hint);
  }
  selection.block_rows =
      std::max<std::size_t>(1, options.max_block_values / std::max<std::size_t>(1, columns.size()));
  return selection;
}

bool TableReader::State::take(io::RowParser* parser, std::size_t* first_record) {
  *first_record = 0;
  if (held.empty()) return source.next(&parser->chunk);
  std::swap(parser->chunk, held.front());
  held.pop_front();
  *first_record = std::exchange(held_from, 0);
  return true;
}

TableReader::TableReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableReader::~TableReader() = default;
TableReader::TableReader(TableReader&&) noexcept = default;
TableReader& TableReader::operator=(TableReader&&) noexcept = default;

TableReader::TableReader(std::string path, TableOptions options) {
  try {
    state_ = std::make_unique<State>(io::open_file(path, options.stop, options.progress),
                                     io::shown_path(path), options);
  } catch (const io::Stopped&) {
    throw IoError(std::make_error_code(std::errc::interrupted),
                  "cannot read " + io::shown_path(path));
  }
}

TableReader TableReader::from_memory(std::string_view bytes, std::string name,
                                     TableOptions options) {
  return TableReader(
      std::make_unique<State>(io::open_memory(bytes, options.progress), std::move(name), options));
}

const std::string& TableReader::path() const { return state_->layout.file; }
const std::vector<std::string>& TableReader::names() const { return state_->layout.names; }
char TableReader::delimiter() const { return state_->layout.delimiter; }
bool TableReader::has_header() const { return state_->header; }
const std::vector<std::string>& TableReader::first_row() const { return state_->first_row; }
std::vector<std::string> TableReader::first_values() {
  std::vector<std::string> values(state_->layout.columns);
  try {
    state_->look_ahead(&values);
  } catch (const DataError&) {  // read() reports it
  } catch (const IoError&) {
  }
  for (std::string& value : values)
    if (io::is_missing(value)) value.clear();
  return values;
}
int TableReader::workers() const { return state_->options.threads; }
std::int64_t TableReader::rows() const { return state_->rows; }

std::optional<std::size_t> TableReader::find(std::string_view name) const {
  const auto at = std::find(names().begin(), names().end(), name);
  if (at == names().end()) return std::nullopt;
  return static_cast<std::size_t>(at - names().begin());
}

bool TableReader::read(std::span<const Column> columns,
                       const std::function<void(const TableBlock&)>& use) {
  State& state = *state_;
  if (std::exchange(state.read_called, true))
    throw std::logic_error("[TableReader::read] the file was read already");
  const io::Selection selection = state.select(columns);
  // One piece is all there is in a small file: no threads for it.
  const bool one_piece = state.source.ended() && state.held.size() <= 1;
  const int workers = one_piece ? 1 : state.options.threads;
  std::vector<std::unique_ptr<io::RowParser>> parsers(static_cast<std::size_t>(workers));
  std::vector<std::size_t> first_record(parsers.size());
  std::mutex rows_mutex;
  std::int64_t rows = 0, rows_before_error = -1;

  const auto take = [&](int worker) {
    auto& parser = parsers[static_cast<std::size_t>(worker)];
    if (!parser) parser = std::make_unique<io::RowParser>(state.layout, selection);
    return state.take(parser.get(), &first_record[static_cast<std::size_t>(worker)]);
  };
  const auto hand_over = [&](const TableBlock& block) {
    if (state.options.stop && state.options.stop->load(std::memory_order_relaxed))
      throw io::Stopped{};
    use(block);
    if (state.options.progress) state.options.progress->rows += block.rows;
  };
  const auto work = [&](int worker) {
    const auto w = static_cast<std::size_t>(worker);
    std::int64_t good_rows = 0;
    try {
      parsers[w]->run(first_record[w], state.header ? 1 : 0, worker, &good_rows, hand_over);
    } catch (...) {
      const std::lock_guard lock(rows_mutex);
      if (rows_before_error < 0 || good_rows < rows_before_error) rows_before_error = good_rows;
      throw;
    }
    const std::lock_guard lock(rows_mutex);
    rows = std::max(rows, good_rows);
  };
  const auto note_rows = [&] { state.rows = rows_before_error < 0 ? rows : rows_before_error; };
  try {
    const bool whole = io::run_ordered(workers, state.options.stop, take, work);
    note_rows();
    return whole;
  } catch (...) {
    note_rows();
    throw;
  }
}

}  // namespace crossent
