#pragma once
#include <string>
#include <vector>

#include "cli/output/text.h"
#include "crossent/train.h"

// Losses and accuracies by epoch.
namespace crossent::cli {

/// A plot of characters of the losses, at most `columns` wide; "" for fewer than five epochs.
/// `round` names what is counted.
std::string terminal_curves(const Style& style, int columns, const char* round,
                            const std::vector<EpochRecord>& history);
/// An SVG file: losses above, accuracies below; readable in light and dark.
std::string svg_curves(const std::string& title, const char* round,
                       const std::vector<EpochRecord>& history);

}  // namespace crossent::cli
