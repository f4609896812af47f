// The answer of `crossent loss` for people.
#include "cli/loss_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "crossent/entropy.h"

namespace crossent::cli {
namespace {

constexpr std::size_t kShown = 12;  // classes in a list of numbers
constexpr std::size_t kRows = 50;   // rows in a table

std::string line(const char* label, const std::string& text) {
  return fmt::format("  {:<16}{}\n", label, text);
}

// The first of `size` texts.
std::string joined(const std::vector<std::string>& texts, std::size_t size) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  if (size > texts.size()) out += ", ...";
  return size == 1 ? out : "(" + out + ")";
}

std::string vector_text(const Style& style, const std::vector<double>& v, bool sign) {
  std::vector<std::string> texts;
  for (std::size_t j = 0; j < v.size() && j < kShown; ++j)
    texts.push_back(sign ? style.signed_number(v[j]) : style.number(v[j]));
  return joined(texts, v.size());
}

// The outputs; those too small for f64 as powers of ten.
std::string outputs_text(const Style& style, const LossRow& row) {
  std::vector<std::string> texts;
  for (std::size_t j = 0; j < row.p.size() && j < kShown; ++j)
    texts.push_back(tiny(row.p[j]) ? style.exponential(row.log_p[j]) : style.number(row.p[j]));
  return joined(texts, row.p.size());
}

std::string p_text(const LossQuestion& q, const LossRow& row, const Style& style) {
  const bool as_typed = q.kind == Kind::probabilities && !q.normalize;
  if (row.p_true == 0 && row.loss != INFINITY) return style.exponential(-row.loss);
  if (row.p_true == 0) return "0";
  if (as_typed && q.binary && *row.label == 0) return style.rounded(row.p_true, 6);
  if (!as_typed) return style.number(row.p_true);
  return row.p_text[q.binary ? 0 : static_cast<std::size_t>(*row.label)];
}

std::string first_choice(const LossQuestion& q, const LossRow& row, const Style& style) {
  if (row.correct.value_or(false)) return "and it is its first choice";
  const double best =
      q.binary ? std::max(row.p[0], 1 - row.p[0]) : row.p[static_cast<std::size_t>(row.predicted)];
  const std::string which = q.binary ? (row.predicted == 1 ? "yes" : "no")
                                     : fmt::format("class {}", row.predicted + q.first_label);
  if (best == row.p_true) return fmt::format("as much as {}, which comes first", which);
  return fmt::format("its first choice is {} with {}", which,
                     q.kind == Kind::probabilities && !q.binary && !q.normalize
                         ? row.p_text[static_cast<std::size_t>(row.predicted)]
                         : style.number(best));
}

std::string one_row_sentence(const LossQuestion& q, const LossRow& row, const Unit& unit,
                             const Style& style) {
  if (!row.label)
    return fmt::format(
        "The target is soft: of the loss, {} {} are the target's own entropy and {} the divergence "
        "from it.",
        unit.number(style, row.target_entropy), unit.name(), unit.number(style, row.divergence));
  const std::string truth =
      q.binary ? fmt::format("the truth ({})", *row.label == 1 ? "yes" : "no")
               : fmt::format("the true class ({} {})", q.first_label == 0 ? "index" : "number",
                             *row.label + q.first_label);
  const std::string infinite = row.loss == INFINITY ? ": the loss is infinite" : "";
  const std::string choice = infinite.empty() ? ", " + first_choice(q, row, style) : infinite;
  return fmt::format("The model gave {} probability {}{}.", truth, p_text(q, row, style), choice);
}

std::string guessing_line(const LossQuestion& q, const LossAnswer& answer, const Unit& unit,
                          const Style& style) {
  if (answer.uniform == 0) return "";
  const std::string skill =
      std::isfinite(answer.mean) ? ": skill " + style.skill(1 - answer.mean / answer.uniform) : "";
  return line("guessing", fmt::format("{}   (uniform over {} classes){}",
                                      unit.amount(style, answer.uniform), q.classes(), skill));
}

std::string squared_line(const LossRow& row, const Style& style, const std::string& formula) {
  const auto outputs = static_cast<double>(row.p.size());
  std::string text = style.number(row.squared_error);
  if (!formula.empty()) {
    text += "  = " + formula;
    if (outputs > 1)
      text += fmt::format("   (per output {})", style.number(row.squared_error / outputs));
  } else if (outputs > 1) {
    text += fmt::format(" (sum over outputs), {} (mean over outputs)",
                        style.number(row.squared_error / outputs));
  }
  return line("squared error", text);
}

std::string derivative_lines(const LossQuestion& q, const LossRow& row, const Style& style) {
  std::string out = fmt::format("  push on the {}   CE {}   squared error {}\n",
                                q.binary ? "logit before sigmoid" : "logits before softmax",
                                vector_text(style, row.gradient, true),
                                vector_text(style, row.squared_error_gradient, true));
  if (q.binary)
    out += fmt::format(
        "  curvature in the logit   CE {} (never negative: convex)   half squared error {}\n",
        style.signed_number(row.curvature, 6), style.signed_number(row.squared_error_curvature, 6));
  return out;
}

std::string smoothing_line(const LossQuestion& q, const LossRow& row, const Style& style) {
  if (q.smoothing == 0) return "";
  return line("smoothed target",
              fmt::format("t = {}   ((1 - {}) t + {}/{})", vector_text(style, row.t, false),
                          style.rounded(q.smoothing), style.rounded(q.smoothing), q.classes()));
}

std::string one_row(const LossQuestion& q, const LossAnswer& answer, const Unit& unit,
                    const Style& style, bool show_steps) {
  const LossRow& row = answer.rows.front();
  const Steps steps = show_steps ? steps_of(q, row, unit) : Steps{};
  std::string out = style.bold(one_row_sentence(q, row, unit, style)) + "\n";
  if (q.kind != Kind::probabilities || q.normalize) {
    out += line(q.binary                 ? "sigmoid"
                : q.kind == Kind::logits ? "softmax"
                                         : "probabilities",
                "p = " + outputs_text(style, row));
    if (!steps.probabilities.empty()) out += line("", steps.probabilities);
  }
  out += smoothing_line(q, row, style);
  out += line("cross-entropy",
              unit.amount(style, row.loss, row.log_loss) + (q.binary ? "   (binary)" : ""));
  if (show_steps) out += line("", "= " + steps.cross_entropy);
  if (!row.label || q.smoothing > 0)
    out +=
        line("at least", unit.amount(style, row.target_entropy) + "   (the entropy of the target)");
  out += squared_line(row, style, steps.squared_error);
  if (show_steps) return out + derivative_lines(q, row, style);
  return out + guessing_line(q, answer, unit, style);
}

std::string row_table(const LossQuestion& q, const LossAnswer& answer, const Unit& unit,
                      const Style& style, bool show_steps) {
  Table table({false, false, false, false, false, true, true});
  table.add({"row", "truth", "p(truth)", fmt::format("loss ({})", unit.name()), "said", "",
             show_steps ? "= formula" : ""});
  for (std::size_t i = 0; i < answer.rows.size() && i < kRows; ++i) {
    const LossRow& row = answer.rows[i];
    table.add(
        {std::to_string(i + 1), row.label ? std::to_string(*row.label + q.first_label) : "soft",
         row.label ? p_text(q, row, style) : "-", unit.number(style, row.loss, row.log_loss),
         std::to_string(row.predicted + q.first_label), row.correct.value_or(true) ? "" : "wrong",
         show_steps ? "= " + steps_of(q, row, unit).cross_entropy : ""});
  }
  std::string out = table.text();
  if (answer.rows.size() > kRows)
    out += fmt::format("  ... and {} more (--json lists them all)\n", answer.rows.size() - kRows);
  return out;
}

bool hard(const LossAnswer& answer) {
  return std::all_of(answer.rows.begin(), answer.rows.end(),
                     [](const LossRow& row) { return row.label.has_value(); });
}

std::string data_set(const LossQuestion& q, const LossAnswer& answer, const Unit& unit,
                     const Style& style, bool show_steps) {
  const auto n = static_cast<std::int64_t>(answer.rows.size());
  std::int64_t infinite = 0;
  double squares = 0;
  for (const LossRow& row : answer.rows) {
    infinite += row.loss == INFINITY ? 1 : 0;
    squares += row.squared_error;
  }
  std::optional<double> log_mean = answer.log_sum;
  if (log_mean) *log_mean -= std::log(static_cast<double>(n));
  const std::string mean = unit.amount(style, answer.mean, log_mean);
  std::string sentence = fmt::format("The cost of the {} rows (their mean {}cross-entropy) is {}",
                                     grouped(n), q.binary ? "binary " : "", mean);
  if (infinite > 0)
    sentence += fmt::format(": {} gave the truth probability 0", counted(infinite, "row"));
  else if (answer.labelled > 0)
    sentence += fmt::format("; {} of {} right", grouped(answer.right), grouped(answer.labelled));
  std::string out =
      style.bold(sentence + ".") + "\n" + row_table(q, answer, unit, style, show_steps);
  if (q.smoothing > 0)
    out += line("smoothed target",
                fmt::format("(1 - {}) t + {}/{} in every row", style.rounded(q.smoothing),
                            style.rounded(q.smoothing), q.classes()));
  out += line("sum of losses", unit.amount(style, answer.sum, answer.log_sum));
  out += line("mean (cost)",
              mean + (show_steps ? fmt::format("   = {} / {}",
                                               unit.number(style, answer.sum, answer.log_sum), n)
                                 : ""));
  if (q.smoothing == 0 && hard(answer))
    out += line("likelihood", fmt::format("{}   (of all the labels together: exp(-sum))",
                                          style.exponential(-answer.sum)));
  out += line("squared error",
              style.number(squares / static_cast<double>(n)) +
                  (q.binary ? " (mean over rows)" : " (sum over outputs, mean over rows)"));
  return out + guessing_line(q, answer, unit, style);
}

}  // namespace

std::string loss_text(const LossQuestion& question, const LossAnswer& answer, const Unit& unit,
                      const Style& style, bool steps) {
  return answer.rows.size() == 1 ? one_row(question, answer, unit, style, steps)
                                 : data_set(question, answer, unit, style, steps);
}

}  // namespace crossent::cli
