#include "cli/output/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "cli/errors.h"
#include "cli/output/text.h"
#include "crossent/error.h"

namespace crossent::cli {
namespace {

std::string paint(std::string_view text, const char* code, bool color) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

// Escapes what it is given: escaping twice changes nothing.
std::string head(std::string_view place, std::string_view kind, std::string_view what, bool color) {
  const std::string where = place.empty() ? "crossent: " : fmt::format("crossent: {}: ", place);
  return where + paint(kind, kind == "error:" ? "1;31" : "1;36", color) + " " + escape(what) + "\n";
}

std::string hint_line(std::string_view hint, bool color) {
  if (hint.empty()) return "";
  return fmt::format("  {} {}\n", paint("hint:", "1;36", color), escape(hint));
}

// The text, shortened around [begin, begin + width) to a line of a screen, and ^~~ under that part.
std::string underline(std::string_view text, std::size_t begin, std::size_t width,
                      std::string_view before_text, std::string_view before_caret, bool color) {
  constexpr std::size_t kAround = 60;
  begin = std::min(begin, text.size());
  width = std::min(width, text.size() - begin);
  const auto inside = [&](std::size_t i) {
    return i > 0 && i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  std::size_t from = begin > kAround ? begin - kAround : 0;
  std::size_t to = std::min(text.size(), begin + kAround);
  while (inside(from)) --from;
  while (inside(to)) ++to;
  width = std::min(width, to - begin);
  const std::string left = (from > 0 ? "..." : "") + escape(text.substr(from, begin - from));
  const std::string middle = escape(text.substr(begin, to - begin));
  const std::size_t marked = display_width(escape(text.substr(begin, width)));
  std::string tildes(marked > 1 ? marked - 1 : 0, '~');
  return fmt::format("{}{}{}{}\n{}{}{}\n", before_text, left, middle, to < text.size() ? "..." : "",
                     before_caret, std::string(display_width(left), ' '),
                     paint("^" + tildes, "1;32", color));
}

std::string refused(const Refusal& e, std::string_view verb, bool color) {
  std::string text = head(verb, "error:", e.what(), color);
  if (!e.excerpt.label.empty()) {
    const std::string label = "  " + escape(e.excerpt.label) + " ";
    text += underline(e.excerpt.text, e.excerpt.begin, e.excerpt.width, label,
                      std::string(display_width(label), ' '), color);
  }
  return text + hint_line(e.hint, color);
}

std::string in_file(const DataError& e, std::string_view verb, bool color) {
  std::string place = e.file.empty() ? std::string(verb) : escape(e.file);
  if (e.line > 0) place += fmt::format(":{}", e.line);
  if (e.line > 0 && e.column > 0) place += fmt::format(":{}", e.column);
  std::string text = head(place, "error:", e.what(), color);
  if (!e.excerpt.empty() && e.line > 0) {
    const std::string label = fmt::format("  {} | ", e.line);
    const std::string blank = std::string(label.size() - 2, ' ') + "| ";
    const auto begin = static_cast<std::size_t>(std::max<std::int64_t>(e.excerpt_column - 1, 0));
    text +=
        underline(e.excerpt, begin, static_cast<std::size_t>(std::max<std::int64_t>(e.width, 1)),
                  label, blank, color);
  }
  text += hint_line(e.hint, color);
  if (const auto* read = dynamic_cast<const BadRow*>(&e))
    text += fmt::format("  ({} read; exit {})\n", counted(read->good_rows, "good row"),
                        exit_code::kBadData);
  return text;
}

// "[op] argument[0] = 2 is ..." -> "argument[0] = 2 is ...": the verb says where we are.
std::string_view without_op(std::string_view what) {
  if (what.starts_with('[')) {
    const std::size_t end = what.find("] ");
    if (end != std::string_view::npos) what.remove_prefix(end + 2);
  }
  return what;
}

}  // namespace

Diagnostic diagnose(const std::exception& e, std::string_view verb, bool color) {
  if (const auto* refusal = dynamic_cast<const Refusal*>(&e))
    return {refused(*refusal, verb, color), refusal->code};
  if (const auto* data = dynamic_cast<const DataError*>(&e))
    return {in_file(*data, verb, color), exit_code::kBadData};
  if (dynamic_cast<const Interrupted*>(&e))
    return {head(verb, "error:", e.what(), color), exit_code::kInterrupted};
  if (dynamic_cast<const ValueError*>(&e))
    return {head(verb, "error:", without_op(e.what()), color), exit_code::kBadData};
  if (dynamic_cast<const IoError*>(&e))
    return {head(verb, "error:", e.what(), color), exit_code::kIo};
  if (dynamic_cast<const NumericalError*>(&e))
    return {head(verb, "error:", without_op(e.what()), color), exit_code::kNumerical};
  if (dynamic_cast<const std::bad_alloc*>(&e))
    return {head(verb, "error:", "not enough memory", color), exit_code::kIo};
  return {head(verb, "error:", fmt::format("internal error: {}", e.what()), color) +
              hint_line("this is a fault of crossent: please report it with the command", color),
          exit_code::kNumerical};
}

std::string note_line(std::string_view verb, std::string_view text, bool color) {
  return head(verb, "note:", text, color);
}

}  // namespace crossent::cli
