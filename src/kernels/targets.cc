#include "kernels/targets.h"

#include <cstddef>
#include <cstdint>

#include "hwy/targets.h"

namespace crossent::kernels {
namespace {

// Asked once, without the restriction that force_target (or a test) may have set.
const std::vector<std::int64_t>& targets() {
  static const std::vector<std::int64_t> all = hwy::SupportedAndGeneratedTargets();
  return all;
}

}  // namespace

const std::vector<std::string>& target_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const std::int64_t target : targets()) list.emplace_back(hwy::TargetName(target));
    return list;
  }();
  return names;
}

std::string target_name() { return hwy::TargetName(hwy::SupportedAndGeneratedTargets().front()); }

bool force_target(std::string_view name) {
  const std::vector<std::string>& names = target_names();
  std::int64_t mask = 0;  // Highway's word for all
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) mask = targets()[i];
  if (mask == 0 && !name.empty()) return false;
  // Despite its name the one call of 1.0.3 that restricts and also forgets the previous dispatch.
  hwy::SetSupportedTargetsForTest(mask);
  return true;
}

}  // namespace crossent::kernels
