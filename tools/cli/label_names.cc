#include "cli/label_names.h"

#include <iterator>

namespace crossent::cli {
namespace {

// The likeliest first; y may as well be a coordinate.
constexpr const char* kLikely[] = {"label",  "target",  "class",    "y",      "y_true",
                                   "labels", "classes", "category", "outcome"};

}  // namespace

std::string label_names() {
  std::string out;
  const std::size_t n = std::size(kLabelNames);
  for (std::size_t i = 0; i < n; ++i)
    out += (i == 0 ? "" : i + 1 < n ? ", " : " or ") + std::string(kLabelNames[i]);
  return out;
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::optional<std::string> likely_label(std::span<const std::string> names) {
  for (const char* likely : kLikely)
    for (const std::string& name : names)
      if (lowered(name) == likely) return name;
  return std::nullopt;
}

}  // namespace crossent::cli
