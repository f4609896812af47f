// What `crossent eval` prints for people.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cli/eval.h"
#include "cli/output/text.h"
#include "crossent/entropy.h"
#include "crossent/explain.h"

namespace crossent::cli {
namespace {

constexpr std::size_t kShownClasses = 20;

class Report {
 public:
  Report(const EvalSettings& settings, const Evaluation& e, const Context& context)
      : settings_(settings), e_(e), s_(e.summary), style_(context) {}

  std::string text() {
    sentence();
    reading();
    loss();
    calibration();
    classes();
    worst();
    return std::move(out_);
  }

 private:
  void heading(const std::string& line) { out_ += "\n" + style_.bold(line) + "\n"; }
  std::string range(double lo, double hi) const {
    return std::isfinite(lo) && std::isfinite(hi)
               ? style_.number(lo, 4) + " .. " + style_.number(hi, 4)
               : "";
  }

  void sentence() {
    const std::string rows = counted(s_.rows, "row");
    if (s_.infinite_rows > 0) {
      out_ += fmt::format("The log loss of {} is infinite: {} gave the true class probability 0.\n",
                          rows, counted(s_.infinite_rows, "row"));
      return;
    }
    out_ += fmt::format("The log loss of {} is {} nats: a typical probability of {} for the truth",
                        rows, style_.number(s_.loss_nats, 4), style_.exponential(-s_.loss_nats, 4));
    if (s_.skill < 0 || s_.skill > 0)
      out_ +=
          fmt::format(", {} knowing only the class frequencies.\n", style_.against(s_.skill, 1));
    else if (s_.skill == 0)
      out_ += ", no better than knowing only the class frequencies.\n";
    else
      out_ += ".\n";
  }

  // What was read, and what was inferred on the way.
  void reading() {
    const std::string dot = style_.utf8() ? " \u00b7 " : " | ";
    const Layout& l = e_.layout;
    std::string files = escape(e_.sources.front());
    if (e_.sources.size() > 1)
      files += fmt::format(" .. {} ({} files)", escape(e_.sources.back()), e_.sources.size());
    out_ += files + dot + counted(s_.rows, "row") + dot +
            fmt::format("label={} ({} classes)", escape(l.label), s_.classes) + dot +
            escape(l.shown);
    if (l.kind != Kind::logits && !l.binary)
      out_ += s_.unnormalized_rows > 0
                  ? dot + "divided by their row's sum"
                  : fmt::format("{}sums to 1 within {:.2g}", dot, s_.max_sum_error);
    if (!l.id.empty()) out_ += dot + "id=" + escape(l.id);
    if (!l.weight.empty()) out_ += dot + "weight=" + escape(l.weight);
    if (!l.group.empty())
      out_ += fmt::format("{}group={} ({} groups)", dot, escape(l.group), s_.groups);
    out_ += "\n";
  }

  void loss() {
    heading("LOSS");
    Table table({true, false, true, true});
    table.add({"", "value", "95 % interval", ""});
    const double finite = s_.loss_finite_nats;
    const Interval nats = loss_interval(finite, s_.se_finite_nats);
    const auto interval = [&](auto f) { return range(f(nats.low), f(nats.high)); };
    const auto same = [](double x) { return x; };
    const bool infinite = s_.infinite_rows > 0;
    if (infinite)
      table.add({"log loss (nats)", "inf", "",
                 fmt::format("{} of {} gave the truth 0", grouped(s_.infinite_rows),
                             counted(s_.rows, "row"))});
    for (const char* other : {"bits per row", "perplexity"})
      if (infinite) table.add({other, "inf", "", ""});
    const std::string indent = infinite ? "  " : "";  // under "without those rows"
    table.add({infinite ? "without those rows (nats)" : "log loss (nats)", style_.number(finite, 4),
               interval(same), error_note()});
    const auto bits = [](double x) { return x / std::numbers::ln2; };
    table.add({indent + "bits per row", style_.number(bits(finite), 4), interval(bits), ""});
    const auto power = [](double x) { return perplexity(x); };
    table.add({indent + "perplexity", style_.exponential(finite, 4), interval(power), ""});
    if (!std::isnan(s_.skill)) skill(table);
    table.add({"uniform guessing would cost", style_.number(s_.baseline_uniform_nats, 4), "",
               fmt::format("(ln {})", s_.classes)});
    if (settings_.statistics.like != Like::none)
      table.add({"as " + settings_.like_name + " prints it", style_.number(s_.like_loss_nats, 4),
                 "", "(" + like_note(settings_, e_) + ")"});
    table.add({"accuracy", style_.percent(s_.accuracy, 2), "", ""});
    if (settings_.statistics.top_k > 0)
      table.add({fmt::format("top-{} accuracy", settings_.statistics.top_k),
                 style_.percent(s_.top_k_accuracy, 2), "", ""});
    table.add({"Brier score", style_.number(s_.brier, 4), "",
               s_.classes == 2 ? "(mean of (p - y)^2)" : "(squared error, sum over classes)"});
    out_ += table.text();
  }

  void skill(Table& table) const {
    const auto far = style_.times(s_.skill);
    const std::string value = s_.skill == -INFINITY ? "-inf"
                              : far                 ? "far below 0"
                                                    : style_.percent(s_.skill, 1);
    table.add(
        {"skill vs class frequencies", value, "",
         fmt::format("(knowing only those costs {}{})", style_.number(s_.baseline_prior_nats, 4),
                     far ? "; the loss is " + *far + " that" : "")});
  }

  std::string error_note() const {
    if (!std::isfinite(s_.se_finite_nats)) return "";
    if (e_.layout.group.empty()) return "";
    return fmt::format("(clustered by {}, design effect {})", escape(e_.layout.group),
                       style_.rounded(s_.design_effect));
  }

  void calibration() {
    heading(fmt::format("CALIBRATION   of the first choice: expected error {} over {} equal bins",
                        style_.number(s_.ece, 4), s_.calibration.size()));
    Table table({true, false, false, false, true});
    table.add({"confidence", "rows", "mean", "accuracy", ""});
    for (const CalibrationBin& b : s_.calibration) {
      if (b.rows == 0) continue;
      table.add({fmt::format("{} .. {}", style_.rounded(b.lo), style_.rounded(b.hi)),
                 grouped(b.rows), style_.number(b.confidence, 3), style_.number(b.accuracy, 3),
                 style_.bar(b.accuracy, 20)});
    }
    out_ += table.text();
  }

  void classes() {
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < s_.per_class.size(); ++k) order.push_back(k);
    const bool cut = order.size() > kShownClasses;
    if (cut) {
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return s_.per_class[a].loss_nats * static_cast<double>(s_.per_class[a].rows) >
               s_.per_class[b].loss_nats * static_cast<double>(s_.per_class[b].rows);
      });
      order.resize(kShownClasses);
    }
    heading(cut ? fmt::format("CLASS   the {} of {} with the largest share of the loss",
                              kShownClasses, s_.per_class.size())
                : "CLASS");
    Table table({true, false, false, true, false, true, false, true});
    table.add({"", "rows", "loss", "95 % interval", "accuracy", "most confused with", "share",
               "of the loss"});
    for (const std::size_t k : order)
      class_line(table, static_cast<std::int64_t>(k), s_.per_class[k]);
    out_ += table.text();
  }

  void class_line(Table& table, std::int64_t k, const ClassSummary& c) const {
    const Interval nats = loss_interval(c.loss_nats, c.se_nats);
    const std::string confused =
        c.confused_with < 0
            ? ""
            : fmt::format("{} ({})", escape(e_.layout.classes.text(c.confused_with)),
                          grouped(c.confused_rows));
    const bool any = c.rows > 0, share = std::isfinite(c.loss_share);
    table.add({escape(e_.layout.classes.text(k)), grouped(c.rows),
               any ? style_.number(c.loss_nats, 4) : "-",
               c.infinite_rows > 0 ? fmt::format("{} infinite", counted(c.infinite_rows, "row"))
                                   : range(nats.low, nats.high),
               any ? style_.percent(c.accuracy, 1) : "-", confused,
               share ? style_.percent(c.loss_share, 1) : "-",
               share ? style_.bar(c.loss_share, 20) : ""});
  }

  void worst() {
    if (s_.worst.empty()) return;
    heading("WORST ROWS");
    Table table({false, false, true, true, true});
    table.add({"loss", "p(truth)", "truth", "said", "where"});
    for (const RowRecord& r : s_.worst) {
      const std::string& file = e_.sources[static_cast<std::size_t>(r.source)];
      std::string where = r.line > 0 ? fmt::format("{}:{}", escape(file), r.line)
                                     : fmt::format("{}[{}]", escape(file), r.row);
      if (!e_.layout.id.empty()) where += ", " + escape(e_.layout.id) + " " + escape(r.id);
      const bool tiny = !std::isnormal(r.p_true) && std::isfinite(r.loss_nats);
      table.add({style_.number(r.loss_nats, 4),
                 tiny ? style_.exponential(-r.loss_nats, 4) : style_.number(r.p_true, 4),
                 escape(e_.layout.classes.text(r.label)),
                 escape(e_.layout.classes.text(r.predicted)), where});
    }
    out_ += table.text();
    if (s_.rows >= 100 && std::isfinite(s_.worst_percent_share))
      out_ += fmt::format("  the worst 1 % of {} make {} of the {}loss\n",
                          s_.infinite_rows > 0 ? "the other rows" : "rows",
                          style_.percent(s_.worst_percent_share, 0),
                          s_.infinite_rows > 0 ? "finite " : "");
  }

  const EvalSettings& settings_;
  const Evaluation& e_;
  const Summary& s_;
  Style style_;
  std::string out_;
};

}  // namespace

std::string eval_text(const EvalSettings& settings, const Evaluation& e, const Context& context) {
  return Report(settings, e, context).text();
}

}  // namespace crossent::cli
