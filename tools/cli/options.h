#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace crossent::cli {

/// A value as it was typed, with the option that it belongs to ("--base"; a metavar if positional).
struct Value {
  std::string option;
  std::string text;
};

/// One row of the option table: help, man page and completions are made from it.
struct OptionInfo {
  enum class Form { flag, value, list, positional };
  Form form = Form::flag;
  std::vector<std::string> names;    ///< "--probs", "-o"; the first is the one that messages use
  std::vector<std::string> aliases;  ///< accepted, not shown in help
  std::string metavar;               ///< "P", "FILE"; "" for flags
  std::string help;
  std::vector<std::string> choices;  ///< the only values, if not empty
  std::string group;                 ///< heading in help; empty: "options"
  std::string values;                ///< what help adds of the accepted values, with no choices
  bool file = false;                 ///< the value is a file name (for completions)

  /// The help, with the accepted values where it does not name them itself.
  std::string full_help() const;
};

/// The options of one verb: declares them through CLI11, keeps the table, parses a command line.
/// References given must outlive parse().
class Options {
 public:
  Options();
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// `names` is a list as "-o,--output"; refine the row that is returned (aliases, choices, file).
  OptionInfo& flag(const std::string& names, bool& set, const std::string& help);
  /// One value; given twice it is refused.
  OptionInfo& value(const std::string& names, const std::string& metavar,
                    std::optional<Value>& value, const std::string& help);
  /// Numbers: may be repeated; blanks may separate them, so following arguments that can only be
  /// numbers belong to it ("--probs 1 -inf 2" is one value, "1 -inf 2").
  OptionInfo& list(const std::string& names, const std::string& metavar, std::vector<Value>& values,
                   const std::string& help);
  /// One value, may be repeated, each kept apart.
  OptionInfo& repeated(const std::string& names, const std::string& metavar,
                       std::vector<Value>& values, const std::string& help);
  /// Arguments without a flag.
  OptionInfo& positional(const std::string& metavar, std::vector<Value>& values,
                         const std::string& help);

  /// The heading under which help shows the options that are declared from here on.
  void group(const std::string& heading) { group_ = heading; }

  /// The verb that messages point to.
  void set_verb(const std::string& verb) { verb_ = verb; }
  /// UsageError for anything unknown, missing or given twice. Never prints, never exits.
  void parse(const std::vector<std::string>& args);

  const std::vector<std::unique_ptr<OptionInfo>>& table() const { return table_; }
  const OptionInfo* find(std::string_view name) const;

 private:
  struct Target;
  OptionInfo& add(OptionInfo info, Target target);
  std::vector<std::string> normalise(const std::vector<std::string>& args) const;
  void store(const Target& target, const OptionInfo& info, const std::vector<std::string>& texts);

  std::string example(const std::string& value) const;

  std::string verb_ = "VERB", group_;
  std::vector<std::unique_ptr<OptionInfo>> table_;
  std::vector<Target> targets_;
};

}  // namespace crossent::cli
