#pragma once
#include <exception>
#include <string>
#include <string_view>

namespace crossent::cli {

/// What stderr says of a failure, and the exit code.
struct Diagnostic {
  std::string text;
  int code = 0;
};

/// GNU form: "crossent: VERB: error: ..." or "crossent: FILE:LINE:COLUMN: error: ...", the text
/// with a caret under the fault, and a hint. `verb` may be empty.
Diagnostic diagnose(const std::exception& e, std::string_view verb, bool color);

/// "crossent: VERB: note: text".
std::string note_line(std::string_view verb, std::string_view text, bool color);

}  // namespace crossent::cli
