#include "cli/scalars.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "cli/errors.h"
#include "cli/output/text.h"
#include "io/number.h"

namespace crossent::cli {
namespace {

[[noreturn]] void refuse(const Value& value, const std::string& what,
                         const std::string& hint = {}) {
  throw UsageError(value.option + " " + escape(value.text) + ": " + what, hint);
}

}  // namespace

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const bool good = text.find_first_of(" \t") == text.npos &&
                    io::parse_real(text, &value) == io::NumberFault::none;
  return good ? std::optional(value) : std::nullopt;
}

double real(const Value& value) {
  const auto x = parse_real(value.text);
  if (!x && value.text.ends_with('%')) {
    const auto share = parse_real(std::string_view(value.text).substr(0, value.text.size() - 1));
    if (share) refuse(value, "is not a number", fmt::format("write {:g}", *share / 100));
  }
  if (!x) refuse(value, "is not a number");
  return *x;
}

double real_in(const Value& value, double low, double high) {
  const double x = real(value);
  if (!(x >= low && x <= high)) refuse(value, fmt::format("is outside [{:g}, {:g}]", low, high));
  return x;
}

std::int64_t integer_in(const Value& value, std::int64_t low, std::int64_t high) {
  std::int64_t n = 0;
  const io::NumberFault fault = io::parse_integer(value.text, &n);
  const bool too_large = fault == io::NumberFault::too_large;
  if (fault != io::NumberFault::none && !too_large) {
    const auto x = parse_real(value.text);  // 1e6
    const bool whole = x && std::fabs(*x) <= 0x1p53 && std::trunc(*x) == *x;
    refuse(value, "is not a whole number", whole ? fmt::format("write {:.0f}", *x) : "");
  }
  if (too_large || n < low || n > high)
    refuse(value, high == INT64_MAX ? fmt::format("must be at least {}", low)
                                    : fmt::format("is outside {} to {}", low, high));
  return n;
}

double logarithm_base(const Value& value) {
  if (value.text == "e") return 0;
  const auto base = parse_real(value.text);
  if (!base || !(*base > 1) || std::isinf(*base))
    refuse(value, "is no base of logarithms",
           "e (nats), 2 (bits), 10 (dits) or any number above 1");
  return *base;
}

std::string unit_name(double base) {
  if (base == 0) return "nats";
  if (base == 2) return "bits";
  if (base == 10) return "dits";
  return fmt::format("base-{} units", base);
}

}  // namespace crossent::cli
