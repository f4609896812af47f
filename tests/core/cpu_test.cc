#include "crossent/cpu.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "crossent/error.h"
#include "hwy/targets.h"
#include "kernels/math.h"

namespace crossent {
namespace {

// First: the tests below choose.
TEST(Cpu, TargetIsTheOneOfTheEnvironment) {
  const char* asked = std::getenv("CROSSENT_SIMD");
  try {
    const std::string target = simd_target();
    std::printf("<%s>\n", target.c_str());
    EXPECT_EQ(target, asked != nullptr && *asked != 0 ? asked : simd_targets().front());
  } catch (const ValueError& e) {
    std::printf("<%s>\n", e.what());
    EXPECT_NE(asked, nullptr);
  }
}

TEST(Cpu, ListsGeneratedTargetsBestFirst) {
  set_simd_target("");
  const auto targets = simd_targets();
  ASSERT_FALSE(targets.empty());
  EXPECT_EQ(targets.front(), hwy::TargetName(hwy::SupportedAndGeneratedTargets().front()));
  EXPECT_EQ(std::count(targets.begin(), targets.end(), "SSSE3"), 0);  // not compiled
  const std::string fallback = targets.back();
  EXPECT_TRUE(targets.size() == 1 || fallback == "SCALAR" || fallback == "EMU128") << fallback;
}

TEST(Cpu, ForcedTargetIsTheOneThatTheNextDispatchTakes) {
  if (simd_targets().size() == 1) GTEST_SKIP() << "built for one target: nothing is dispatched";
  for (const std::string& name : simd_targets()) {
    set_simd_target(name);
    EXPECT_EQ(simd_target(), name);
    EXPECT_EQ(kernels::exp(0), 1);
    // Index of the dispatch table that kernels::exp has just taken.
    const auto index = hwy::GetChosenTarget().GetIndex();
    hwy::ChosenTarget expected;
    for (const auto target : hwy::SupportedAndGeneratedTargets())
      if (name == hwy::TargetName(target)) expected.Update(target);
    EXPECT_EQ(index, expected.GetIndex()) << name;
  }
  set_simd_target("");
  EXPECT_EQ(simd_target(), simd_targets().front());
}

TEST(Cpu, ListIsWholeWhileATargetIsForced) {
  const auto all = simd_targets();
  set_simd_target(all.back());
  EXPECT_EQ(simd_targets(), all);
  set_simd_target("");
}

TEST(Cpu, UnknownTargetIsRefusedWithTheChoices) {
  try {
    set_simd_target("AVX9");
    FAIL() << "no throw";
  } catch (const ValueError& e) {
    EXPECT_NE(std::string(e.what()).find("AVX9"), std::string::npos);
    for (const std::string& name : simd_targets())
      EXPECT_NE(std::string(e.what()).find(name), std::string::npos) << e.what();
  }
  EXPECT_EQ(simd_target(), simd_targets().front());
}

TEST(Cpu, ThreadsAreOpenMPs) { EXPECT_EQ(default_threads(), omp_get_max_threads()); }

// Runs this program again under CROSSENT_SIMD = value: the variable is read at load.
std::string target_under(const std::string& value, const std::string& program) {
  const std::string command =
      "CROSSENT_SIMD=" + value + " " + program + " --gtest_filter='*OfTheEnvironment' 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string text;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) text += part.data();
  pclose(pipe);
  const auto begin = text.find('<'), end = text.find('>');
  return end == std::string::npos ? text : text.substr(begin + 1, end - begin - 1);
}

TEST(Cpu, EnvironmentVariableChoosesTheTarget) {
  const std::string program = testing::internal::GetArgvs().front();
  for (const std::string& name : simd_targets()) EXPECT_EQ(target_under(name, program), name);
  const std::string message = target_under("AVX9", program);
  EXPECT_NE(message.find("CROSSENT_SIMD = \"AVX9\""), std::string::npos) << message;
  EXPECT_NE(message.find(simd_targets().front()), std::string::npos) << message;
}

}  // namespace
}  // namespace crossent
