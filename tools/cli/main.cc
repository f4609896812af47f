// The program crossent: everything is in run(), which tests and fuzzers call too.
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/output/sink.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  using namespace crossent::cli;
  keep_standard_descriptors();
  install_signal_handlers();
  const Terminal terminal = Terminal::detect();
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  return print(run(args, terminal, {write_stdout, write_stderr}), terminal);
}
