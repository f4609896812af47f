#include "compare.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cases {
namespace {

bool close(double got, double expected, double tol) {
  if (std::isnan(expected)) return std::isnan(got);
  if (std::isinf(expected)) return got == expected;
  return std::fabs(got - expected) <= tol * (expected == 0 ? 1 : std::fabs(expected));
}

bool same(const Array& got, const Array& expected, double tol) {
  const bool single = got.data.size() == 1 && expected.data.size() == 1;
  const bool empty = got.data.empty() && expected.data.empty();
  if (got.shape != expected.shape && !single && !empty) return false;
  return std::equal(got.data.begin(), got.data.end(), expected.data.begin(), expected.data.end(),
                    [&](double a, double b) { return close(a, b, tol); });
}

bool matches_names(const Json& expected, const Outcome& outcome, double tol) {
  return std::all_of(expected.items().begin(), expected.items().end(), [&](const auto& item) {
    const auto found = outcome.find(item.key());
    return found != outcome.end() && same(found->second, array_of(item.value()), tol);
  });
}

std::string text(double value) {
  if (std::isnan(value)) return "nan";
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::string text(const Array& array) {
  if (array.shape.empty() && array.data.size() == 1) return text(array.data[0]);
  constexpr std::size_t kShown = 8;
  std::string out = "[";
  for (std::size_t i = 0; i < std::min(kShown, array.data.size()); ++i)
    out.append(i ? "," : "").append(text(array.data[i]));
  if (array.data.size() > kShown) out += ",...";
  return out.append("]");
}

}  // namespace

bool matches(const Json& expected, const Computed& computed, double tol) {
  if (expected.is_object() && expected.contains("any_of")) {
    const Json& choices = expected.at("any_of");
    return std::any_of(choices.begin(), choices.end(),
                       [&](const Json& choice) { return matches(choice, computed, tol); });
  }
  const bool refusal_wanted = expected.is_object() && expected.contains("error");
  if (refusal_wanted || !computed.outcome) return refusal_wanted && !computed.outcome;
  if (expected.is_object()) return matches_names(expected, *computed.outcome, tol);
  const auto value = computed.outcome->find("");
  return value != computed.outcome->end() && same(value->second, array_of(expected), tol);
}

std::string shown(const Computed& computed) {
  if (!computed.outcome) return "refused: " + computed.refusal;
  std::string out;
  for (const auto& [name, array] : *computed.outcome)
    out.append(out.empty() ? "" : " ").append(name).append(name.empty() ? "" : "=") += text(array);
  return out;
}

}  // namespace cases
