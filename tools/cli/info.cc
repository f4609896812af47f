// `crossent info`: what this program is and what it runs on.
#include <fmt/format.h>

#include <CLI/Version.hpp>

#include "cli/output/json.h"
#include "cli/output/text.h"
#include "cli/verb.h"
#include "crossent/cpu.h"
#include "crossent/version.h"

namespace crossent::cli {
namespace {

struct Library {
  const char* name;
  const char* version;
};
constexpr Library kLibraries[] = {{"highway", CROSSENT_HIGHWAY_VERSION},
                                  {"openmp", CROSSENT_OPENMP_VERSION},
                                  {"zlib", CROSSENT_ZLIB_VERSION},
                                  {"zstd", CROSSENT_ZSTD_VERSION},
                                  {"cli11", CLI11_VERSION},
                                  {"fmt", CROSSENT_FMT_VERSION},
                                  {"nlohmann-json", CROSSENT_JSON_VERSION}};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class InfoVerb : public Verb {
 public:
  void declare(Options&) override {}

  int run(Context& context) override {
    const int threads = context.threads > 0 ? context.threads : default_threads();
    if (context.json) {
      Json object = json_head("info");
      object["version"] = version();
      object["simd"] = simd_target();
      object["simd_available"] = simd_targets();
      object["threads"] = threads;
      object["compiler"] = CROSSENT_COMPILER;
      for (const Library& library : kLibraries) object["libraries"][library.name] = library.version;
      context.out = json_line(object);
      return 0;
    }
    Table table({true, true});
    table.add({"SIMD target", fmt::format("{} (of {})", simd_target(), joined(simd_targets()))});
    table.add({"threads", std::to_string(threads)});
    table.add({"compiler", CROSSENT_COMPILER});
    for (const Library& library : kLibraries) table.add({library.name, library.version});
    context.out = fmt::format("crossent {} computes on {} with {}.\n", version(), simd_target(),
                              counted(threads, "thread")) +
                  table.text();
    return 0;
  }
};

}  // namespace

VerbInfo info_verb() {
  return {
      "info",
      "[--json]",
      "version, SIMD targets, threads, libraries",
      "Prints what this program is and what it runs on. --simd TARGET (or CROSSENT_SIMD) chooses "
      "the SIMD target, --threads N (or OMP_NUM_THREADS) the number of threads.",
      {},
      {{"crossent info --json", "the same for a program"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<InfoVerb>()); }};
}

}  // namespace crossent::cli
