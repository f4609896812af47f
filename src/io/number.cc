#include "io/number.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace crossent::io {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// fast_float and from_chars refuse a plus sign; "+-1" stays refused.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  return text;
}

bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

bool parse_special(std::string_view text, double* value) {
  const bool minus = text.front() == '-';
  if (minus) text.remove_prefix(1);
  double found;
  if (equals_lower(text, "nan"))
    found = std::numeric_limits<double>::quiet_NaN();
  else if (equals_lower(text, "inf") || equals_lower(text, "infinity"))
    found = std::numeric_limits<double>::infinity();
  else
    return false;
  *value = minus ? -found : found;
  return true;
}

// Everything but plain finite numbers.
NumberFault parse_unusual(std::string_view text, double* value) {
  text = trimmed(text);
  if (text.empty()) return NumberFault::empty;
  text = without_plus(text);
  if (parse_special(text, value)) return NumberFault::none;
  const char first = text.front();
  if (first != '-' && first != '.' && (first < '0' || first > '9')) return NumberFault::text;
  const auto result = fast_float::from_chars(text.data(), text.data() + text.size(), *value);
  if (result.ptr != text.data() + text.size()) return NumberFault::text;
  if (std::isinf(*value)) return NumberFault::too_large;
  return std::isnan(*value) || result.ec == std::errc::invalid_argument ? NumberFault::text
                                                                        : NumberFault::none;
}

}  // namespace

NumberFault parse_real(std::string_view text, double* value) {
  const char* end = text.data() + text.size();
  const auto result = fast_float::from_chars(text.data(), end, *value);
  if (result.ec == std::errc() && result.ptr == end && std::isfinite(*value))
    return NumberFault::none;
  return parse_unusual(text, value);
}

bool is_missing(std::string_view text) {
  constexpr std::string_view kWords[] = {"",    "na",   "n/a",  "#n/a", "<na>",
                                         "nan", "null", "none", "?"};
  text = trimmed(text);
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return equals_lower(text, word); });
}

bool has_decimal_comma(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == text.npos || text.find_first_of(",.", comma + 1) != text.npos) return false;
  std::string dotted(text);
  dotted[comma] = '.';
  double value;
  return parse_real(dotted, &value) == NumberFault::none;
}

NumberFault parse_integer(std::string_view text, std::int64_t* value) {
  text = trimmed(text);
  if (text.empty()) return NumberFault::empty;
  const std::string_view digits = without_plus(text);
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, *value);
  if (result.ec == std::errc() && result.ptr == end) return NumberFault::none;
  if (result.ec == std::errc::result_out_of_range && result.ptr == end)
    return NumberFault::too_large;
  double real;
  return parse_real(text, &real) == NumberFault::none ? NumberFault::fraction : NumberFault::text;
}

}  // namespace crossent::io
