#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>

namespace crossent {

/// An argument is outside its range. what() is "[op] argument[row][column] = value is outside range
/// (hint)". `row` and `column` are 0-based, -1 where they do not apply.
struct ValueError : std::invalid_argument {
  explicit ValueError(const std::string& what, std::string in_argument = {},
                      std::int64_t in_row = -1, std::int64_t in_column = -1)
      : std::invalid_argument(what),
        argument(std::move(in_argument)),
        row(in_row),
        column(in_column) {}
  std::string argument;
  std::int64_t row, column;
};

/// A file does not hold what it should. `line` and `column` (in bytes) are 1-based, 0 where
/// unknown; what() is the sentence alone, without the position and the hint.
struct DataError : std::runtime_error {
  explicit DataError(const std::string& what, std::string in_file = {}, std::int64_t in_line = 0,
                     std::int64_t in_column = 0, std::string in_hint = {},
                     std::string in_excerpt = {}, std::int64_t in_width = 1,
                     std::int64_t in_excerpt_column = 0)
      : std::runtime_error(what),
        file(std::move(in_file)),
        hint(std::move(in_hint)),
        excerpt(std::move(in_excerpt)),
        line(in_line),
        column(in_column),
        width(in_width),
        excerpt_column(in_excerpt_column > 0 ? in_excerpt_column : in_column) {}
  std::string file, hint;
  std::string excerpt;  ///< the line's text (shortened around the column when long)
  std::int64_t line, column;
  std::int64_t width;           ///< bytes that the caret underlines
  std::int64_t excerpt_column;  ///< the caret's place in `excerpt` (`column` unless shortened)
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
