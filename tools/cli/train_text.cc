// What `crossent train` prints for a person, before and after the table.
#include <fmt/format.h>

#include <cmath>

#include "cli/command_line.h"
#include "cli/next_step.h"
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
    out = fmt::format("{} knowing only how often each {} occurs.", style.against(skill),
                      plan.schema.multi_label() ? "label" : "class");
  }
  return of.scores == &r.last.training
             ? out + "\n  That is on the rows it learned from; --validation 0.2 holds some out.\n"
             : fmt::format("{} (On the {} rows.)\n", out, of.rows);
}

// Tables have their labels by name, arrays in another file; those of LIBSVM text are taken for
// numbers unless asked for.
std::string target_flag(const TrainSettings& s, const Model& schema) {
  const std::vector<std::string>& given = s.samples.targets;
  if (given.empty() || (given == schema.targets && has_array_names(schema.inputs)))
    return " --target " + shell_word(schema.targets.front());
  return given == schema.targets ? "" : " --target LABELS";
}

// The lines that predict and score rows with the model, as far as they work as they stand.
std::string predict_lines(const TrainSettings& s, const TrainPlan& plan, const std::string& model) {
  const std::string target = target_flag(s, plan.schema);
  std::string out =
      fmt::format("  crossent predict {} DATA{} -o preds.csv\n  crossent eval preds.csv{}",
                  shell_word(model), target, eval_options(plan.schema).value_or(""));
  if (plan.schema.multi_label())
    out += "  # and so on for each label";
  else if (target.empty())
    out += fmt::format("  # where DATA have the column {}", escape(plan.schema.targets.front()));
  return out + "\n";
}

std::string next_steps(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r) {
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
  out = resumed + fmt::format("The {}model of {} {} is in {}. Go on with\n",
                              r.status == TrainStatus::diverged ? "last good " : "", round_word(s),
                              grouped(r.best_epoch), out);
  if (readable.empty())
    return out + "  any program that runs ONNX (crossent predict reads .crossent)\n";
  return out + predict_lines(s, plan, readable);
}

std::string gradient_text(const TrainOutcome& r) {
  return fmt::format(
      "largest element of the gradient {:.2g}{}", r.largest_gradient,
      r.history.empty() ? "" : fmt::format(", norm {:.2g}", r.history.back().gradient_norm));
}

// One sentence on how it ended.
std::string ending(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r) {
  const std::string epochs = counted(r.epochs, round_word(s));
  switch (r.status) {
    case TrainStatus::converged:
      return fmt::format("Converged after {}: {}.", epochs, gradient_text(r));
    case TrainStatus::stalled:
      return fmt::format("As far as {} can go after {}: {}.", s.f64 ? "f64" : "f32", epochs,
                         gradient_text(r));
    case TrainStatus::not_converged:
      return fmt::format("Not converged after {}: {}.", epochs, gradient_text(r));
    case TrainStatus::early_stopped:
      return fmt::format("Stopped after {}: no better validation loss for {}.", epochs,
                         counted(s.options.early_stop, round_word(s)));
    case TrainStatus::separable:
      return fmt::format(
          "Stopped after {}: every row is right, and the weights would grow forever.", epochs);
    case TrainStatus::diverged:
      return fmt::format("Diverged in {} {}: the loss is not finite.", round_word(s),
                         grouped(r.epochs + 1));
    case TrainStatus::interrupted:
      return fmt::format("Interrupted after {}.", epochs);
    default:
      return fmt::format(
          "Trained for {}{}.", epochs,
          is_hopeless(s, plan, r) ? ", to a loss worse than that of knowing nothing" : "");
  }
}

// Which model is kept where it is not the last, and what the last one scores.
std::string kept(const Style& style, const TrainSettings& s, const TrainOutcome& r) {
  const char* round = round_word(s);
  std::string out;
  if (s.options.optimizer == Optimizer::lbfgs && !r.history.empty()) {
    const EpochRecord& end = r.history.back();
    const bool penalised = s.options.l1 > 0 || s.options.l2 > 0;
    out = fmt::format(
        "{} has a training loss of {}{} and a validation loss of {}.\n",
        r.status != TrainStatus::converged ? "The last iteration"
        : s.options.hidden.empty()         ? "The optimum"
                                           : "The minimum",
        style.number(end.training.loss),
        penalised ? fmt::format(" ({} with the penalties)", style.number(end.objective)) : "",
        style.number(end.validation.loss));
  }
  return out + fmt::format("Kept is {} {}, of the lowest validation loss; these are its scores:\n",
                           round, grouped(r.best_epoch));
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

std::string train_footer(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r,
                         const Context& context) {
  const Style style(context);
  std::string out = style.bold(ending(s, plan, r)) + "\n";
  if (!has_learned(r)) return out + next_steps(s, plan, r);
  if (r.best_epoch != r.epochs) out += kept(style, s, r);
  out += scores_table(style, plan, r);
  out += judgement(style, plan, r);
  const std::string turned = overfitting(s, r);
  if (!turned.empty()) out += turned + "\n";
  out += terminal_curves(style, context.terminal.columns, round_word(s), r.history);
  return out + next_steps(s, plan, r);
}

}  // namespace crossent::cli
