// The options of a training as --log records them: what is needed to repeat the run.
#include "cli/train.h"
#include "cli/train_names.h"

namespace crossent::cli {
namespace {

// null: not given, and nothing stands for it.
Json optional(const std::string& text) { return text.empty() ? Json() : Json(text); }
template <class V>
Json optional(const std::vector<V>& values) {
  return values.empty() ? Json() : Json(values);
}
// null: an option that has no part in the run.
template <class V>
Json where(bool used, const V& value) {
  return used ? Json(value) : Json();
}

void put_data(Json& j, const TrainSettings& s) {
  j["data"] = s.data;
  j["target"] = optional(s.samples.targets);
  j["ignore"] = optional(s.samples.ignore);
  j["text"] = optional(s.samples.text);
  j["standardize"] = s.features.standardize;
  j["scale"] = where(!s.features.standardize, s.features.scale);
  j["impute"] = s.features.impute;
  j["validation"] = s.fraction > 0 ? Json(s.fraction) : optional(s.validation.path);
  j["validation-labels"] = optional(s.validation.labels);
  j["test"] = optional(s.test.path);
  j["test-labels"] = optional(s.test.labels);
  j["header"] = word_of(kHeaders, s.samples.header);
}

void put_network(Json& j, const TrainSettings& s) {
  const TrainOptions& o = s.options;
  const bool drawn = o.init == Initialization::normal || o.init == Initialization::uniform;
  j["hidden"] = optional(o.hidden);
  j["activation"] = where(!o.hidden.empty(), word_of(kActivations, o.activation));
  j["output"] = word_of(kOutputs, o.output);
  j["init"] = where(s.start.empty(), word_of(kInits, o.init));
  j["init-scale"] = where(s.start.empty() && drawn, o.init_scale);
  j["start"] = optional(s.start);
  j["seed"] = o.seed;
  j["precision"] = s.f64 ? "f64" : "f32";
}

void put_cost(Json& j, const TrainSettings& s) {
  const TrainOptions& o = s.options;
  const bool squared = o.cost == Cost::squared_error;
  j["loss"] = word_of(kCosts, o.cost);
  j["mse-on"] = where(squared, word_of(kOns, o.squared_on));
  j["mse-gradient"] = where(squared, word_of(kGradients, o.squared_gradient));
  j["gamma"] = where(o.cost == Cost::focal, o.focal_gamma);
  j["smoothing"] = where(o.cost == Cost::cross_entropy, o.label_smoothing);
  j["class-weight"] = s.balanced ? Json("balanced") : optional(o.class_weight);
  j["l1"] = o.l1;
  j["l2"] = o.l2;
  j["dropout"] = where(!o.hidden.empty() && o.optimizer != Optimizer::lbfgs, o.dropout);
}

void put_steps(Json& j, const TrainOptions& o) {
  const bool sgd = o.optimizer == Optimizer::sgd, lbfgs = o.optimizer == Optimizer::lbfgs;
  const bool adam = o.optimizer == Optimizer::adam || o.optimizer == Optimizer::adamw;
  const bool step = o.schedule == Schedule::step;
  j["optimizer"] = word_of(kOptimizers, o.optimizer);
  j["rate"] = where(!lbfgs, o.rate);
  j["momentum"] = where(sgd, o.momentum);
  j["nesterov"] = o.nesterov;
  j["beta1"] = where(adam, o.beta1);
  j["beta2"] = where(adam, o.beta2);
  j["epsilon"] = where(adam, o.epsilon);
  j["weight-decay"] = where(o.optimizer == Optimizer::adamw, o.weight_decay);
  j["clip-norm"] = where(o.clip_norm > 0, o.clip_norm);
  j["schedule"] = where(!lbfgs, word_of(kSchedules, o.schedule));
  j["schedule-epochs"] = where(step, o.schedule_epochs);
  j["schedule-factor"] = where(step, o.schedule_factor);
  j["warmup"] = where(!lbfgs, o.warmup_epochs);
  j["batch"] = where(!lbfgs, o.batch);
  j["epochs"] = where(o.epochs > 0, o.epochs);
  j["early-stop"] = where(o.early_stop > 0, o.early_stop);
  j["tolerance"] = where(lbfgs, o.tolerance);
}

}  // namespace

Json options_json(const TrainSettings& s) {
  Json j;
  put_data(j, s);
  put_network(j, s);
  put_cost(j, s);
  put_steps(j, s.options);
  return j;
}

}  // namespace crossent::cli
