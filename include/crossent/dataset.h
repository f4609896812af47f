#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossent/error.h"
#include "crossent/view.h"

namespace crossent {

/// What the first bytes of a file say it is; tables may be compressed by gzip or zstd.
enum class FileFormat { table, npy, npz };
/// Errors  IoError when the file cannot be opened. Standard input ("-"), pipes and devices can be
///         read once only: they are tables, and left unread.
FileFormat detect_format(const std::string& path);

/// Written by a read in progress, for another thread to show.
struct Progress {
  std::atomic<std::uint64_t> bytes_read{0};   ///< as stored (of an array in an NPZ: inflated)
  std::atomic<std::uint64_t> bytes_total{0};  ///< 0 where unknown (a pipe)
  std::atomic<std::uint64_t> rows{0};         ///< delivered so far
};

// ---------------------------------------------------------------------------------------- tables

/// What a selected column is read as.
enum class ColumnKind {
  real,     ///< f64, correctly rounded; nan, inf, infinity in any case, with a sign, are values
  integer,  ///< int64; "1.0" and "1e3" are refused
  text,     ///< the bytes of the field, its quotes removed
  real_or_missing  ///< real; an empty field, and na, n/a, #n/a, <na>, null, none, ? in any case,
                   ///< are NaN
};
struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::real;
  std::string hint{};  ///< of the refusal of a field that is no number
};

enum class Header {
  automatic,  ///< the first line is a header unless one of its fields is a number
  yes,
  no  ///< the columns are named column_1, column_2, ...
};

struct TableOptions {
  char delimiter = 0;  ///< 0: tab for .tsv and .tab; else the most frequent of , tab ; in line one
  Header header = Header::automatic;
  int threads = 0;                            ///< workers; 0: OpenMP's number
  const std::atomic<bool>* stop = nullptr;    ///< set from anywhere: read() returns false soon
  Progress* progress = nullptr;               ///< must outlive the reader
  std::size_t chunk_bytes = 0;                ///< text parsed at a time by a worker; 0: chosen
  std::size_t max_record_bytes = 64u << 20;   ///< a longer record is refused
  std::size_t max_block_values = 64u * 1024;  ///< bounds the rows of a block (at least one row)
};

namespace io {
class RowParser;
}  // namespace io

/// Consecutive rows of a table, valid during the callback. Columns are named by their position in
/// the selection given to TableReader::read.
class TableBlock {
 public:
  std::int64_t first_row = 0;  ///< 0-based row of the data (the header is not one)
  std::size_t rows = 0;
  int worker = 0;  ///< in [0, workers()): one worker runs one callback at a time

  /// [rows, number of real columns], row-major: the real columns (or missing) in the order
  /// selected.
  MatrixView<const double> reals;
  /// [rows] of a column selected as integer.
  std::span<const std::int64_t> integers(std::size_t column) const;
  /// [rows] of a column selected as text. Valid during the callback only.
  std::span<const std::string_view> texts(std::size_t column) const;
  /// 1-based line on which row `row` of this block begins.
  std::int64_t line(std::size_t row) const;
  /// An error that points at a field of this block: file, line, column, width and excerpt filled
  /// in.
  DataError error(std::size_t row, std::size_t column, const std::string& what,
                  const std::string& hint = {}) const;

 private:
  friend class io::RowParser;
  const io::RowParser* parser_ = nullptr;
  std::size_t begin_ = 0;  // its first record in the parser's chunk
};

/// A CSV or TSV file (RFC 4180: quoted fields may hold separators, line ends and doubled quotes),
/// plain or compressed by gzip or zstd (recognised by their magic bytes), read once, in parallel,
/// in bounded memory. A UTF-8 byte order mark is skipped, lines end with LF or CRLF, blank lines
/// are allowed at the end only, blanks around numbers and around unquoted column names are dropped.
///
/// Errors  IoError: cannot be opened or read. DataError with file:line:column: an empty file, a
///         wrong number of fields, a malformed number, quotes, NUL bytes, a record longer than
///         max_record_bytes, duplicate or missing columns, damaged compression.
/// Memory  below 40 MB for up to 16 threads, whatever the size of the file (records below 1 MB).
class TableReader {
 public:
  /// Reads the header and the first row of `path` ("-": standard input).
  explicit TableReader(std::string path, TableOptions options = {});
  /// The same from memory that outlives the reader; `name` stands for the file in messages.
  static TableReader from_memory(std::string_view bytes, std::string name,
                                 TableOptions options = {});
  ~TableReader();
  TableReader(TableReader&&) noexcept;
  TableReader& operator=(TableReader&&) noexcept;

  const std::string& path() const;  ///< as messages show it: "<stdin>" for "-"
  /// Of the header; column_1, column_2, ... where it has none.
  const std::vector<std::string>& names() const;
  std::optional<std::size_t> find(std::string_view name) const;
  char delimiter() const;   ///< the one used
  bool has_header() const;  ///< the reading used
  /// The fields of the first row (quotes removed), to infer kinds from; empty when there are no
  /// rows.
  const std::vector<std::string>& first_row() const;
  /// The first field of each column that is not missing (as of real_or_missing), quotes removed,
  /// in the rows that begin in the first MiB of them; "" where there is none. Before read().
  std::vector<std::string> first_values();
  int workers() const;  ///< threads that read() will use

  /// Parses the selected columns of every row and hands the rows over in blocks, each row once.
  ///
  /// Threads  `use` is called concurrently from workers() threads (the caller's is one), in any
  ///          order of blocks; it should not start threads of its own.
  /// Errors   the first one in the order of the file is thrown, whatever the threads did: a
  ///          DataError, or what `use` threw. Every row before it was handed over.
  /// Returns  false when options.stop ended the read early. May be called once.
  bool read(std::span<const Column> columns, const std::function<void(const TableBlock&)>& use);

  /// Rows before the end, or before the first error, of the read.
  std::int64_t rows() const;

 private:
  struct State;
  explicit TableReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// ---------------------------------------------------------------------------------------- arrays

enum class ElementType { boolean, i8, i16, i32, i64, u8, u16, u32, u64, f16, f32, f64 };
/// "bool", "int8", ..., "float64".
const char* element_name(ElementType type);
std::size_t element_bytes(ElementType type);
bool is_floating(ElementType type);

struct ArrayOptions {
  std::string member;  ///< of an NPZ, with or without ".npy"; empty: its only member
  int threads = 0;
  const std::atomic<bool>* stop = nullptr;
  Progress* progress = nullptr;
  std::size_t block_bytes = 0;  ///< 0: chosen
};

/// Consecutive rows of an array in its own type, aligned, valid during the callback.
struct ArrayBlock {
  std::int64_t first_row = 0;
  std::size_t rows = 0, cols = 0;
  ElementType type = ElementType::f64;
  const void* data = nullptr;  ///< row-major [rows, cols]
  int worker = 0;

  /// The block as T, which must be the type's own: float for f32, crossent::f16 for f16, ...
  template <class T>
  MatrixView<const T> view() const {
    return matrix(static_cast<const T*>(data), rows, cols);
  }
  /// Element (row, col) as f64 (int64 and uint64 are rounded).
  double real(std::size_t row, std::size_t col) const;
};

/// An NPY file (versions 1-3) or a member of an NPZ archive (stored or deflated, zip64, checksums
/// verified): one or two dimensions, C order, little-endian, types of ElementType.
///
/// Errors  IoError: cannot be opened or read. DataError: anything else in the header (order of
///         Fortran, big-endian, objects, more dimensions are refused by name), a damaged file.
class ArrayReader {
 public:
  explicit ArrayReader(std::string path, ArrayOptions options = {});
  static ArrayReader from_memory(std::string_view bytes, std::string name,
                                 ArrayOptions options = {});
  ~ArrayReader();
  ArrayReader(ArrayReader&&) noexcept;
  ArrayReader& operator=(ArrayReader&&) noexcept;

  const std::string& path() const;  ///< with the member, as in "z.npz[logits]"
  ElementType type() const;
  std::int64_t rows() const;
  std::int64_t cols() const;  ///< 1 for one dimension
  int dimensions() const;     ///< 1 or 2
  int workers() const;

  /// Hands the rows over in blocks: threads, errors and result as TableReader::read.
  bool read(const std::function<void(const ArrayBlock&)>& use);

 private:
  struct State;
  explicit ArrayReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Names of the arrays in an NPZ archive, without ".npy", in the order of its directory.
std::vector<std::string> archive_members(const std::string& path);

/// Integer labels of a whole NPY file or NPZ member, in their own width.
class LabelArray {
 public:
  Labels labels() const;  ///< a view of this object
  std::size_t size() const { return size_; }
  ElementType type() const { return type_; }

 private:
  friend LabelArray read_labels(const std::string& path, ArrayOptions options);
  std::vector<std::uint64_t> storage_;
  std::size_t size_ = 0;
  ElementType type_ = ElementType::i64;
};
/// Errors  as ArrayReader; DataError when the array is not of one dimension ([N, 1] is accepted) or
///         not of integers.
LabelArray read_labels(const std::string& path, ArrayOptions options = {});

}  // namespace crossent
