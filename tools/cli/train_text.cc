// What `crossent train` prints for a person, before and after the table.
#include <fmt/format.h>

#include <cmath>

#include "cli/train.h"
#include "cli/train_plot.h"
#include "cli/verdict.h"
#include "crossent/error.h"

namespace crossent::cli {
namespace {

std::string nats(const Style& style, double x) { return style.number(x) + " nats"; }

// The scores that say most of the model: of rows it has not seen, if there are any.
struct Judged {
  const Scores* scores;
  const char* rows;
};
Judged judged(const TrainOutcome& r) {
  if (r.test.rows > 0) return {&r.test, "test"};
  if (r.last.validation.rows > 0) return {&r.last.validation, "validation"};
  return {&r.last.training, "training"};
}

std::string scores_table(const Style& style, const TrainPlan& plan, const TrainOutcome& r) {
  Table table({true, false, false, false, false, false});
  table.add({"", "rows", "right", "accuracy", "cross-entropy", "squared error"});
  const auto add = [&](const char* name, const Scores& s) {
    if (s.rows == 0) return;
    table.add({name, grouped(s.rows), grouped(s.correct), style.percent(s.accuracy),
               style.number(s.cross_entropy), style.number(s.squared_error)});
  };
  add("training", r.last.training);
  add("validation", r.last.validation);
  add("test", r.test);
  const std::string note = plan.schema.multi_label()
                               ? "  (right: labels, not rows; losses are sums over the labels)\n"
                               : "";
  return table.text() + note;
}

// Of one distribution over classes a row: softmax, or a single sigmoid.
bool one_label(const TrainPlan& plan) {
  return plan.architecture.output == Activation::softmax || plan.architecture.outputs == 1;
}

std::string explained(const Style& style, const TrainPlan& plan, const Scores& s) {
  ExplainInput input;
  input.loss = s.cross_entropy;
  input.counts = plan.held_out_counts;
  input.accuracy = s.accuracy;
  try {
    return verdict(style, explain(input));
  } catch (const ValueError&) {  // ties in the largest output: the accuracy says nothing
    input.accuracy.reset();
    return verdict(style, explain(input));
  }
}

std::string judgement(const Style& style, const TrainPlan& plan, const TrainOutcome& r) {
  const Judged of = judged(r);
  if (!std::isfinite(of.scores->cross_entropy)) return "";
  std::string out;
  if (one_label(plan)) {
    out = explained(style, plan, *of.scores);
  } else {
    const double skill = 1 - of.scores->cross_entropy / plan.baseline;
    out = fmt::format("{} {} than knowing only how often each {} occurs.",
                      style.percent(std::fabs(skill)), skill < 0 ? "worse" : "better",
                      plan.schema.multi_label() ? "label" : "class");
  }
  return of.scores == &r.last.training
             ? out + "\n  That is on the rows it learned from; --validation 0.2 holds some out.\n"
             : fmt::format("{} (On the {} rows.)\n", out, of.rows);
}

std::string next_steps(const TrainSettings& s, const TrainOutcome& r) {
  const std::string resumed = r.go_on.empty() ? "" : "Resume the run with\n  " + r.go_on + "\n";
  if (s.models.empty()) return resumed + "No model file was written: -o MODEL keeps the model.\n";
  if (!has_learned(r))
    return resumed + "No model file was written: not one epoch came to its end.\n";
  if (r.models.empty()) return resumed + "No model file was written.\n";
  std::string out, readable;
  for (const std::string& path : r.models) {
    out += fmt::format("{}{}", out.empty() ? "" : ", ", escape(path));
    if (model_format(s, path) != "onnx" && readable.empty()) readable = path;
  }
  out = resumed + fmt::format("The {}model of epoch {} is in {}. Go on with\n",
                              r.status == TrainStatus::diverged ? "last good " : "",
                              grouped(r.best_epoch), out);
  if (readable.empty())
    return out + "  any program that runs ONNX (crossent predict reads .crossent)\n";
  return out + fmt::format("  crossent predict {} DATA -o preds.csv\n  crossent eval preds.csv\n",
                           escape(readable));
}

}  // namespace

std::string train_header(const TrainSettings& s, const TrainPlan& plan, const Context& context) {
  const Style style(context);
  const bool regression = plan.architecture.hidden.empty();
  const char* kind = plan.architecture.output == Activation::softmax ? "softmax" : "logistic";
  const std::string what = regression ? fmt::format("a {} regression", kind)
                                      : fmt::format("a {} network", shape_text(plan.architecture));
  const std::string aim =
      plan.schema.multi_label()
          ? fmt::format("predict {} independent labels", plan.schema.targets.size())
          : fmt::format("tell {} classes apart", plan.schema.classes.size());
  std::string out =
      style.bold(fmt::format("Training {} on {} to {}.", what, counted(plan.training, "row"), aim));
  out += "\n";
  Table table({true, true});
  for (const auto& [name, text] : plan_lines(s, plan)) table.add({name, text});
  out += table.text();
  out += fmt::format("A model that knows nothing scores H(y) = {}; uniform guessing {} ({}).\n",
                     nats(style, plan.baseline), nats(style, plan.uniform),
                     plan.architecture.output == Activation::softmax
                         ? fmt::format("ln {}", plan.architecture.outputs)
                     : plan.architecture.outputs == 1
                         ? "ln 2"
                         : fmt::format("{} ln 2", plan.architecture.outputs));
  return out;
}

std::string ending(const TrainSettings& s, const TrainOutcome& r) {
  const std::string epochs =
      counted(r.epochs, s.options.optimizer == Optimizer::lbfgs ? "iteration" : "epoch");
  const std::string gradient =
      fmt::format("largest element of the gradient {:.2g}", r.largest_gradient);
  switch (r.status) {
    case TrainStatus::converged:
      return fmt::format("Converged after {}: {}.", epochs, gradient);
    case TrainStatus::stalled:
      return fmt::format("As far as {} can go after {}: {}.", s.f64 ? "f64" : "f32", epochs,
                         gradient);
    case TrainStatus::not_converged:
      return fmt::format("Not converged after {}: {}.", epochs, gradient);
    case TrainStatus::early_stopped:
      return fmt::format("Stopped after {}: no better validation loss for {}.", epochs,
                         counted(s.options.early_stop, "epoch"));
    case TrainStatus::separable:
      return fmt::format(
          "Stopped after {}: every row is right, and the weights would grow forever.", epochs);
    case TrainStatus::diverged:
      return fmt::format("Diverged in epoch {}: the loss is not finite.", grouped(r.epochs + 1));
    case TrainStatus::interrupted:
      return fmt::format("Interrupted after {}.", epochs);
    default:
      return fmt::format("Trained for {}.", epochs);
  }
}

std::string train_footer(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r,
                         const Context& context) {
  const Style style(context);
  std::string out = style.bold(ending(s, r)) + "\n";
  if (!has_learned(r)) return out + next_steps(s, r);
  if (r.best_epoch != r.epochs)
    out += fmt::format("The best validation loss was that of epoch {}; these are its scores:\n",
                       grouped(r.best_epoch));
  out += scores_table(style, plan, r);
  out += judgement(style, plan, r);
  const std::string turned = overfitting(r);
  if (!turned.empty()) out += turned + "\n";
  out += terminal_curves(style, context.terminal.columns, r.history);
  return out + next_steps(s, r);
}

}  // namespace crossent::cli
