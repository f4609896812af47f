#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/options.h"

// Single numbers of the command line; all throw UsageError that names option, value and range.
namespace crossent::cli {

/// Decimal text as binary64, correctly rounded; "inf", "nan" with a sign. nullopt if it is none or
/// is too large (1e999); what is too small is 0.
std::optional<double> parse_real(std::string_view text);

double real(const Value& value);
/// In [low, high].
double real_in(const Value& value, double low, double high);
std::int64_t integer_in(const Value& value, std::int64_t low, std::int64_t high);
/// "e" is 0 (the library's word for nats); else a number above 1.
double logarithm_base(const Value& value);
/// "nats", "bits", "dits", "base-3 units".
std::string unit_name(double base);

}  // namespace crossent::cli
