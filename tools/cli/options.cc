#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "cli/errors.h"
#include "cli/output/text.h"
#include "cli/suggest.h"

namespace crossent::cli {
namespace {

// CLI11 takes a first character of '[' for a list and joins "--x=" with the next argument. A mark
// in front of every value keeps it as it was typed.
constexpr char kMark = '=';

std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    parts.push_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  // The long name is the one to quote.
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.size() > 2 && b.size() <= 2; });
  return parts;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// Numbers, brackets and separators: what can only be a part of a list.
bool part_of_a_list(std::string_view arg) {
  std::size_t begin = 0;
  while (begin < arg.size()) {
    const std::size_t end = std::min(arg.find_first_of(" \t\n,;[]", begin), arg.size());
    std::string_view word = arg.substr(begin, end - begin);
    if (!word.empty()) {
      if (word.front() == '-' || word.front() == '+') word.remove_prefix(1);
      const bool number =
          !word.empty() && (word.front() == '.' || (word[0] >= '0' && word[0] <= '9'));
      if (!number && !same_word(word, "inf") && !same_word(word, "nan") &&
          !same_word(word, "infinity"))
        return false;
    }
    begin = end + 1;
  }
  return !arg.empty();
}

bool looks_like_flag(std::string_view arg) {
  return arg.size() > 1 && arg[0] == '-' && !part_of_a_list(arg);
}

}  // namespace

std::string OptionInfo::full_help() const {
  std::string all = values;
  bool named = true;
  for (const std::string& choice : choices) {
    all += (all.empty() ? "" : ", ") + choice;
    named = named && help.find(choice) != help.npos;
  }
  return all.empty() || (named && values.empty()) ? help : help + ": " + all;
}

struct Options::Target {
  bool* flag = nullptr;
  std::optional<Value>* one = nullptr;
  std::vector<Value>* many = nullptr;
};

Options::Options() = default;
Options::~Options() = default;

OptionInfo& Options::add(OptionInfo info, Target target) {
  info.group = group_;
  table_.push_back(std::make_unique<OptionInfo>(std::move(info)));
  targets_.push_back(target);
  return *table_.back();
}

OptionInfo& Options::flag(const std::string& names, bool& set, const std::string& help) {
  return add({OptionInfo::Form::flag, split_names(names), {}, "", help, {}, {}, {}, false}, {&set});
}

OptionInfo& Options::value(const std::string& names, const std::string& metavar,
                           std::optional<Value>& value, const std::string& help) {
  return add({OptionInfo::Form::value, split_names(names), {}, metavar, help, {}, {}, {}, false},
             {nullptr, &value});
}

OptionInfo& Options::list(const std::string& names, const std::string& metavar,
                          std::vector<Value>& values, const std::string& help) {
  return add({OptionInfo::Form::list, split_names(names), {}, metavar, help, {}, {}, {}, false},
             {nullptr, nullptr, &values});
}

OptionInfo& Options::repeated(const std::string& names, const std::string& metavar,
                              std::vector<Value>& values, const std::string& help) {
  return add({OptionInfo::Form::value, split_names(names), {}, metavar, help, {}, {}, {}, false},
             {nullptr, nullptr, &values});
}

OptionInfo& Options::positional(const std::string& metavar, std::vector<Value>& values,
                                const std::string& help) {
  return add({OptionInfo::Form::positional, {metavar}, {}, metavar, help, {}, {}, {}, false},
             {nullptr, nullptr, &values});
}

const OptionInfo* Options::find(std::string_view name) const {
  for (const auto& info : table_) {
    if (info->form == OptionInfo::Form::positional) continue;
    if (std::count(info->names.begin(), info->names.end(), name) > 0 ||
        std::count(info->aliases.begin(), info->aliases.end(), name) > 0)
      return info.get();
  }
  return nullptr;
}

// Every value is joined to its flag ("--probs 1 -inf 2" -> "--probs==1 -inf 2") and every other
// argument that is no flag is marked, so that CLI11 cannot take "-inf" for a flag or "[" for a
// list.
std::vector<std::string> Options::normalise(const std::vector<std::string>& args) const {
  std::vector<std::string> out, loose;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--") {
      loose.insert(loose.end(), args.begin() + static_cast<std::ptrdiff_t>(i) + 1, args.end());
      break;
    }
    if (!looks_like_flag(arg)) {
      loose.push_back(arg);
      continue;
    }
    const std::size_t equals = arg.find('=');
    std::string name = arg.substr(0, equals);
    const OptionInfo* info = find(name);
    std::optional<std::string> text;
    if (equals != std::string::npos) text = arg.substr(equals + 1);
    if (!info && name.size() > 2 && name[1] != '-') {  // -oFILE
      info = find(name.substr(0, 2));
      if (info && info->form == OptionInfo::Form::flag) info = nullptr;
      if (info) text = arg.substr(2);
    }
    if (!info) {
      std::vector<std::string> known;
      for (const auto& row : table_)
        if (row->form != OptionInfo::Form::positional) known.push_back(row->names.front());
      const std::string guess = did_you_mean(name, known);
      throw UsageError("unknown option '" + escape(name) + "'",
                       guess.empty() ? "crossent help " + verb_ + " lists the options" : guess);
    }
    const std::string& shown = info->names.front();
    if (info->form == OptionInfo::Form::flag) {
      if (text) throw UsageError("option " + shown + " takes no value");
      out.push_back(shown);
      continue;
    }
    if (!text && i + 1 < args.size() && args[i + 1] != "--" && !looks_like_flag(args[i + 1]))
      text = args[++i];
    if (!text && i + 1 < args.size() && args[i + 1] == "-") text = args[++i];
    if (!text || text->empty())
      throw UsageError("option " + shown + " needs a value",
                       "usage: " + shown + " " + info->metavar);
    if (info->form == OptionInfo::Form::list && part_of_a_list(*text))
      while (i + 1 < args.size() && part_of_a_list(args[i + 1])) *text += " " + args[++i];
    out.push_back(shown + "=" + kMark + *text);
  }
  if (!loose.empty()) out.push_back("--");
  for (const std::string& arg : loose) out.push_back(kMark + arg);
  return out;
}

void Options::store(const Target& target, const OptionInfo& info,
                    const std::vector<std::string>& texts) {
  const std::string& name = info.names.front();
  if (target.one && texts.size() > 1) throw UsageError("option " + name + " is given twice");
  for (const std::string& marked : texts) {
    const std::string text = marked.substr(1);
    if (!info.choices.empty() && std::count(info.choices.begin(), info.choices.end(), text) == 0) {
      std::string all;
      for (const std::string& choice : info.choices) all += (all.empty() ? "" : ", ") + choice;
      const std::string guess = did_you_mean(text, info.choices);
      const bool loose = info.form == OptionInfo::Form::positional;
      throw UsageError((loose ? "" : name + " ") + "'" + escape(text) + "' is none of: " + all,
                       guess);
    }
    if (target.one) *target.one = Value{name, text};
    if (target.many) target.many->push_back({name, text});
  }
}

// Where a value without an option may belong: to the first one that takes numbers.
std::string Options::example(const std::string& value) const {
  const auto takes = [](const auto& info) {
    return info->form == OptionInfo::Form::list ||
           (info->form == OptionInfo::Form::value && info->metavar == "L");
  };
  const auto first = std::find_if(table_.begin(), table_.end(), takes);
  if (first == table_.end()) return "";
  const bool list = (*first)->form == OptionInfo::Form::list;
  return "values follow an option, as in " + (*first)->names.front() + " " +
         (part_of_a_list(value) ? value
          : list                ? "0.2,0.7,0.1"
                                : "0.5");
}

void Options::parse(const std::vector<std::string>& args) {
  CLI::App app;
  app.set_help_flag();
  std::vector<CLI::Option*> declared;
  for (std::size_t k = 0; k < table_.size(); ++k) {
    const OptionInfo& info = *table_[k];
    const bool loose = info.form == OptionInfo::Form::positional;
    const std::string name = loose ? "positional" : info.names.front();
    if (info.form == OptionInfo::Form::flag) {
      declared.push_back(app.add_flag(name));
    } else {
      CLI::Option* option = app.add_option(name);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
      option->expected(loose ? -1 : 1);
      declared.push_back(option);
    }
  }
  std::vector<std::string> normal = normalise(args);
  const auto first_loose = std::find(normal.begin(), normal.end(), "--");
  const bool takes_loose = std::any_of(table_.begin(), table_.end(), [](const auto& info) {
    return info->form == OptionInfo::Form::positional;
  });
  if (first_loose != normal.end() && !takes_loose) {
    const std::string value = (first_loose + 1)->substr(1);
    throw UsageError("unexpected argument '" + escape(value) + "'", example(value));
  }
  std::reverse(normal.begin(), normal.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(normal));
  } catch (const CLI::Error& e) {
    throw UsageError(escape(e.what()));
  }
  for (std::size_t k = 0; k < table_.size(); ++k) {
    if (targets_[k].flag) {
      *targets_[k].flag = declared[k]->count() > 0;
      continue;
    }
    store(targets_[k], *table_[k], declared[k]->results());
  }
}

}  // namespace crossent::cli
