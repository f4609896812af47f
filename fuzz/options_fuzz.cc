// Runs the program in-process on any command line: it never throws, prints or exits, and says
// nothing on stdout when it refuses. The input is the arguments, one a line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/run.h"

namespace {

// Files stay out of reach: nothing is written, and no device is read without end.
bool touches_files(const std::vector<std::string>& args) {
  return std::any_of(args.begin(), args.end(), [](const std::string& arg) {
    return arg == "eval" || arg.starts_with("-o") || arg.starts_with("--output") ||
           arg.starts_with("--threads");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> args(1);
  for (std::size_t i = 0; i < size && size < 4096; ++i) {
    if (data[i] == '\n')
      args.emplace_back();
    else if (data[i] != 0)  // no argument holds a NUL
      args.back() += static_cast<char>(data[i]);
  }
  if (touches_files(args)) return 0;
  const auto outcome = crossent::cli::run(args, crossent::cli::Terminal{});
  const bool known = outcome.code >= 0 && outcome.code <= 3;
  if (!known || (outcome.code > 1 && (!outcome.out.empty() || outcome.err.empty()))) std::abort();
  return 0;
}
