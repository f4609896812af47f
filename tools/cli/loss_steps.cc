// The formulas of `crossent loss --steps`, with the numbers put in.
#include <fmt/format.h>

#include "cli/loss_text.h"

namespace crossent::cli {
namespace {

constexpr std::size_t kTerms = 12;  // longer sums are cut in the middle

// "a + b + c", or "a + b + ... + z" when there are many; `must` is always among them.
std::string sum_of(const std::vector<std::string>& terms, std::size_t must) {
  std::string out;
  bool cut = false;
  for (std::size_t j = 0; j < terms.size(); ++j) {
    const bool shown = terms.size() <= kTerms || j < 3 || j + 1 == terms.size() || j == must;
    if (!shown && cut) continue;
    cut = !shown;
    out += (out.empty() ? "" : " + ") + (shown ? terms[j] : std::string("..."));
  }
  return out;
}

std::size_t shown_class(const LossRow& row) {
  return row.label && row.p.size() > 1 ? static_cast<std::size_t>(*row.label) : 0;
}

std::string power(const std::string& exponent) { return "e^" + exponent; }

// "-[ t ln p + .. ]", and "= -ln p" where one class has the whole target.
std::string categorical(const LossQuestion& q, const LossRow& row, const Unit& unit) {
  const std::string log = unit.log();
  std::vector<std::string> terms;
  for (std::size_t j = 0; j < row.p.size(); ++j)
    terms.push_back(fmt::format("{} {} {}", row.t_text[j], log, row.p_text[j]));
  const std::string full = "-[ " + sum_of(terms, shown_class(row)) + " ]";
  if (!row.label || q.smoothing > 0) return full;
  return fmt::format("{} = -{} {}", full, log, row.p_text[shown_class(row)]);
}

std::string from_logits(const LossRow& row, const Unit& unit) {
  std::vector<std::string> powers;
  for (const Number& z : row.given) powers.push_back(power(z.text));
  const std::size_t k = shown_class(row);
  return fmt::format("{}( {} ) - {}{} = -{} {}", unit.log(), sum_of(powers, k), row.given[k].text,
                     unit.base() == 0 ? "" : fmt::format("/ln({})", unit.base()), unit.log(),
                     row.p_text[k]);
}

std::string binary(const LossQuestion& q, const LossRow& row, const Unit& unit) {
  const std::string &t = row.t_text[0], &p = row.p_text[0], log = unit.log();
  const bool hard = row.label && q.smoothing == 0;
  const std::string full = fmt::format("-[ {} {} {} + (1-{}) {}(1-{}) ]", t, log, p, t, log, p);
  if (!hard) return full;
  if (q.kind == Kind::logits) {
    const std::string& z = row.given[0].text;
    const bool negative = z.starts_with('-');
    const std::string flipped = negative ? z.substr(1) : "-" + z;
    return fmt::format("{} = {}(1 + {})", full, log, power(*row.label == 1 ? flipped : z));
  }
  return fmt::format("{} = -{}", full, *row.label == 1 ? log + " " + p : log + "(1-" + p + ")");
}

std::string squares(const LossRow& row) {
  std::vector<std::string> terms;
  for (std::size_t j = 0; j < row.p.size(); ++j)
    terms.push_back(row.t[j] != 0 ? fmt::format("({}-{})^2", row.p_text[j], row.t_text[j])
                    : row.p_text[j].starts_with("10^") ? "(" + row.p_text[j] + ")^2"
                                                       : row.p_text[j] + "^2");
  return sum_of(terms, shown_class(row));
}

std::string origin(const LossQuestion& q, const LossRow& row) {
  if (q.kind == Kind::probabilities && !q.normalize) return "";
  if (q.binary) return fmt::format("1 / (1 + e^-({}))", row.given[0].text);
  std::vector<std::string> parts;
  for (const Number& n : row.given)
    parts.push_back(q.kind == Kind::probabilities ? n.text : power(n.text));
  const std::size_t k = shown_class(row);
  if (q.kind == Kind::log_probabilities && !q.normalize)
    return fmt::format("p[{}] = {}", k, parts[k]);
  return fmt::format("p[{}] = {} / ( {} )", k, parts[k], sum_of(parts, k));
}

}  // namespace

Steps steps_of(const LossQuestion& q, const LossRow& row, const Unit& unit) {
  Steps steps;
  steps.probabilities = origin(q, row);
  const bool plain_logits = q.kind == Kind::logits && row.label && q.smoothing == 0;
  steps.cross_entropy = q.binary       ? binary(q, row, unit)
                        : plain_logits ? from_logits(row, unit)
                                       : categorical(q, row, unit);
  steps.squared_error = squares(row);
  return steps;
}

}  // namespace crossent::cli
