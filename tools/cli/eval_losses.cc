// Where --losses FILE may go.

#include "cli/errors.h"
#include "cli/eval.h"
#include "cli/files.h"

namespace crossent::cli {

void check_losses(const EvalSettings& settings) {
  const std::string& path = settings.losses;
  if (path.empty()) return;
  if (is_stdout(path))
    throw UsageError("--losses cannot go to standard output: the answer does",
                     "--losses FILE, then read the file");
  if (!is_plain_file(path)) return;
  std::vector<std::string> inputs = settings.files;
  if (detect_format(inputs.front()) != FileFormat::table)  // else they are columns
    inputs.insert(inputs.end(), {settings.label, settings.id, settings.weight, settings.group});
  for (const std::string& input : inputs)
    if (same_file(path, input))
      throw UsageError("--losses would replace the input " + input, "give --losses another file");
}

}  // namespace crossent::cli
