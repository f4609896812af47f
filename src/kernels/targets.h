#pragma once
#include <string>
#include <string_view>
#include <vector>

// Which SIMD code runs: the only place besides the kernels that knows Highway.
namespace crossent::kernels {

/// The targets that were compiled and that this CPU runs, best first.
const std::vector<std::string>& target_names();

/// The target that the next kernel call takes.
std::string target_name();

/// Takes `name` from the next kernel call on, "" the best; false when it is none of target_names().
/// Highway keeps the choice for the whole process.
bool force_target(std::string_view name);

}  // namespace crossent::kernels
