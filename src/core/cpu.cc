#include "crossent/cpu.h"

#include <omp.h>

#include <cstdlib>

#include "core/refuse.h"
#include "kernels/targets.h"

namespace crossent {
namespace {

// A value of CROSSENT_SIMD that names no target. It is reported by simd_target(): the library is
// still being loaded when it is met.
std::string& refused_environment() {
  static std::string value;
  return value;
}

// At load, so that every kernel call finds the choice made and none has to ask.
const bool environment_was_read = [] {
  const char* name = std::getenv("CROSSENT_SIMD");
  kernels::target_names();  // before the choice restricts what Highway reports
  if (name != nullptr && !kernels::force_target(name)) refused_environment() = name;
  return true;
}();

[[noreturn]] void refuse_target(std::string_view argument, std::string_view name) {
  std::string what(argument);
  what.append(" = \"").append(name).append("\" is none of this machine's targets:");
  for (const std::string& known : kernels::target_names()) what.append(" ").append(known);
  refuse("simd_target", argument, what);
}

}  // namespace

std::vector<std::string> simd_targets() { return kernels::target_names(); }

std::string simd_target() {
  if (!refused_environment().empty()) refuse_target("CROSSENT_SIMD", refused_environment());
  return kernels::target_name();
}

void set_simd_target(std::string_view name) {
  if (!kernels::force_target(name)) refuse_target("name", name);
  refused_environment().clear();
}

int default_threads() { return omp_get_max_threads(); }

}  // namespace crossent
