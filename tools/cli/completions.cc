// `crossent completions`: scripts for shells and the man page, made from the registry.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command_line.h"
#include "cli/errors.h"
#include "cli/help.h"
#include "cli/verb.h"
#include "crossent/version.h"

namespace crossent::cli {
namespace {

bool flag_like(const OptionInfo& info) { return info.form != OptionInfo::Form::positional; }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string verb_names() {
  std::vector<std::string> names = {"help"};
  for (const VerbInfo& verb : verbs()) names.push_back(verb.name);
  return joined(names);
}

// Options with choices: "--color) words='auto always never';;"
std::string bash_choices(const Options& options) {
  std::string out;
  for (const auto& info : options.table())
    if (flag_like(*info) && !info->choices.empty())
      out += fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return;;\n",
                         info->names.front(), joined(info->choices));
  return out;
}

std::string bash() {
  std::string cases, choices;
  for (const VerbInfo& verb : verbs()) {
    const VerbOptions table(verb);
    std::vector<std::string> words;
    for (const auto& info : table.options.table()) {
      if (flag_like(*info))
        words.push_back(info->names.front());
      else
        words.insert(words.end(), info->choices.begin(), info->choices.end());
    }
    cases += fmt::format("    {}) words='{}'; case \"$prev\" in\n{}      esac;;\n", verb.name,
                         joined(words), bash_choices(table.options));
  }
  return fmt::format(R"(# bash completion of crossent: source it, or put it into
# ~/.local/share/bash-completion/completions/crossent
_crossent() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" words=''
  if [ "$COMP_CWORD" = 1 ] || {{ [ "$COMP_CWORD" = 2 ] && [ "$prev" = help ]; }}; then
    COMPREPLY=($(compgen -W '{} --version --help' -- "$cur")); return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _crossent crossent
)",
                     verb_names(), cases);
}

std::string zsh_option(const OptionInfo& info) {
  std::string help = info.help, action;
  for (const char c : {'[', ']', ':'}) std::replace(help.begin(), help.end(), c, ' ');
  if (info.form != OptionInfo::Form::flag) {
    action = fmt::format(":{}:", info.metavar);
    if (!info.choices.empty()) action += "(" + joined(info.choices) + ")";
    if (info.file) action += "_files";
  }
  std::replace(action.begin(), action.end(), '|', ' ');
  const char* repeat = info.form == OptionInfo::Form::list ? "*" : "";
  return sh_quoted(fmt::format("{}{}[{}]{}", repeat, info.names.front(), help, action));
}

std::string zsh() {
  std::string list, cases;
  for (const VerbInfo& verb : verbs()) {
    std::string summary = verb.summary;
    std::replace(summary.begin(), summary.end(), ':', ' ');
    list += "    " + sh_quoted(fmt::format("{}:{}", verb.name, summary)) + "\n";
    const VerbOptions table(verb);
    cases += fmt::format("    {}) _arguments", verb.name);
    for (const auto& info : table.options.table()) {
      if (flag_like(*info)) {
        cases += " \\\n      " + zsh_option(*info);
      } else {
        const std::string action =
            info->choices.empty() ? "_files" : "(" + joined(info->choices) + ")";
        cases += " \\\n      " + sh_quoted("*:" + info->metavar + ":" + action);
      }
    }
    cases += ";;\n";
  }
  return fmt::format(R"(#compdef crossent
# zsh completion of crossent: put it as _crossent into a directory of $fpath
_crossent() {{
  local -a verbs
  verbs=(
{}    'help:what a verb does'
  )
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
  local verb=$words[2]
  (( CURRENT-- )); shift words
  case $verb in
{}    help) _describe verb verbs;;
  esac
}}
if [ "$funcstack[1]" = _crossent ]; then _crossent "$@"; else compdef _crossent crossent; fi
)",
                     list, cases);
}

std::string fish() {
  std::string out =
      "# fish completion of crossent: put it into ~/.config/fish/completions/crossent.fish\n"
      "complete -c crossent -f -n __fish_use_subcommand -l version -d 'print the version'\n";
  for (const VerbInfo& verb : verbs()) {
    out += fmt::format("complete -c crossent -f -n __fish_use_subcommand -a {} -d {}\n", verb.name,
                       sh_quoted(verb.summary));
    const VerbOptions table(verb);
    for (const auto& info : table.options.table()) {
      const std::string when =
          fmt::format("complete -c crossent -n '__fish_seen_subcommand_from {}'", verb.name);
      if (!flag_like(*info)) {
        if (!info->choices.empty())
          out += fmt::format("{} -f -a '{}'\n", when, joined(info->choices));
        continue;
      }
      out += when + " -l " + info->names.front().substr(2);
      if (info->names.back().size() == 2) out += " -s " + info->names.back().substr(1);
      if (info->form != OptionInfo::Form::flag) out += info->file ? " -r" : " -x";
      if (!info->choices.empty()) out += fmt::format(" -a '{}'", joined(info->choices));
      out += " -d " + sh_quoted(info->help) + "\n";
    }
  }
  return out;
}

class CompletionsVerb : public Verb {
 public:
  void declare(Options& options) override {
    options.positional("WHAT", what_, "a shell, or man for the manual page").choices = {
        "bash", "zsh", "fish", "man"};
  }

  int run(Context& context) override {
    if (what_.size() != 1) throw UsageError("name one: bash, zsh, fish or man");
    const std::string& what = what_.front().text;
    context.out = what == "bash"   ? bash()
                  : what == "zsh"  ? zsh()
                  : what == "fish" ? fish()
                                   : man_page();
    return 0;
  }

 private:
  std::vector<Value> what_;
};

}  // namespace

VerbInfo completions_verb() {
  return {"completions",
          "bash|zsh|fish|man",
          "completion script of a shell, or the man page",
          "Prints a completion script, or the manual page in troff; both are made from the options "
          "of this very program.",
          {},
          {{"crossent completions bash > ~/.local/share/bash-completion/completions/crossent",
            "completion in bash"},
           {"crossent completions man | man -l -", "the manual page"}},
          [] { return std::unique_ptr<Verb>(std::make_unique<CompletionsVerb>()); }};
}

}  // namespace crossent::cli
