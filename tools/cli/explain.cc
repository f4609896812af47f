// `crossent explain`: what a mean cross-entropy says, and what it cannot say.
#include "crossent/explain.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "cli/lists.h"
#include "cli/output/json.h"
#include "cli/scalars.h"
#include "cli/units.h"
#include "cli/verb.h"
#include "cli/verdict.h"
#include "crossent/entropy.h"
#include "crossent/error.h"

namespace crossent::cli {
namespace {

// Where to look when the loss is that of a fault, not of an unsure model.
std::string suspects(const Explanation& x, const std::optional<double>& accuracy) {
  if (x.diagnosis == Diagnosis::infinite)
    return "a probability of exactly 0 for a class that occurs; `crossent eval` names the rows";
  if (accuracy && *accuracy >= 0.9 && x.diagnosis == Diagnosis::far_above_uniform)
    return "a few confident mistakes (accuracy is high): a temperature on the logits would help";
  if (x.diagnosis == Diagnosis::far_above_uniform || x.diagnosis == Diagnosis::above_uniform)
    return "overfitting, labels off by one, logits passed as probabilities, softmax applied twice";
  return "";
}

class ExplainVerb : public Verb {
 public:
  void declare(Options& options) override {
    options.value("--ce", "L", ce_, "the mean cross-entropy of held-out rows").aliases = {
        "--loss",          "--log-loss", "--logloss",
        "--logistic-loss", "--nll",      "--negative-log-likelihood",
        "--cross-entropy"};
    options.value("--accuracy", "A", accuracy_,
                  "share of right answers on the same rows, in [0, 1]");
    options.value("--classes", "C", classes_, "number of classes");
    options.list("--counts", "N..", counts_, "rows of each class: gives the baseline H(y)");
    options.value("--n", "N", rows_, "number of rows: gives the interval on the accuracy");
    options.value("--base", "B", base_, "unit of --ce: e (nats), 2 (bits), 10 (dits), ...");
  }

  int run(Context& context) override {
    if (!ce_) throw UsageError("--ce is missing", "as in: crossent explain --ce 1.85 --classes 10");
    const Explanation x = explained();
    const Style style(context);
    context.out = context.json ? json(x, style) : text(x, style);
    return 0;
  }

 private:
  Explanation explained() {
    const Unit unit(base_);
    const double loss = real(*ce_);
    if (!(loss >= 0))
      throw InputError(fmt::format("--ce {}: a cross-entropy is never negative", escape(ce_->text)),
                       std::isnan(loss) ? "NaN: some row had no loss; `crossent eval` names it"
                                        : "a log-likelihood has the other sign; a density's may be "
                                          "negative, but not that of classes");
    ExplainInput input;
    input.loss = loss_ = unit.to_nats(loss);
    if (accuracy_) input.accuracy = accuracy_value_ = accuracy();
    if (classes_) input.classes = integer_in(*classes_, INT64_MIN, INT64_C(1) << 53);
    if (input.classes && *input.classes < 2)
      throw UsageError("--classes " + classes_->text + ": must be at least 2",
                       "yes or no is 2 classes; of a single class there is nothing to predict");
    if (rows_) input.rows = static_cast<double>(integer_in(*rows_, 1, INT64_C(1) << 53));
    std::vector<double> counts;
    if (!counts_.empty()) {
      List list = parse_list(counts_);
      join_rows(list);
      check_distributions(list, "count", true, "");
      counts = list.row(0);
      check_agreement(input, counts);
    }
    input.counts = counts;
    try {
      return explain(input);
    } catch (const ValueError& e) {
      const std::string_view what = e.what();
      const bool contradiction = e.argument == "contradiction";
      throw InputError(std::string(what.substr(what.find("] ") + 2)),
                       contradiction
                           ? "both must come from the same rows, the loss as a mean in nats "
                             "(--base 2 for bits)"
                           : "");
    }
  }

  // --classes and --n may repeat what the counts say, not contradict it.
  void check_agreement(const ExplainInput& input, const std::vector<double>& counts) const {
    const auto classes = static_cast<std::int64_t>(counts.size());
    if (input.classes && *input.classes != classes)
      throw InputError(fmt::format("--counts are of {}, --classes is {}",
                                   classes == 1 ? "1 class" : fmt::format("{} classes", classes),
                                   *input.classes),
                       "one count for each class; --classes may be left out");
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    if (input.rows && *input.rows != total)
      throw InputError(fmt::format("--counts sum to {} rows, --n is {}", count_text(total),
                                   count_text(*input.rows)),
                       "the counts are of the same rows; --n may be left out");
  }

  double accuracy() const {
    const double a = real(*accuracy_);
    if (a > 1 && a <= 100)
      throw UsageError(fmt::format("--accuracy {}: is outside [0, 1]", accuracy_->text),
                       fmt::format("a percentage? write {:g}", a / 100));
    return real_in(*accuracy_, 0, 1);
  }

  std::string text(const Explanation& x, const Style& style) const;
  std::string json(const Explanation& x, const Style& style) const;
  std::vector<std::string> statements(const Explanation& x, const Style& style) const;
  std::string calibrated(const Explanation& x, const Style& style) const;

  std::optional<Value> ce_, accuracy_, classes_, rows_, base_;
  std::vector<Value> counts_;
  double loss_ = 0;
  std::optional<double> accuracy_value_;
};

constexpr const char* kCannotSay =
    "an interval on CE, which classes fail: give the predictions to `crossent eval`";

std::string range(const Style& style, const Interval& i) {
  return style.number(i.low, 4) + " .. " + style.number(i.high, 4);
}

std::string ExplainVerb::calibrated(const Explanation& x, const Style& style) const {
  const Interval& r = *x.calibrated_accuracy_range;
  std::string out = range(style, r);
  if (!accuracy_value_) return out;
  const bool inside = *accuracy_value_ >= r.low && *accuracy_value_ <= r.high;
  return out + fmt::format("  -> {} is {}", style.rounded(*accuracy_value_, 4),
                           inside ? "consistent; this does not prove calibration"
                                  : "outside: not calibrated, up to sampling noise");
}

std::string ExplainVerb::text(const Explanation& x, const Style& style) const {
  std::string out = style.bold(verdict(style, x)) + "\n";
  const auto line = [&](const char* label, const std::string& value) {
    out += fmt::format("  {:<26}{}\n", label, value);
  };
  const auto noted = [&](const char* label, const std::string& value, const std::string& note) {
    line(label, fmt::format("{:<8}   ({})", value, note));
  };
  const char* nats = base_ ? " nats" : "";   // where --ce is in another unit
  const bool finite = std::isfinite(loss_);  // against an infinite loss nothing can be measured
  const std::string uniform =
      x.classes ? "; uniform would be " + style.rounded(1 / static_cast<double>(*x.classes)) : "";
  if (finite) {
    line("bits per label", style.number(x.bits));
    noted("typical p(truth)", style.exponential(-loss_), "geometric mean" + uniform);
  }
  if (finite && x.skill_uniform)
    noted("skill over uniform", style.skill(*x.skill_uniform),
          fmt::format("ln {} = {}{}", *x.classes, style.number(*x.uniform), nats));
  if (finite && x.skill_baseline)
    noted("skill over class rates", style.skill(*x.skill_baseline),
          fmt::format("H(y) = {}{}: the loss of knowing only how often each class occurs",
                      style.number(*x.baseline), nats));
  if (finite && x.information_lower_bound)
    line("inputs tell of the label",
         *x.information_lower_bound > 0
             ? fmt::format("at least {} nats = {} bits, in expectation",
                           style.number(*x.information_lower_bound),
                           style.number(bits(*x.information_lower_bound)))
             : "none shown");
  if (x.accuracy_interval)
    line("accuracy 95 % interval", range(style, *x.accuracy_interval) + " (Wilson)");
  if (!accuracy_value_ && x.error_at_most < 1)
    noted("accuracy of these rows", "at least " + style.number(1 - x.error_at_most, 4),
          "a wrong answer costs at least ln 2");
  if (finite && x.wrong_loss_range) {
    line("on the wrong answers", fmt::format("p(truth) between {} and {} (geometric mean)",
                                             style.exponential(-x.wrong_loss_range->high, 4),
                                             style.exponential(-x.wrong_loss_range->low, 4)));
  }
  if (x.calibrated_accuracy_range) line("if calibrated, accuracy", calibrated(x, style));
  if (x.cannot_be_calibrated)
    line("calibrated",
         fmt::format("no, up to sampling noise: a calibrated model loses at most {} = {}{}",
                     x.baseline ? "H(y)" : fmt::format("ln {}", *x.classes),
                     style.number(x.baseline ? *x.baseline : *x.uniform), nats));
  const std::string look = suspects(x, accuracy_value_);
  if (!look.empty()) line("look for", look);
  line("cannot say", kCannotSay);
  return out;
}

std::vector<std::string> ExplainVerb::statements(const Explanation& x, const Style& style) const {
  std::vector<std::string> out = {verdict(style, x)};
  const auto say = [&]<class... A>(fmt::format_string<A...> form, A&&... values) {
    out.push_back(fmt::format(form, std::forward<A>(values)...));
  };
  const bool finite = std::isfinite(loss_);
  if (finite) say("{} bits per label", style.number(x.bits));
  if (finite && x.code_length_bits)
    say("{} bits for the {} labels; their likelihood is {}", style.number(*x.code_length_bits, 1),
        count_text(*x.rows), style.power_of_ten(-*x.code_length_bits * std::numbers::ln2));
  if (finite)
    say("the truth typically gets probability {} (geometric mean)", style.exponential(-loss_));
  if (finite && x.skill_uniform)
    say("skill over uniform guessing {}", style.skill(*x.skill_uniform));
  if (finite && x.skill_baseline)
    say("skill over the class frequencies {} (their loss is H(y) = {} nats)",
        style.skill(*x.skill_baseline), style.number(*x.baseline));
  if (finite && x.information_lower_bound && *x.information_lower_bound > 0)
    say("the inputs carry at least {} nats about the label, in expectation",
        style.number(*x.information_lower_bound));
  else if (finite && x.information_lower_bound)
    say("the inputs carry no information about the label that this loss shows");
  if (x.error_at_most < 1)
    say("at most {} of these rows are wrong", style.percent(x.error_at_most));
  for (const double t : {0.1, 0.01})
    if (const double share = share_below_at_most(loss_, t); share < 1)
      say("at most {} of the rows gave the truth {} or less", style.percent(share), t);
  if (finite && x.wrong_loss_range)
    say("the mean loss of the wrong rows is in {} nats", range(style, *x.wrong_loss_range));
  if (x.calibrated_accuracy_range) say("if calibrated, accuracy is in {}", calibrated(x, style));
  if (x.cannot_be_calibrated) say("not calibrated, up to sampling noise, or a bug in the labels");
  const std::string look = suspects(x, accuracy_value_);
  if (!look.empty()) say("look for {}", look);
  say("cannot say {}", kCannotSay);
  return out;
}

std::string ExplainVerb::json(const Explanation& x, const Style& style) const {
  Json object = json_head("explain");
  const auto number = [&](const char* key, const std::optional<double>& value) {
    if (value) put(object, key, *value);
  };
  const auto interval = [&](const char* key, const std::optional<Interval>& i) {
    if (i) put(object, key, std::vector<double>{i->low, i->high});
  };
  put(object, "perplexity", x.perplexity);
  put(object, "bits", x.bits);
  put(object, "typical_probability", x.typical_probability);
  number("skill_uniform", x.skill_uniform);
  number("baseline", x.baseline);
  number("skill_baseline", x.skill_baseline);
  number("information_lower_bound", x.information_lower_bound);
  interval("accuracy_interval", x.accuracy_interval);
  put(object, "error_at_most", x.error_at_most);
  if (x.no_wrong_rows) object["wrong_loss_range"] = nullptr;
  interval("wrong_loss_range", x.wrong_loss_range);
  interval("calibrated_accuracy_range", x.calibrated_accuracy_range);
  object["statements"] = statements(x, style);
  return json_line(object);
}

}  // namespace

VerbInfo explain_verb() {
  return {
      "explain",
      "--ce L [--accuracy A] [--classes C | --counts N..] [--n N] [--base B] [--json]",
      "what a mean cross-entropy says, and what it cannot say",
      "Says everything that follows from a mean cross-entropy on held-out rows: against guessing, "
      "against the class frequencies, together with the accuracy, and if the model were "
      "calibrated. The prediction is taken to be the class of highest probability.",
      {},
      {{"crossent explain --ce 1.85 --accuracy 0.34 --classes 10 --n 5000",
        "a loss, an accuracy, ten classes"},
       {"crossent explain --ce 0.31 --counts 50,50,50", "against the class frequencies"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<ExplainVerb>()); }};
}

}  // namespace crossent::cli
