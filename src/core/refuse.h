#pragma once
#include <cstdint>
#include <string>
#include <string_view>

// Refusals in one voice: "[op] argument[row][column] = value is outside range (hint)".
namespace crossent {

/// The shortest text that reads back as `value`, whole numbers up to 2^53 without an exponent;
/// "inf", "-inf", "nan".
std::string number_text(double value);

/// Throws ValueError "[op] what", naming `argument`.
[[noreturn]] void refuse(std::string_view op, std::string_view argument, std::string_view what,
                         std::int64_t row = -1, std::int64_t column = -1);

/// Throws ValueError "[op] argument[row][column] = value what"; an index of -1 is left out.
[[noreturn]] void refuse_value(std::string_view op, std::string_view argument, double value,
                               std::string_view what, std::int64_t row = -1,
                               std::int64_t column = -1);

}  // namespace crossent
