#include "cli/common.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "cli/errors.h"
#include "cli/output/text.h"
#include "cli/scalars.h"
#include "cli/suggest.h"
#include "crossent/cpu.h"
#include "crossent/error.h"

namespace crossent::cli {
namespace {

void select_target(const std::string& source, const std::string& name) {
  try {
    set_simd_target(name);
  } catch (const ValueError&) {
    std::string all;
    const auto targets = simd_targets();
    for (const std::string& target : targets) all += (all.empty() ? "" : ", ") + target;
    const std::string guess = nearest(name, targets);
    throw UsageError(
        source + " '" + escape(name) + "' is no SIMD target of this build and CPU",
        guess.empty() ? "one of: " + all : "did you mean '" + guess + "'? one of: " + all);
  }
}

}  // namespace

void CommonOptions::declare(Options& options) {
  options.flag("--json", json_, "print one JSON object");
  options.value("--digits", "N", digits_, "significant digits of every number, 1 to 17");
  options.value("--threads", "N", threads_,
                "threads to use (else OMP_NUM_THREADS, else all cores)");
  options.value("--simd", "TARGET", simd_, "SIMD target (else CROSSENT_SIMD, else the best)");
  options.value("--color", "WHEN", color_, "auto, always or never (auto: on a terminal)")
      .choices = {"auto", "always", "never"};
  options.flag("-h,--help", help_, "print this help");
}

void CommonOptions::apply(Context& context) const {
  context.json = json_;
  if (digits_) context.digits = static_cast<int>(integer_in(*digits_, 1, 17));
  if (threads_) context.threads = static_cast<int>(integer_in(*threads_, 1, 4096));
  const std::string color = color_ ? color_->text : "auto";
  const bool fit = context.terminal.stdout_is_tty && !context.terminal.no_color;
  context.color = color == "always" || (color == "auto" && fit);
  const char* environment = std::getenv("CROSSENT_SIMD");
  if (simd_)
    select_target(simd_->option, simd_->text);
  else if (environment && *environment)
    select_target("CROSSENT_SIMD", environment);
}

}  // namespace crossent::cli
