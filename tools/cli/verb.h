#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "cli/options.h"

namespace crossent::cli {

/// One run of a verb: its options are its members.
class Verb {
 public:
  virtual ~Verb() = default;
  virtual void declare(Options& options) = 0;
  /// Fills context.out and context.notes and returns the exit code, or throws (cli/errors.h, and
  /// what the library throws).
  virtual int run(Context& context) = 0;
};

struct Example {
  const char* command;
  const char* meaning;
};

/// A row of the registry.
struct VerbInfo {
  const char* name;
  const char* usage;    ///< what follows the name: "--probs P | --logits Z ..."
  const char* summary;  ///< one line, for the list of verbs
  const char* text;     ///< a paragraph, for the help of the verb
  std::vector<std::string> aliases;
  std::vector<Example> examples;
  std::unique_ptr<Verb> (*make)();
};

/// Every verb, in the order in which help lists them.
std::span<const VerbInfo> verbs();
/// By name or alias; nullptr if there is none.
const VerbInfo* find_verb(std::string_view name);

// A verb's file defines its row; registry.cc lists the rows.
VerbInfo loss_verb();
VerbInfo entropy_verb();
VerbInfo joint_verb();
VerbInfo explain_verb();
VerbInfo curve_verb();
VerbInfo eval_verb();
VerbInfo train_verb();
VerbInfo predict_verb();
VerbInfo info_verb();
VerbInfo completions_verb();

}  // namespace crossent::cli
