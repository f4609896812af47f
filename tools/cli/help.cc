#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/common.h"
#include "cli/output/text.h"
#include "crossent/version.h"

namespace crossent::cli {
namespace {

constexpr std::size_t kColumn = 26;  // where the help of an option begins

// Wraps `text` at blanks to lines of 79 columns, each after `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (width > 0 && indent + width + 1 + word.size() > 79) {
      out += "\n" + std::string(indent, ' ');
      width = 0;
    }
    if (width > 0) out += ' ';
    out += word;
    width += word.size() + (width > 0 ? 1 : 0);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string option_line(const OptionInfo& info) {
  std::string names;
  if (info.form == OptionInfo::Form::positional) {
    names = info.metavar;
  } else {
    const bool has_short = info.names.back().size() == 2;
    names = has_short ? info.names.back() + ", " : "    ";
    names += info.names.front();
    if (!info.metavar.empty()) names += " " + info.metavar;
  }
  std::string line = fmt::format("  {}", names);
  line += line.size() + 2 > kColumn ? "\n" + std::string(kColumn, ' ')
                                    : std::string(kColumn - line.size(), ' ');
  return line + wrap(info.full_help(), kColumn) + "\n";
}

std::string option_lines(const Options& options, std::size_t begin, std::size_t end) {
  std::string out, group;
  for (std::size_t k = begin; k < end; ++k) {
    const OptionInfo& info = *options.table()[k];
    if (info.group != group) out += "\n" + info.group + ":\n";
    group = info.group;
    out += option_line(info);
  }
  return out;
}

}  // namespace

VerbOptions::VerbOptions(const VerbInfo& info)
    : verb(info.make()), common(std::make_unique<CommonOptions>()) {
  options.set_verb(info.name);
  verb->declare(options);
  options.group("");
  own = options.table().size();
  common->declare(options);
}

VerbOptions::~VerbOptions() = default;

std::string overview(const Context& context) {
  const Style style(context);
  std::string out =
      style.bold(
          "crossent computes cross-entropy: exactly, fast, and says what the number means.") +
      "\n\nusage: crossent VERB [OPTIONS]\n\n";
  Table table({true, true});
  for (const VerbInfo& verb : verbs()) table.add({verb.name, verb.summary});
  out += table.text();
  out +=
      "\ntry: crossent loss --probs 0.20,0.70,0.10 --target 0,1,0 --steps\n"
      "     crossent help VERB      what a verb does, its options, examples\n"
      "     crossent --version\n"
      "\nexit codes: 0 ok, 1 a check you asked for failed, 2 usage, 3 bad data, 4 input or "
      "output,\n"
      "            5 numerical failure, 130 interrupted\n";
  return out;
}

std::string verb_help(const VerbInfo& info, const VerbOptions& table, const Context& context) {
  const Style style(context);
  const Options& options = table.options;
  std::string out =
      style.bold(fmt::format("crossent {}: {}", info.name, info.summary)) +
      "\n\nusage: " + wrap(fmt::format("crossent {} {}", info.name, info.usage), 7 + 9) + "\n\n" +
      wrap(info.text, 0) + "\n\n";
  if (table.own > 0) out += "options:\n" + option_lines(options, 0, table.own) + "\n";
  out += "common options:\n" + option_lines(options, table.own, options.table().size());
  if (!info.examples.empty()) out += "\nexamples:\n";
  for (const Example& example : info.examples)
    out += fmt::format("  $ {}\n      {}\n", example.command, wrap(example.meaning, 6));
  if (!info.aliases.empty()) {
    std::string names;
    for (const std::string& alias : info.aliases) names += (names.empty() ? "" : ", ") + alias;
    out += "\nalso called: " + names + "\n";
  }
  return out;
}

}  // namespace crossent::cli
