// `crossent loss`: cross-entropy of predictions given on the command line.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cli/loss_rows.h"
#include "cli/loss_text.h"
#include "cli/output/json.h"
#include "cli/scalars.h"
#include "cli/units.h"
#include "cli/verb.h"
#include "crossent/entropy.h"
#include "crossent/softmax.h"

namespace crossent::cli {
namespace {

class LossVerb : public Verb {
 public:
  void declare(Options& options) override;

  int run(Context& context) override {
    const Unit unit(base_);
    question_.binary = binary_;
    question_.normalize = normalize_;
    if (smoothing_) question_.smoothing = real_in(*smoothing_, 0, 1);
    if (labels_from_) question_.first_label = integer_in(*labels_from_, 0, 1);
    read_values();
    check_activation();
    question_.values = parse_list(!probs_.empty()    ? probs_
                                  : !logits_.empty() ? logits_
                                                     : log_probs_);
    check_values();
    read_truth();
    const LossAnswer answer = compute(question_);
    note_activation(unit, Style(context), context);
    note_other_base(answer, unit, Style(context), context);
    note_vanished(answer, Style(context), context);
    context.out = context.json ? json(answer, unit)
                               : loss_text(question_, answer, unit, Style(context), steps_);
    return 0;
  }

 private:
  void read_values();
  void check_values();
  void check_scores() const;
  void note_activation(const Unit& unit, const Style& style, Context& context) const;
  void check_activation() const;
  void read_truth();
  void read_labels();
  void read_target();
  void note_other_base(const LossAnswer& answer, const Unit& unit, const Style& style,
                       Context& context) const;
  void note_vanished(const LossAnswer& answer, const Style& style, Context& context) const;
  std::string json(const LossAnswer& answer, const Unit& unit) const;

  std::vector<Value> probs_, logits_, log_probs_, label_, target_;
  std::optional<Value> base_, labels_from_, smoothing_, activation_;
  bool binary_ = false, normalize_ = false, steps_ = false;
  LossQuestion question_;
};

void LossVerb::declare(Options& options) {
  options
      .list("--probs", "P", probs_, "predicted probabilities, one per class; rows separated by ;")
      .aliases = {"--prob", "--p"};
  options.list("--logits", "Z", logits_, "scores before softmax (with --binary: before sigmoid)")
      .aliases = {"--logit"};
  options.list("--log-probs", "L", log_probs_, "natural logarithms of probabilities").aliases = {
      "--logprobs", "--log-prob"};
  options.list("--label", "K", label_, "the true class of each row, counted from 0").aliases = {
      "--labels"};
  options.list("--target", "T", target_, "the target distribution of each row: one-hot or soft")
      .aliases = {"--targets"};
  options.flag("--binary", binary_,
               "every number is one yes-or-no row (label 1 or 0); with a one-hot --target this is "
               "the per-output binary form");
  options.value("--base", "B", base_, "unit: e (nats), 2 (bits), 10 (dits) or any number above 1");
  options.value("--labels-from", "0|1", labels_from_, "the number of the first class (0)");
  options.flag("--normalize", normalize_, "divide each row of --probs or --log-probs by its sum");
  options.value("--smoothing", "E", smoothing_, "label smoothing, 0 to 1");
  options
      .value("--activation", "NAME", activation_,
             "what the last layer applied: says whether its outputs are probabilities")
      .choices = {"softmax", "sigmoid", "tanh", "relu", "identity"};
  options.flag("--steps", steps_, "show the formula with the numbers put in");
}

void LossVerb::read_values() {
  const int given =
      (probs_.empty() ? 0 : 1) + (logits_.empty() ? 0 : 1) + (log_probs_.empty() ? 0 : 1);
  if (given != 1)
    throw UsageError(
        given == 0 ? "no predictions given" : "give one of --probs, --logits, --log-probs",
        "as in: crossent loss --probs 0.20,0.70,0.10 --label 1");
  if (!logits_.empty()) question_.kind = Kind::logits;
  if (!log_probs_.empty()) question_.kind = Kind::log_probabilities;
  if (binary_ && !log_probs_.empty())
    throw UsageError("--log-probs does not go with --binary", "give --probs or --logits");
  if (normalize_ && (!logits_.empty() || binary_))
    throw UsageError(
        "--normalize divides rows of --probs or --log-probs by their sum: there are none here");
}

void LossVerb::check_activation() const {
  if (!activation_) return;
  const std::string& name = activation_->text;
  const bool gives_probabilities = name == "softmax" || name == "sigmoid";
  if (!logits_.empty()) {
    if (gives_probabilities)
      throw UsageError(name +
                           " outputs are probabilities already: as logits they would go through " +
                           (binary_ ? "sigmoid" : "softmax") + " twice",
                       "give them as --probs");
    return;
  }
  if (name == "softmax" || (name == "sigmoid" && binary_)) return;
  if (gives_probabilities)
    throw UsageError("sigmoid outputs are probabilities one by one: they need not sum to 1",
                     "use --binary: each output is a yes-or-no question of its own");
  const char* why = name == "tanh"   ? "lie in (-1, 1): they can be negative"
                    : name == "relu" ? "lie in [0, inf): they can be above 1"
                                     : "can be any number";
  throw UsageError(
      fmt::format("{} outputs {}, and need not sum to 1: they are no probabilities", name, why),
      fmt::format("treat them as logits: --logits in place of {}",
                  probs_.empty() ? "--log-probs" : "--probs"));
}

// What a bounded activation does to the loss when its outputs are taken as logits.
void LossVerb::note_activation(const Unit& unit, const Style& style, Context& context) const {
  if (!activation_ || logits_.empty()) return;
  if (activation_->text == "relu")
    context.notes.push_back(
        "relu outputs are taken as logits: none can be below 0, so a class is "
        "ruled out only by raising the others");
  if (activation_->text != "tanh") return;
  LossQuestion best;
  best.kind = Kind::logits;
  best.labels = {0};
  best.values.option = "--logits";
  best.values.rows = {std::vector<Number>(question_.classes(), Number{-1, "-1", 0, 0})};
  best.values.rows[0][0].value = binary_ ? 0 : 1;  // with --binary: the pair (0, -1)
  context.notes.push_back(fmt::format(
      "tanh outputs are taken as logits: they lie in (-1, 1), so the loss cannot fall below {}",
      unit.amount(style, mean_loss(best))));
}

void LossVerb::check_values() {
  const List& list = question_.values;
  if (!binary_) list.matrix();  // refuses rows of different lengths
  if (question_.kind == Kind::probabilities) {
    if (!binary_)
      return check_distributions(
          list, "probability", normalize_,
          list.cols() == 1 ? "one number a row: a yes-or-no question? use --binary"
                           : "a number is mistyped, or use --normalize to divide by the sum");
    for (const Number& n : list.numbers()) check_probability(list, n, "probability");
    return;
  }
  const bool logs = question_.kind == Kind::log_probabilities;
  for (const Number& n : list.numbers()) {
    if (std::isnan(n.value))
      throw InputError(fmt::format("nan is not a number ({})", list.option), "", list.excerpt(n));
    if (logs && n.value > 0)
      throw InputError(
          fmt::format("log-probability {} is above 0 ({})", escape(n.text), list.option),
          "probabilities? use --probs; scores? use --logits", list.excerpt(n));
  }
  check_scores();
}

// What has no softmax, and log-probabilities that are none.
void LossVerb::check_scores() const {
  const List& list = question_.values;
  for (std::size_t i = 0; i < list.rows.size() && !binary_; ++i) {
    const std::vector<double> x = list.row(i);
    const std::string row = list.rows.size() > 1 ? fmt::format("row {}: ", i + 1) : "";
    const std::string place = " (" + list.option + ")";
    if (std::count(x.begin(), x.end(), INFINITY) > 1)
      throw InputError(row + "two logits are +inf: softmax has no value there" + place, "",
                       list.excerpt(i));
    double lse = 0;
    log_sum_exp<double>(matrix(x.data(), 1, x.size()), {&lse, 1});
    if (lse == -INFINITY)
      throw InputError(row + "no class is left: every value is -inf" + place, "", list.excerpt(i));
    const bool logs = question_.kind == Kind::log_probabilities;
    if (logs && !normalize_ && !(std::fabs(lse) <= 1e-6))
      throw InputError(fmt::format("{}the probabilities exp(..) sum to {:.6g}, not 1{}", row,
                                   perplexity(lse), place),
                       std::fabs(lse) < 0.01
                           ? "rounded? --normalize divides them by the sum"
                           : "scores before softmax? use --logits; or --normalize",
                       list.excerpt(i));
  }
}

void LossVerb::read_truth() {
  if (label_.empty() == target_.empty())
    throw UsageError(
        label_.empty() ? "the truth is missing" : "give --label or --target, not both",
        label_.empty() ? "--label 1 (the true class, counted from 0) or --target 0,1,0" : "");
  if (target_.empty()) {
    read_labels();
  } else {
    if (labels_from_) throw UsageError("--labels-from goes with --label");
    read_target();
  }
}

void LossVerb::read_labels() {
  const List list = parse_list(label_);
  const std::vector<Number> numbers = list.numbers();
  question_.labels = integers(list, "label");
  const auto classes = static_cast<std::int64_t>(question_.classes());
  if (question_.labels.size() != question_.rows())
    throw InputError(
        fmt::format("{}, but {}", counted(static_cast<std::int64_t>(question_.rows()), "row"),
                    counted(static_cast<std::int64_t>(numbers.size()), "label")),
        question_.rows() > 1 && !binary_ ? "one label for each row, as in --label 0,2,1"
        : binary_                        ? "with --binary every number is a row"
                                         : "rows of --probs are separated by ;");
  const bool fits_from_one = std::all_of(question_.labels.begin(), question_.labels.end(),
                                         [&](std::int64_t k) { return k >= 1 && k <= classes; });
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::int64_t& label = question_.labels[i];
    const std::int64_t low = question_.first_label, high = low + classes - 1;
    if (label < low || label > high) {
      std::string hint;
      if (classes == 1 && !binary_)
        hint = "one number a row: a yes-or-no question? use --binary";
      else if (fits_from_one && !labels_from_)
        hint = fmt::format("labels counted from 1, as in 1..{} for {} classes? use --labels-from 1",
                           classes, classes);
      else if (binary_)
        hint = "1 for yes, 0 for no; a soft truth is a --target";
      else if (low == 0)
        hint = fmt::format("labels are counted from 0: 0..{} for {} classes", high, classes);
      throw InputError(
          fmt::format("label {} is outside {}..{} ({})", label, low, high, list.option), hint,
          list.excerpt(numbers[i]));
    }
    label -= low;
  }
}

void LossVerb::read_target() {
  question_.target = parse_list(target_);
  const List& list = question_.target;
  if (binary_) {
    for (const Number& n : list.numbers()) check_probability(list, n, "target");
    const std::size_t count = list.numbers().size();
    if (count != question_.rows())
      throw InputError(fmt::format("{} to predict, but {}",
                                   counted(static_cast<std::int64_t>(question_.rows()), "number"),
                                   counted(static_cast<std::int64_t>(count), "target")),
                       "with --binary every number is a row");
    return;
  }
  list.matrix();
  if (list.cols() != question_.classes())
    throw InputError(
        fmt::format("{} of predictions, but {} in --target",
                    counted(static_cast<std::int64_t>(question_.classes()), "column"), list.cols()),
        "one number for each class, in the same order", list.excerpt(std::size_t{0}));
  if (list.rows.size() != question_.rows())
    throw InputError(
        fmt::format("{}, but {}", counted(static_cast<std::int64_t>(question_.rows()), "row"),
                    counted(static_cast<std::int64_t>(list.rows.size()), "target row")),
        "one target row for each row of predictions");
  check_distributions(list, "target probability", false,
                      "a target is a distribution; 1 for the true class, 0 for the others");
}

// Several labels without a 0 that give a lower loss when counted from 1: likely they are.
void LossVerb::note_other_base(const LossAnswer& answer, const Unit& unit, const Style& style,
                               Context& context) const {
  const auto classes = static_cast<std::int64_t>(question_.classes());
  const auto& labels = question_.labels;
  if (labels_from_ || binary_ || labels.size() < 2) return;
  if (std::any_of(labels.begin(), labels.end(), [&](auto k) { return k < 1 || k > classes; }))
    return;
  LossQuestion other = question_;
  for (std::int64_t& label : other.labels) --label;
  const double mean = mean_loss(other);
  if (!(mean < answer.mean)) return;
  context.notes.push_back(fmt::format(
      "no label is 0; counted from 1 the mean would be {} (it is {}): if so, use --labels-from 1",
      unit.amount(style, mean), unit.amount(style, answer.mean)));
}

// Losses that are not 0, where their numbers are.
void LossVerb::note_vanished(const LossAnswer& answer, const Style& style, Context& context) const {
  std::int64_t count = 0;
  std::size_t last = 0;
  double largest = -INFINITY;
  for (std::size_t i = 0; i < answer.rows.size(); ++i) {
    const LossRow& row = answer.rows[i];
    if (!row.log_loss || row.loss != 0) continue;
    ++count;
    last = i + 1;
    largest = std::max(largest, *row.log_loss);
  }
  if (count == 0) return;
  const std::string which = answer.rows.size() == 1 ? "the loss is"
                            : count == 1
                                ? fmt::format("the loss of row {} is", last)
                                : fmt::format("the losses of {} are", counted(count, "row"));
  context.notes.push_back(
      fmt::format("{} below the smallest f64 (about 4.9e-324) and {} as 0: {} about {} nats", which,
                  count == 1 ? "counts" : "count", count == 1 ? "it is" : "the largest is",
                  style.exponential(largest)));
}

Json row_json(const LossRow& row, const LossQuestion& question, const Unit& unit) {
  Json out = Json::object();
  put_nats(out, "loss", row.loss);
  if (row.label) put(out, "p_true", row.p_true);
  out["predicted"] = row.predicted + question.first_label;
  if (row.correct) out["correct"] = *row.correct;
  put(out, "entropy", row.entropy);
  put(out, "squared_error", row.squared_error);
  put(out, "gradient", row.gradient);
  put(out, "squared_error_mean", row.squared_error / static_cast<double>(row.p.size()));
  put(out, "squared_error_gradient", row.squared_error_gradient);
  if (!row.label || question.smoothing > 0) {
    put(out, "target_entropy", row.target_entropy);
    put(out, "kl", row.divergence);
  }
  if (question.kind != Kind::probabilities || question.normalize) put(out, "probabilities", row.p);
  if (question.binary) {
    put(out, "curvature", row.curvature);
    put(out, "squared_error_curvature", row.squared_error_curvature);
  }
  if (unit.chosen()) put(out, "in_base", unit.from_nats(row.loss));
  return out;
}

std::string LossVerb::json(const LossAnswer& answer, const Unit& unit) const {
  Json object = json_head("loss");
  object["rows"] = Json::array();
  for (const LossRow& row : answer.rows) object["rows"].push_back(row_json(row, question_, unit));
  object["count"] = answer.rows.size();
  put(object, "sum", answer.sum);
  put_nats(object, "mean", answer.mean);
  put(object, "perplexity", perplexity(answer.mean));
  put(object, "uniform", answer.uniform);
  if (answer.uniform > 0) put(object, "skill_uniform", 1 - answer.mean / answer.uniform);
  if (answer.labelled > 0)
    put(object, "accuracy",
        static_cast<double>(answer.right) / static_cast<double>(answer.labelled));
  if (unit.chosen()) {
    put(object, "in_base", unit.from_nats(answer.mean));
    put(object, "base", unit.base() == 0 ? std::numbers::e : unit.base());
  }
  return json_line(object);
}

}  // namespace

VerbInfo loss_verb() {
  return {
      "loss",
      "(--probs P | --logits Z | --log-probs L) (--label K | --target T) [--binary] [--steps] "
      "[OPTIONS]",
      "cross-entropy of predictions typed here, with its steps",
      "The loss of a row is -ln of the probability that it gave to the true class; the cost of "
      "a data set is the mean of its losses. Log loss, logistic loss and negative "
      "log-likelihood are other names of it. Numbers are separated by commas or blanks, rows "
      "by ; or by repeating the option.",
      {"log-loss", "logloss", "logistic-loss", "negative-log-likelihood", "nll", "cross-entropy",
       "crossentropy", "ce", "cost"},
      {{"crossent loss --probs 0.20,0.70,0.10 --target 0,1,0 --steps", "the formula with numbers"},
       {"crossent loss --logits '3.2 1.3 0.2 0.8' --label 0", "through softmax"},
       {"crossent loss --binary --probs .4,.6,.1,.5 --label 1,0,1,1", "four yes-or-no rows"},
       {"crossent loss --probs '.05,.95,0; .1,.8,.1' --label 1,2 --json", "a data set, as JSON"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<LossVerb>()); }};
}

}  // namespace crossent::cli
