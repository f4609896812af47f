#include "accuracy/table.h"

#include <cmath>
#include <cstdio>
#include <ostream>

namespace crossent::accuracy {
namespace {

std::string number(double v, const char* format = "%.2f") {
  char text[32];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

// What is measured, and in which units.
constexpr const char* kIntroduction = R"(# Accuracy

The largest errors found, in ulps of the compute type (f64 for f64; f32 for f32, f16 and bf16), on fixed seeds:
normal logits of sd 1, 4, 16 and 30, offsets up to 10^6, equal terms, one dominant class (gaps to 700), near ties, two
levels, late starts, masked classes, exponentials in the subnormal range, scales of 10^30 and of the type's largest
numbers, staircases, climbs, spikes; 1 to 262144 classes with labels, to 65537 with soft targets and of probabilities,
to 1023 with options. Soft targets are dense, sparse and one-hot. Probabilities and log-probabilities are the softmax of
the same logits, with labels and with soft targets. Each option has random values, alone and with others ("several"),
with labels and with soft targets. The reference is the definition on the exact inputs, in pairs of f64 (31 digits) that
tests compare with 77 digits of MPFR, and (softmax apart) in those where pairs run out of exponents.

A loss's error is relative, in units of 2^-23 (f64: 2^-52). Every other error is in units of the spacing of the compute
type's numbers at the exact value, beyond the one rounding to a narrower output type; a gradient with soft targets,
smoothing, z-loss, softcap or normalisation, and a binary one with a target between 0 and 1, in units of the spacing at
the largest term of its formula. What the rounding of the logits divided by a temperature or put through a softcap must
cost is taken off. Elements below 2^-124 (f64: 2^-1020) may be +0; f64 losses below 2^-1000 are asked for 40 bits. Binary
probabilities are computed in f64 whatever their type. The limits are the promises of the library. Written by `./dev accuracy`.
)";

void print_row(std::ostream& out, const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) out << "| " << cell << " ";
  out << "|\n";
}

}  // namespace

Table::Section& Table::section(const Place& place) {
  std::string title = place.operation;
  if (place.option.empty() && !place.result.empty()) title += ": " + place.result;
  for (Section& s : sections_)
    if (s.title == title) return s;
  return sections_.emplace_back(Section{title, !place.option.empty(), {}});
}

void Table::record(const Place& place, double limit, double ulps, const std::string& input) {
  Section& s = section(place);
  std::vector<std::string> name = {place.type, place.target};
  if (s.by_option) name = {place.option, place.result, place.type};
  Worst& worst = s.rows[name];
  if (ulps <= worst.ulps) return;
  worst = {limit, std::isnan(ulps) ? INFINITY : ulps, place.target, input};
}

bool Table::holds() const {
  for (const Section& s : sections_)
    for (const auto& [name, worst] : s.rows)
      if (!worst.holds()) return false;
  return true;
}

void Table::print(std::ostream& out) const {
  for (const Section& s : sections_)
    for (const auto& [name, worst] : s.rows) {
      out << s.title;
      for (const std::string& word : name) out << ", " << word;
      if (s.by_option) out << ", " << worst.target;
      out << ": " << number(worst.ulps) << (worst.holds() ? "" : " ABOVE THE LIMIT") << "  ("
          << worst.input << ")\n";
    }
}

void Table::print_markdown(std::ostream& out, const Section& s) {
  out << "\n## " << s.title << "\n\n";
  if (s.by_option) {
    out << "The largest error of all SIMD targets.\n\n";
    print_row(out, {"option", "result", "type", "limit", "ulps", "target", "worst input"});
    out << "|---|---|---|---|---|---|---|\n";
  } else {
    out << "Limit: " << s.rows.begin()->second.limit << " ulp.\n\n";
    print_row(out, {"type", "target", "ulps", "worst input"});
    out << "|---|---|---|---|\n";
  }
  for (const auto& [name, worst] : s.rows) {
    std::vector<std::string> cells = name;
    if (s.by_option)
      cells.insert(cells.end(), {number(worst.limit, "%g"), number(worst.ulps), worst.target});
    else
      cells.push_back(number(worst.ulps));
    cells.push_back(worst.input);
    print_row(out, cells);
  }
}

void Table::print_markdown(std::ostream& out) const {
  out << kIntroduction;
  for (const Section& s : sections_) print_markdown(out, s);
}

}  // namespace crossent::accuracy
