#pragma once
#include <string>

#include "cli/context.h"
#include "cli/verb.h"

// Help, man page and completions: all from the registry and the option tables.
namespace crossent::cli {

/// The option table of a verb, the common options included.
struct VerbOptions {
  explicit VerbOptions(const VerbInfo& info);
  ~VerbOptions();
  std::unique_ptr<Verb> verb;
  std::unique_ptr<class CommonOptions> common;
  Options options;
  std::size_t own = 0;  ///< rows of options.table() that are the verb's own
};

std::string overview(const Context& context);
std::string verb_help(const VerbInfo& info, const VerbOptions& table, const Context& context);
std::string man_page();

}  // namespace crossent::cli
