// Where --losses FILE may go.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "cli/errors.h"
#include "cli/eval.h"

namespace crossent::cli {
namespace {

// What the path names at present, links followed; "-" is standard input.
std::optional<struct stat> status_of(const std::string& path) {
  struct stat s {};
  const int rc = path == "-" ? ::fstat(STDIN_FILENO, &s) : ::stat(path.c_str(), &s);
  return rc == 0 ? std::optional(s) : std::nullopt;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool is_stdout(const std::string& path) {
  const std::string_view names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
  if (std::count(std::begin(names), std::end(names), path) > 0) return true;
  const auto losses = status_of(path);
  struct stat out {};
  return losses && S_ISREG(losses->st_mode) && ::fstat(STDOUT_FILENO, &out) == 0 &&
         same_file(*losses, out);
}

}  // namespace

void check_losses(const EvalSettings& settings) {
  const std::string& path = settings.losses;
  if (path.empty()) return;
  if (is_stdout(path))
    throw UsageError("--losses cannot go to standard output: the answer does",
                     "--losses FILE, then read the file");
  const auto losses = status_of(path);
  if (!losses || !S_ISREG(losses->st_mode)) return;
  std::vector<std::string> inputs = settings.files;
  if (detect_format(inputs.front()) != FileFormat::table)  // else they are columns
    inputs.insert(inputs.end(), {settings.label, settings.id, settings.weight, settings.group});
  for (const std::string& input : inputs) {
    const auto status = status_of(input);
    if (status && same_file(*losses, *status))
      throw UsageError("--losses would replace the input " + input, "give --losses another file");
  }
}

}  // namespace crossent::cli
