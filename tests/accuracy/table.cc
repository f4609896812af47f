#include "accuracy/table.h"

#include <cmath>
#include <cstdio>
#include <ostream>

namespace crossent::accuracy {
namespace {

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", v);
  return text;
}

}  // namespace

void Table::record(const std::string& operation, double limit, const std::string& type,
                   const std::string& target, double ulps, const std::string& input) {
  if (!lines_.contains(operation)) order_.push_back(operation);
  Line& line = lines_[operation];
  line.limit = limit;
  Worst& worst = line.by_type[type][target];
  if (ulps <= worst.ulps && worst.input != "-") return;
  worst = {std::isnan(ulps) ? INFINITY : ulps, input};
}

bool Table::holds() const {
  for (const auto& [operation, line] : lines_)
    for (const auto& [type, targets] : line.by_type)
      for (const auto& [target, worst] : targets)
        if (!(worst.ulps <= line.limit)) return false;
  return true;
}

void Table::print(std::ostream& out) const {
  for (const std::string& operation : order_) {
    const Line& line = lines_.at(operation);
    for (const auto& [type, targets] : line.by_type)
      for (const auto& [target, worst] : targets)
        out << operation << ", " << type << ", " << target << ": " << number(worst.ulps)
            << (worst.ulps <= line.limit ? "" : " ABOVE THE LIMIT") << "  (" << worst.input
            << ")\n";
  }
}

void Table::print_markdown(std::ostream& out) const {
  out << "# Accuracy\n\n"
         "The largest errors found, in ulps of the compute type (f64 for f64; f32 for f32, f16 and "
         "bf16), on fixed seeds:\nnormal logits of sd 1, 4, 16 and 30, offsets up to 10^6, equal "
         "terms, one dominant class (gaps to 700), near ties, two\nlevels, late starts, masked "
         "classes, exponentials in the subnormal range, scales of 10^30 and of the type's largest\n"
         "numbers, staircases, climbs, spikes; 1 to 262144 classes. The reference is the "
         "definition "
         "on the exact inputs, in pairs\nof f64 (31 digits) that tests compare with 77 digits of "
         "MPFR.\n\n"
         "A loss's error is relative, in units of 2^-23 (f64: 2^-52). Every other error is in "
         "units "
         "of the spacing of the compute\ntype's numbers at the exact value, beyond the one "
         "rounding "
         "to a narrower output type. Elements below 2^-124 (f64:\n2^-1020) may be +0; f64 losses "
         "below 2^-1000 are asked for 40 bits. The limits "
         "are the promises of the library. Written by `./dev accuracy`.\n";
  for (const std::string& operation : order_) {
    const Line& line = lines_.at(operation);
    out << "\n## " << operation << "\n\nLimit: " << line.limit
        << " ulp.\n\n| type | target | ulps | worst input |\n|---|---|---|---|\n";
    for (const auto& [type, targets] : line.by_type)
      for (const auto& [target, worst] : targets)
        out << "| " << type << " | " << target << " | " << number(worst.ulps) << " | "
            << worst.input << " |\n";
  }
}

}  // namespace crossent::accuracy
