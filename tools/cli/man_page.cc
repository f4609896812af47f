// The manual page, from the registry and the option tables.
#include <fmt/format.h>

#include "cli/help.h"
#include "crossent/version.h"

namespace crossent::cli {
namespace {

// Text for troff: hyphens that stay hyphens, no control lines, no escapes.
std::string troff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else
      out += c;
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string option_entry(const OptionInfo& info) {
  std::string names;
  for (auto name = info.names.rbegin(); name != info.names.rend(); ++name)
    names += (names.empty() ? "\\fB" : ", \\fB") + troff(*name) + "\\fR";
  if (info.form == OptionInfo::Form::positional) names = "";
  if (!info.metavar.empty())
    names += (names.empty() ? "\\fI" : " \\fI") + troff(info.metavar) + "\\fR";
  return ".TP\n" + names + "\n" + troff(info.full_help()) + "\n";
}

std::string section_of(const VerbInfo& verb, const VerbOptions& table) {
  std::string out = fmt::format(".SH {}\n.B crossent {}\n{}\n.PP\n{}\n", verb.name, verb.name,
                                troff(verb.usage), troff(verb.text));
  std::string group;
  for (std::size_t k = 0; k < table.own; ++k) {
    const OptionInfo& info = *table.options.table()[k];
    if (info.group != group) out += ".SS " + troff(info.group) + "\n";
    group = info.group;
    out += option_entry(info);
  }
  for (const Example& example : verb.examples)
    out += fmt::format(".PP\n.B {}\n.br\n{}\n", troff(example.command), troff(example.meaning));
  return out;
}

}  // namespace

std::string man_page() {
  std::string out = fmt::format(
      ".TH CROSSENT 1 \"\" \"crossent {}\" \"User Commands\"\n.SH NAME\ncrossent \\- "
      "cross\\-entropy: "
      "exactly, fast, and what the number means\n.SH SYNOPSIS\n.B crossent\n.I VERB\n[OPTIONS]\n"
      ".SH DESCRIPTION\nResults are printed on standard output; notes, progress and errors on "
      "standard error. Losses are in nats unless a unit is named.\n",
      version());
  for (const VerbInfo& verb : verbs()) out += section_of(verb, VerbOptions(verb));
  out += ".SH COMMON OPTIONS\n";
  const VerbOptions any(verbs().front());
  for (std::size_t k = any.own; k < any.options.table().size(); ++k)
    out += option_entry(*any.options.table()[k]);
  out +=
      ".SH EXIT STATUS\n0 ok; 1 a check that was asked for failed; 2 usage; 3 bad data; 4 input or "
      "output; 5 numerical failure; 130 interrupted.\n"
      ".SH ENVIRONMENT\n.TP\n.B CROSSENT_SIMD\nthe SIMD target (see crossent info)\n.TP\n"
      ".B OMP_NUM_THREADS\nthe number of threads\n.TP\n.B NO_COLOR\nno colour\n";
  return out;
}

}  // namespace crossent::cli
