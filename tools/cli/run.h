#pragma once
#include <string>
#include <vector>

#include "cli/context.h"

namespace crossent::cli {

/// What a command line came to; nothing has been printed.
struct Outcome {
  int code = 0;
  std::string out, err;
};

/// Runs a command line (without the program's name). Never throws, prints or exits. Verbs that run
/// long hand text to `live` as it comes; without it all text is in the outcome.
Outcome run(const std::vector<std::string>& args, const Terminal& terminal, const Live& live = {});

/// The same without running the verb: what is wrong with its options. No file is touched.
Outcome parse(const std::vector<std::string>& args, const Terminal& terminal);

/// Prints an outcome and returns the exit code; a failed write makes it 4.
int print(const Outcome& outcome, const Terminal& terminal);

}  // namespace crossent::cli
