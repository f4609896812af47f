#pragma once
#include <optional>
#include <string>

#include "case.h"

namespace cases {

/// The outcome of a case, or nothing and the refusal's message.
struct Computed {
  std::optional<Outcome> outcome;
  std::string refusal;
};

/// Whether `computed` is what `expected` allows: relative `tol`, absolute where 0 is expected.
bool matches(const Json& expected, const Computed& computed, double tol);

/// A short text for the report, 17 digits.
std::string shown(const Computed& computed);

}  // namespace cases
