#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"

// Text for people: numbers, words of foreign origin, tables, bars.
namespace crossent::cli {

/// Control characters, C1 controls, direction overrides and bytes that are not UTF-8 as \xNN or
/// \u{NNNN}: what a file or an argument holds cannot drive the terminal.
std::string escape(std::string_view text);

/// Columns that escaped UTF-8 text takes (one per code point).
std::size_t display_width(std::string_view text);

/// How numbers are printed: --digits N gives N significant digits everywhere, in place of
/// `decimals`, but never fewer than a whole part below 1e9 has.
class Style {
 public:
  explicit Style(const Context& context)
      : digits_(context.digits), color_(context.color), utf8_(context.terminal.utf8) {}

  /// Fixed decimals (six unless told), scientific where that would hide the digits (|x| < 1e-4 for
  /// six decimals, or >= 1e9); inf, nan by name.
  std::string number(double x, int decimals = 6) const;
  /// number(e^x), as a power of ten where f64 has not all of its digits: "10^-347.44".
  std::string exponential(double x, int decimals = 6) const;
  std::string power_of_ten(double x) const;  ///< below, with the digits wanted
  /// number() with its sign: "+0.200".
  std::string signed_number(double x, int decimals = 3) const;
  /// 0.1966 -> "19.66 %"; scientific from 1e9 % on.
  std::string percent(double share, int decimals = 2) const;
  /// A skill: 0.774 -> "77.40 %"; below -1000 %, which says nothing, "far below 0, 2 885 times that
  /// loss".
  std::string skill(double skill, int decimals = 2) const;
  /// The same as a comparison with what follows: "12.3 % better than", "577.0 % worse than",
  /// "2 885 times the loss of".
  std::string against(double skill, int decimals = 2) const;
  /// How many times the other loss it is where the skill is far below 0: "2 885 times".
  std::optional<std::string> times(double skill) const;
  /// Significant digits (three unless told), trailing zeros kept out: "6.36", "0.1"; where that
  /// would need an exponent, below 1e9, the whole number: "1 234".
  std::string rounded(double x, int significant = 3) const;

  std::string bold(std::string_view text) const;
  /// `share` (0..1) of `width` cells: blocks in a UTF-8 locale, else '#'.
  std::string bar(double share, int width) const;
  bool utf8() const { return utf8_; }

 private:
  int digits_;
  bool color_, utf8_;
};

/// 1042 -> "1 042".
std::string grouped(std::int64_t n);
/// e^x as "10^-347.44", or with as many significant digits of the power.
std::string power_of_ten(double x, int digits = 0);
/// A count that is kept as f64: "3345678", "0.5"; no exponent below 1e15.
std::string count_text(double n);
/// "1 row", "3 rows".
std::string counted(std::int64_t n, std::string_view noun);

/// Lines of cells, columns aligned (text left, numbers right, as `left` says), two blanks apart.
class Table {
 public:
  explicit Table(std::vector<bool> left) : left_(std::move(left)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text(std::string_view indent = "  ") const;

 private:
  std::vector<bool> left_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace crossent::cli
