#include "cli/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "cli/common.h"
#include "cli/errors.h"
#include "cli/help.h"
#include "cli/output/diagnostic.h"
#include "cli/output/sink.h"
#include "cli/output/text.h"
#include "cli/suggest.h"
#include "cli/verb.h"
#include "crossent/error.h"
#include "crossent/version.h"

namespace crossent::cli {
namespace {

const VerbInfo& verb_named(const std::string& word) {
  // "log loss" is "log-loss".
  std::string name = word;
  std::replace(name.begin(), name.end(), ' ', '-');
  if (const VerbInfo* info = find_verb(name)) return *info;
  std::vector<std::string> names;
  for (const VerbInfo& verb : verbs()) {
    names.push_back(verb.name);
    names.insert(names.end(), verb.aliases.begin(), verb.aliases.end());
  }
  const std::string guess = did_you_mean(name, names);
  throw UsageError("unknown verb '" + escape(word) + "'",
                   guess.empty() ? "crossent help lists the verbs" : guess);
}

// Common options may stand before the verb: they move behind it. Returns the verb's word.
std::string take_verb(std::vector<std::string>& args) {
  Options common_table;
  CommonOptions common;
  common.declare(common_table);
  std::vector<std::string> before;
  while (!args.empty() && args.front().starts_with('-')) {
    const std::string arg = args.front();
    const OptionInfo* info = common_table.find(arg.substr(0, arg.find('=')));
    if (!info) break;
    const bool takes_next = info->form != OptionInfo::Form::flag && arg.find('=') == arg.npos;
    const std::size_t count = std::min<std::size_t>(takes_next ? 2 : 1, args.size());
    before.insert(before.end(), args.begin(), args.begin() + static_cast<std::ptrdiff_t>(count));
    args.erase(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (args.empty()) {
    const bool help = before.size() == 1 && (before[0] == "--help" || before[0] == "-h");
    return help || before.empty() ? ""
                                  : throw UsageError("no verb given", "crossent help lists them");
  }
  std::string verb = args.front();
  args.erase(args.begin());
  // "log loss", two words, is a verb too.
  if (!args.empty() && !find_verb(verb) && find_verb(verb + "-" + args.front())) {
    verb += "-" + args.front();
    args.erase(args.begin());
  }
  args.insert(args.begin(), before.begin(), before.end());
  return verb;
}

void help(std::vector<std::string> args, Context& context) {
  args.erase(std::remove_if(args.begin(), args.end(),
                            [](const auto& a) { return a == "--help" || a == "-h"; }),
             args.end());
  if (args.empty()) {
    context.out = overview(context);
    return;
  }
  const VerbInfo& info = verb_named(args.front());
  context.out = verb_help(info, VerbOptions(info), context);
}

int dispatch(std::vector<std::string> args, Context& context, std::string& verb, bool only_parse) {
  context.arguments = args;
  if (!args.empty() && (args[0] == "--version" || args[0] == "-V")) {
    context.out = fmt::format("crossent {}\n", version());
    return exit_code::kOk;
  }
  context.color = context.terminal.stdout_is_tty && !context.terminal.no_color;
  const std::string word = take_verb(args);
  if (word.empty()) {
    context.out = overview(context);
    return exit_code::kOk;
  }
  if (word == "help") {
    help(std::move(args), context);
    return exit_code::kOk;
  }
  if (word.size() > 1 && word[0] == '-') {
    const std::vector<std::string> known = {"--json",  "--digits", "--threads", "--simd",
                                            "--color", "--help",   "--version"};
    const std::string guess = did_you_mean(word, known);
    throw UsageError(
        "unknown option '" + escape(word) + "' before the verb",
        guess.empty() ? "options of a verb follow it: crossent VERB " + escape(word) : guess);
  }
  const VerbInfo& info = verb_named(word);
  verb = info.name;
  VerbOptions table(info);
  const auto end = std::find(args.begin(), args.end(), "--");
  if (std::find(args.begin(), end, "--help") != end || std::find(args.begin(), end, "-h") != end) {
    context.out = verb_help(info, table, context);
    return exit_code::kOk;
  }
  table.options.parse(args);
  if (only_parse) return exit_code::kOk;
  table.common->apply(context);
  return table.verb->run(context);
}

Outcome outcome_of(const std::vector<std::string>& args, const Terminal& terminal, const Live& live,
                   bool only_parse) {
  Context context;
  context.terminal = terminal;
  Outcome outcome;
  std::string verb;
  const bool color_err = terminal.stderr_is_tty && !terminal.no_color;
  const auto notes = [&] {
    std::string lines;
    for (const std::string& note : std::exchange(context.notes, {}))
      lines += note_line(verb, note, color_err);
    return lines;
  };
  if (live.out)
    context.live = [&](Context& c) {
      live.err(notes());
      return live.out(std::exchange(c.out, {}));
    };
  try {
    outcome.code = dispatch(args, context, verb, only_parse);
    outcome.out = std::move(context.out);
    outcome.err = notes();
  } catch (const std::exception& e) {
    const auto* io = dynamic_cast<const IoError*>(&e);
    if (io && io->code() == std::errc::broken_pipe) return outcome;  // -o - | head: a quiet end
    const bool stopped = io && io->code() == std::errc::interrupted;
    const Diagnostic d =
        stopped ? diagnose(Interrupted(), verb, color_err) : diagnose(e, verb, color_err);
    outcome = {d.code, "", d.text};
  }
  return outcome;
}

}  // namespace

Outcome run(const std::vector<std::string>& args, const Terminal& terminal, const Live& live) {
  return outcome_of(args, terminal, live, false);
}

Outcome parse(const std::vector<std::string>& args, const Terminal& terminal) {
  return outcome_of(args, terminal, {}, true);
}

int print(const Outcome& outcome, const Terminal& terminal) {
  try {
    write_stdout(outcome.out);
    write_stderr(outcome.err);
    return outcome.code;
  } catch (const std::exception& e) {
    const Diagnostic d = diagnose(e, "", terminal.stderr_is_tty && !terminal.no_color);
    write_stderr(outcome.err + d.text);
    return d.code;
  }
}

}  // namespace crossent::cli
