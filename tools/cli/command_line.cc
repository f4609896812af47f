#include "cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "cli/output/text.h"

namespace crossent::cli {

std::string sh_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string shell_word(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) ||
           std::string_view("_-+./:,=@%").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (escape(text) == text)
    return !text.empty() && std::all_of(text.begin(), text.end(), plain) ? text : sh_quoted(text);
  std::string out = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return out + "'";
}

std::string resume_command(const std::vector<std::string>& arguments,
                           const std::string& checkpoint) {
  std::string out = "crossent";
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  for (auto at = arguments.begin(); at != end; ++at) {
    if (*at == "--resume")
      ++at;  // and its value, which the parser has made sure of
    else if (!at->starts_with("--resume="))
      out += " " + shell_word(*at);
  }
  out += " --resume " + shell_word(checkpoint);
  for (auto at = end; at != arguments.end(); ++at) out += " " + shell_word(*at);
  return out;
}

}  // namespace crossent::cli
