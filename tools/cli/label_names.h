#pragma once
#include <optional>
#include <span>
#include <string>

namespace crossent::cli {

/// The columns that `eval` takes for the label where nothing is said.
inline constexpr const char* kLabelNames[] = {"label", "y", "y_true", "target"};
std::string label_names();  ///< "label, y, y_true or target"

/// In lower case (ASCII).
std::string lowered(std::string text);

/// The column whose name says that it holds the classes, in any case of letters: one to suggest,
/// not to take.
std::optional<std::string> likely_label(std::span<const std::string> names);

}  // namespace crossent::cli
