// Runs the program in-process on any command line: it never throws, prints or exits, and says
// nothing on stdout when it refuses. The input is the arguments, one a line. A command line that
// could reach a file or start threads is parsed only.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/errors.h"
#include "cli/eval.h"
#include "cli/run.h"

namespace {

using Words = std::vector<std::string>;

// Files stay out of reach: nothing is written, and no device is read without end.
bool touches_files(const Words& args) {
  return std::any_of(args.begin(), args.end(), [](const std::string& arg) {
    return arg == "eval" || arg == "train" || arg == "predict" || arg.starts_with("-o") ||
           arg.starts_with("--output") || arg.starts_with("--threads");
  });
}

// What eval does with the text of --fail-if.
void parse_checks(const Words& args) {
  for (const std::string& arg : args) {
    try {
      crossent::cli::parse_check(arg);
    } catch (const crossent::cli::Refusal&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Words args(1);
  for (std::size_t i = 0; i < size && size < 4096; ++i) {
    if (data[i] == '\n')
      args.emplace_back();
    else if (data[i] != 0)  // no argument holds a NUL
      args.back() += static_cast<char>(data[i]);
  }
  const crossent::cli::Terminal terminal;
  const bool parse_only = touches_files(args);
  const auto outcome =
      parse_only ? crossent::cli::parse(args, terminal) : crossent::cli::run(args, terminal);
  const bool known = outcome.code >= 0 && outcome.code <= 3;
  if (!known || (outcome.code > 1 && (!outcome.out.empty() || outcome.err.empty()))) std::abort();
  if (parse_only) parse_checks(args);
  return 0;
}
