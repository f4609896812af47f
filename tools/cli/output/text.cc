#include "cli/output/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "crossent/entropy.h"

namespace crossent::cli {
namespace {

// Length of the UTF-8 sequence at the front of `s` and its code point; 0 if malformed.
std::size_t decode(std::string_view s, std::uint32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xC2 ? 0
                           : lead < 0xE0 ? 2
                           : lead < 0xF0 ? 3
                           : lead < 0xF5 ? 4
                                         : 0;
  if (size == 0 || size > s.size()) return 0;
  code = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kSmallest[size] || code > 0x10FFFF || surrogate ? 0 : size;
}

bool harmless(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  const bool direction = (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
                         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
  return !direction;
}

// `digits` significant ones, and all of a whole part below 1e9; scientific below 1e-4 and above.
std::string significant(double x, int digits) {
  if (!std::isfinite(x)) return fmt::format("{}", x);
  const std::string scientific = fmt::format("{:.{}e}", x, digits - 1);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));  // once rounded
  if (exponent < -4 || exponent >= std::max(digits, 9)) return scientific;
  return fmt::format("{:.{}f}", x, std::max(0, digits - 1 - exponent));
}

std::string trimmed_sign(std::string text) {
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text.front() == '-' ? text.substr(1) : text;  // "-0.000" is "0.000"
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::uint32_t code = 0;
    const std::size_t size = decode(text.substr(i), code);
    if (size == 0 || code < 0x20 || code == 0x7F)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    else if (!harmless(code))
      out += fmt::format("\\u{{{:x}}}", code);
    else
      out += text.substr(i, size);
    i += std::max<std::size_t>(size, 1);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Style::number(double x, int decimals) const {
  if (!std::isfinite(x)) return fmt::format("{}", x);
  if (x == 0) return digits_ > 0 ? "0" : fmt::format("{:.{}f}", 0.0, decimals);
  if (digits_ > 0) return significant(x, digits_);
  const double size = std::fabs(x);
  const bool hidden = size < 100 * std::pow(10.0, -decimals);
  if (hidden || size >= 1e9) return fmt::format("{:.{}g}", x, std::max(decimals, 3));
  return trimmed_sign(fmt::format("{:.{}f}", x, decimals));
}

std::string Style::exponential(double x, int decimals) const {
  const double value = perplexity(x);
  if (std::isnormal(value) || !std::isfinite(x)) return number(value, decimals);
  return power_of_ten(x);
}

std::string Style::power_of_ten(double x) const { return cli::power_of_ten(x, digits_); }

std::string Style::signed_number(double x, int decimals) const {
  if (!std::isfinite(x)) return fmt::format("{:+}", x);
  if (digits_ > 0) return (x < 0 ? "" : "+") + significant(x + 0.0, digits_);
  const double size = std::fabs(x);
  if (size != 0 && size < 0.5 * std::pow(10.0, -decimals)) return fmt::format("{:+.2g}", x);
  return fmt::format("{:+.{}f}", x + 0.0, decimals);
}

std::string Style::percent(double share, int decimals) const {
  return digits_ > 0 ? significant(100 * share, digits_) + " %"
         : std::fabs(share) >= 1e7
             ? fmt::format("{:.3g} %", 100 * share)
             : trimmed_sign(fmt::format("{:.{}f}", 100 * share, decimals)) + " %";
}

std::optional<std::string> Style::times(double skill) const {
  constexpr double kFar = -10;
  if (!(skill < kFar && std::isfinite(skill))) return std::nullopt;
  return rounded(1 - skill) + " times";
}

std::string Style::skill(double skill, int decimals) const {
  const auto far = times(skill);
  return far ? "far below 0, " + *far + " that loss" : percent(skill, decimals);
}

std::string Style::against(double skill, int decimals) const {
  if (const auto far = times(skill)) return *far + " the loss of";
  return percent(std::fabs(skill), decimals) + (skill < 0 ? " worse than" : " better than");
}

std::string Style::rounded(double x, int significant) const {
  const int digits = digits_ > 0 ? digits_ : significant;
  const double size = std::fabs(x);
  if (size >= std::pow(10.0, digits) - 0.5 && size < 1e9) return grouped(std::llround(x));
  return fmt::format("{:.{}g}", x, digits);
}

std::string Style::bold(std::string_view text) const {
  return color_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string Style::bar(double share, int width) const {
  const double cells = std::clamp(share, 0.0, 1.0) * width;
  if (!utf8_) return std::string(static_cast<std::size_t>(std::lround(cells)), '#');
  constexpr const char* kEighths[] = {"",       "\u258f", "\u258e", "\u258d",
                                      "\u258c", "\u258b", "\u258a", "\u2589"};
  std::string out;
  const auto eighths = static_cast<int>(std::lround(cells * 8));
  for (int i = 0; i < eighths / 8; ++i) out += "\u2588";
  return out + kEighths[eighths % 8];
}

std::string grouped(std::int64_t n) {
  std::string digits = std::to_string(n);
  const std::size_t first = n < 0 ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, " ");
  return digits;
}

std::string power_of_ten(double x, int digits) {
  const double power = x / std::numbers::ln10;
  return "10^" + (digits > 0               ? significant(power, digits)
                  : std::fabs(power) < 1e9 ? fmt::format("{:.2f}", power)
                                           : fmt::format("{:.6g}", power));
}

std::string count_text(double n) {
  const bool whole = n == std::trunc(n) && std::fabs(n) < 1e15;
  return whole ? fmt::format("{:.0f}", n) : fmt::format("{:.15g}", n);
}

std::string counted(std::int64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(n), noun, n == 1 ? "" : "s");
}

std::string Table::text(std::string_view indent) const {
  std::vector<std::size_t> width(left_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t k = 0; k < row.size(); ++k)
      width[k] = std::max(width[k], display_width(row[k]));
  std::string out;
  for (const auto& row : rows_) {
    std::string line(indent);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::string pad(width[k] - display_width(row[k]), ' ');
      line += (k == 0 ? "" : "  ") + (left_[k] ? row[k] + pad : pad + row[k]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace crossent::cli
