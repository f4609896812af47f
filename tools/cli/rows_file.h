#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace crossent::io {
class OutputFile;
}  // namespace crossent::io

namespace crossent::cli {

/// A field of a CSV file: in quotes where it has to be.
std::string csv_field(std::string text);

/// A file of lines, one a row: in the order of the rows, whatever the order in which blocks of them
/// arrive. Appears whole or not at all (io/output_file.h).
class RowsFile {
 public:
  RowsFile(const std::string& path, std::string_view header);
  ~RowsFile();
  /// Text of the rows [first_row, first_row + rows) of the current input file. From any thread.
  void put(std::int64_t first_row, std::int64_t rows, std::string text);
  /// The rows count from 0 again.
  void next_file();
  void commit();

 private:
  std::unique_ptr<io::OutputFile> file_;
  std::mutex mutex_;
  std::map<std::int64_t, std::pair<std::int64_t, std::string>> waiting_;
  std::int64_t next_ = 0;
};

}  // namespace crossent::cli
