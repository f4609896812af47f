#include "cli/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include "cli/errors.h"
#include "cli/output/text.h"

namespace crossent::cli {
namespace {

// What the path names at present, links followed; "-" is standard input.
std::optional<struct stat> status_of(const std::string& path) {
  struct stat s {};
  const int rc = path == "-" ? ::fstat(STDIN_FILENO, &s) : ::stat(path.c_str(), &s);
  return rc == 0 ? std::optional(s) : std::nullopt;
}

bool is_plain(const std::optional<struct stat>& s) { return s && S_ISREG(s->st_mode); }

bool same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

bool is_plain_file(const std::string& path) { return is_plain(status_of(path)); }

bool same_file(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  const auto first = status_of(a), second = status_of(b);
  if (is_plain(first) && is_plain(second)) return same(*first, *second);
  std::error_code error;
  const auto whole = [&](const std::string& p) {
    return std::filesystem::weakly_canonical(p, error);
  };
  return !first && whole(a) == whole(b);
}

bool is_stdout(const std::string& path) {
  const std::string_view names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
  if (std::count(std::begin(names), std::end(names), path) > 0) return true;
  const auto status = status_of(path);
  struct stat out {};
  return is_plain(status) && ::fstat(STDOUT_FILENO, &out) == 0 && same(*status, out);
}

std::string ending_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return ending;
}

void check_figure_name(const std::string& flag, const std::string& path) {
  const auto status = status_of(path);
  if (path == "-" || ending_of(path) == ".svg" || (status && !is_plain(status))) return;
  const std::string stem = std::filesystem::path(path).replace_extension(".svg").string();
  throw UsageError(flag + " " + escape(path) + ": figures are SVG, and their names end in .svg",
                   "as in " + flag + " " + escape(stem));
}

}  // namespace crossent::cli
