#include "cli/label_names.h"

namespace crossent::cli {
namespace {

// The likeliest first.
constexpr const char* kLikely[] = {"label",  "target",  "class",    "y",      "y_true",
                                   "labels", "classes", "category", "outcome"};

}  // namespace

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
