// The words for what `crossent train` was told: enough to repeat the run.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "cli/train.h"
#include "cli/train_names.h"

namespace crossent::cli {
namespace {

std::string first_weights(const TrainSettings& s) {
  if (!s.start.empty()) return "from " + escape(s.start);
  const TrainOptions& o = s.options;
  const bool rectifier =
      o.activation == HiddenActivation::relu || o.activation == HiddenActivation::gelu;
  switch (o.init) {
    case Initialization::zero:
      return "zero";
    case Initialization::glorot:
      return "glorot";
    case Initialization::he:
      return "he";
    case Initialization::normal:
      return fmt::format("normal, sd {:g}", o.init_scale);
    case Initialization::uniform:
      return fmt::format("uniform, +-{:g}", o.init_scale);
    default:
      return o.hidden.empty() ? "zero" : rectifier ? "he" : "glorot";
  }
}

std::string data_line(const TrainSettings& s, const TrainPlan& plan) {
  const auto features = static_cast<std::int64_t>(plan.architecture.inputs);
  std::string out = fmt::format("{}, {}, {}", escape(plan.source), counted(plan.rows, "row"),
                                counted(features, "feature"));
  if (plan.schema.inputs.size() != plan.architecture.inputs)
    out += fmt::format(" of {}",
                       counted(static_cast<std::int64_t>(plan.schema.inputs.size()), "column"));
  if (s.features.standardize)
    out += ", standardised";
  else if (s.features.scale != 1)
    out += fmt::format(", times {:g}", s.features.scale);
  if (!s.features.impute) return out;
  const auto& inputs = plan.schema.inputs;
  const auto texts = std::count_if(inputs.begin(), inputs.end(),
                                   [](const InputColumn& column) { return column.is_text(); });
  if (texts < std::ssize(inputs)) out += ", missing numbers are the column's mean";
  return out + (texts > 0 ? ", missing words its most frequent" : "");
}

std::string target_line(const TrainSettings& s, const TrainPlan& plan) {
  constexpr std::size_t kShown = 10;
  const bool many = plan.schema.multi_label();
  const std::vector<std::string>& names = many ? plan.schema.targets : plan.schema.classes;
  std::string out =
      many ? fmt::format("{} independent labels: ", names.size())
           : fmt::format("{}, {} classes: ", escape(plan.schema.targets.front()), names.size());
  for (std::size_t k = 0; k < std::min(names.size(), kShown); ++k)
    out += (k ? ", " : "") + escape(names[k]);
  if (names.size() > kShown) out += ", ...";
  const std::vector<std::string>& given = s.samples.targets;  // of arrays: a file
  return given.size() == 1 && given != plan.schema.targets ? out + " (" + escape(given[0]) + ")"
                                                           : out;
}

std::string rows_line(const TrainSettings& s, const TrainPlan& plan) {
  std::string out = fmt::format("{} to learn from", grouped(plan.training));
  if (s.fraction > 0)
    out +=
        fmt::format(", {} for validation ({:g} of {}, seed {})", grouped(plan.validation),
                    s.fraction, plan.schema.multi_label() ? "them" : "each class", s.options.seed);
  else if (plan.validation > 0)
    out += fmt::format(", {} for validation ({})", grouped(plan.validation),
                       escape(s.validation.path));
  if (plan.test > 0)
    out += fmt::format(", {} for the test ({})", grouped(plan.test), escape(s.test.path));
  return out;
}

std::string network_line(const TrainSettings& s, const TrainPlan& plan) {
  const Architecture& a = plan.architecture;
  std::string out = shape_text(a);
  if (!a.hidden.empty()) out += fmt::format(", {}", activation_name(a.activation));
  out += a.output == Activation::softmax ? ", softmax" : ", sigmoid";
  return out + fmt::format(", {}, {}; weights {}, seed {}",
                           counted(static_cast<std::int64_t>(a.parameters()), "parameter"),
                           s.f64 ? "f64" : "f32", first_weights(s), s.options.seed);
}

std::string cost_line(const TrainSettings& s) {
  const TrainOptions& o = s.options;
  std::string out = "cross-entropy";
  if (o.cost == Cost::focal) out = fmt::format("focal, gamma {:g}", o.focal_gamma);
  if (o.cost == Cost::squared_error)
    out = std::string("half squared error of the ") +
          (o.squared_on == SquaredOn::logits ? "logits" : "probabilities") +
          (o.squared_gradient == SquaredGradient::diagonal ? ", diagonal gradient" : "");
  if (o.label_smoothing > 0) out += fmt::format(", smoothing {:g}", o.label_smoothing);
  if (!o.class_weight.empty()) {
    out += s.balanced ? ", balanced class weights" : ", class weights";
    for (std::size_t k = 0; k < std::min<std::size_t>(o.class_weight.size(), 10); ++k)
      out += fmt::format("{}{:.6g}", k ? ", " : " ", o.class_weight[k]);
    if (o.class_weight.size() > 10) out += ", ...";
  }
  if (o.l1 > 0) out += fmt::format(", L1 {:g}", o.l1);
  if (o.l2 > 0) out += fmt::format(", L2 {:g}", o.l2);
  return out + (o.dropout > 0 ? fmt::format(", dropout {:g}", o.dropout) : "");
}

std::string schedule_text(const TrainOptions& o) {
  std::string out;
  if (o.schedule == Schedule::step)
    out = fmt::format(", times {:g} every {}", o.schedule_factor,
                      counted(o.schedule_epochs, "epoch"));
  if (o.schedule == Schedule::cosine) out = ", cosine";
  if (o.warmup_epochs > 0) out += fmt::format(", warm-up {}", counted(o.warmup_epochs, "epoch"));
  return out;
}

std::string optimizer_line(const TrainOptions& o) {
  if (o.optimizer == Optimizer::lbfgs)
    return fmt::format("lbfgs to a gradient of {:g}{}", o.tolerance,
                       o.epochs > 0 ? ", at most " + counted(o.epochs, "iteration") : "");
  std::string out =
      fmt::format("{}, rate {:g}{}", optimizer_word(o.optimizer), o.rate, schedule_text(o));
  if (o.optimizer == Optimizer::sgd && o.momentum > 0)
    out += fmt::format(", {}momentum {:g}", o.nesterov ? "Nesterov " : "", o.momentum);
  if (o.optimizer == Optimizer::adam || o.optimizer == Optimizer::adamw)
    out += fmt::format(", beta {:g} {:g}, epsilon {:g}", o.beta1, o.beta2, o.epsilon);
  if (o.optimizer == Optimizer::adamw) out += fmt::format(", weight decay {:g}", o.weight_decay);
  if (o.clip_norm > 0) out += fmt::format(", gradient clipped to {:g}", o.clip_norm);
  out += fmt::format("; batch {}, {}", grouped(o.batch), counted(o.epochs, "epoch"));
  if (o.early_stop > 0) out += fmt::format(", stopped {} after the best", grouped(o.early_stop));
  return out;
}

}  // namespace

const char* status_word(TrainStatus status) {
  switch (status) {
    case TrainStatus::converged:
      return "converged";
    case TrainStatus::stalled:
      return "stalled";
    case TrainStatus::not_converged:
      return "not_converged";
    case TrainStatus::early_stopped:
      return "early_stopped";
    case TrainStatus::separable:
      return "separable";
    case TrainStatus::diverged:
      return "diverged";
    case TrainStatus::interrupted:
      return "interrupted";
    default:
      return "finished";
  }
}

const char* optimizer_word(Optimizer optimizer) { return word_of(kOptimizers, optimizer); }

bool has_array_names(std::span<const InputColumn> columns) {
  return std::all_of(columns.begin(), columns.end(),
                     [](const auto& c) { return c.name.starts_with("feature_"); });
}

const char* round_word(const TrainSettings& s) {
  return s.options.optimizer == Optimizer::lbfgs ? "iteration" : "epoch";
}

std::string shape_text(const Architecture& a) {
  std::string out = std::to_string(a.inputs);
  for (const std::size_t units : a.hidden) out += "-" + std::to_string(units);
  return out + "-" + std::to_string(a.outputs);
}

std::vector<std::pair<std::string, std::string>> plan_lines(const TrainSettings& s,
                                                            const TrainPlan& plan) {
  return {{"data", data_line(s, plan)}, {"target", target_line(s, plan)},
          {"rows", rows_line(s, plan)}, {"network", network_line(s, plan)},
          {"cost", cost_line(s)},       {"optimiser", optimizer_line(s.options)}};
}

}  // namespace crossent::cli
