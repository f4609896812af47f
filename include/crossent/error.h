#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

namespace crossent {

/// An argument is outside its range. what() is "[op] argument[row][column] = value is outside range (hint)".
/// `row` and `column` are 0-based, -1 where they do not apply.
struct ValueError : std::invalid_argument {
  explicit ValueError(const std::string& what, std::string argument = {}, std::int64_t row = -1,
                      std::int64_t column = -1)
      : std::invalid_argument(what), argument(std::move(argument)), row(row), column(column) {}
  std::string argument;
  std::int64_t row, column;
};

/// A file does not hold what it should. `line` and `column` (in bytes) are 1-based, 0 where unknown.
struct DataError : std::runtime_error {
  explicit DataError(const std::string& what, std::string file = {}, std::int64_t line = 0,
                     std::int64_t column = 0, std::string hint = {}, std::string excerpt = {},
                     std::int64_t width = 1)
      : std::runtime_error(what),
        file(std::move(file)),
        hint(std::move(hint)),
        excerpt(std::move(excerpt)),
        line(line),
        column(column),
        width(width) {}
  std::string file, hint;
  std::string excerpt;  ///< the line's text (shortened around the column when long)
  std::int64_t line, column;
  std::int64_t width;  ///< bytes that the caret underlines
};

/// The operating system refused: what() names the file and the reason.
struct IoError : std::system_error {
  using std::system_error::system_error;
};

/// A computation has no result: training diverged, a solver did not converge.
struct NumericalError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace crossent
