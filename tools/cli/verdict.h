#pragma once
#include <string>

#include "cli/output/text.h"
#include "crossent/explain.h"

namespace crossent::cli {

/// The sentence that `explain` begins with: "Better than guessing, still unsure: ...".
std::string verdict(const Style& style, const Explanation& x);

}  // namespace crossent::cli
