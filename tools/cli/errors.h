#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "crossent/error.h"

// What a verb throws, and the exit code that each kind of failure has.
namespace crossent::cli {

namespace exit_code {
inline constexpr int kOk = 0;
inline constexpr int kCheckFailed = 1;  ///< a check that was asked for failed
inline constexpr int kUsage = 2;
inline constexpr int kBadData = 3;
inline constexpr int kIo = 4;
inline constexpr int kNumerical = 5;
inline constexpr int kInterrupted = 130;
}  // namespace exit_code

/// A part of a text of the command line, underlined in the message: `label` is printed before it.
struct Excerpt {
  std::string label;  ///< "--probs"; empty: no excerpt
  std::string text;
  std::size_t begin = 0, width = 0;  ///< bytes of `text`
};

/// A refusal of what was typed. `hint` says what to do (may be empty).
struct Refusal : std::runtime_error {
  Refusal(int in_code, const std::string& what, std::string in_hint, Excerpt in_excerpt)
      : std::runtime_error(what),
        code(in_code),
        hint(std::move(in_hint)),
        excerpt(std::move(in_excerpt)) {}
  int code;
  std::string hint;
  Excerpt excerpt;
};

/// An option is wrong: exit code 2.
struct UsageError : Refusal {
  explicit UsageError(const std::string& what, std::string in_hint = {}, Excerpt in_excerpt = {})
      : Refusal(exit_code::kUsage, what, std::move(in_hint), std::move(in_excerpt)) {}
};

/// A value given on the command line is bad data: exit code 3.
struct InputError : Refusal {
  explicit InputError(const std::string& what, std::string in_hint = {}, Excerpt in_excerpt = {})
      : Refusal(exit_code::kBadData, what, std::move(in_hint), std::move(in_excerpt)) {}
};

/// A row of a file is wrong, after `good_rows` that were read: exit code 3.
struct BadRow : DataError {
  BadRow(const DataError& e, const std::string& in_hint, std::int64_t in_good_rows)
      : DataError(e.what(), e.file, e.line, e.column, in_hint, e.excerpt, e.width,
                  e.excerpt_column),
        good_rows(in_good_rows) {}
  std::int64_t good_rows;
};

/// The user pressed Ctrl-C: exit code 130.
struct Interrupted : std::runtime_error {
  explicit Interrupted(const std::string& what = "interrupted") : std::runtime_error(what) {}
};

}  // namespace crossent::cli
