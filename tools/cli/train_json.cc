// `crossent train` for other programs: the object of --json, the lines of --log.
#include "cli/train.h"

namespace crossent::cli {
namespace {

Json scores_json(const Scores& s) {
  Json object;
  put(object, "loss", s.loss);
  put(object, "loss_se", s.loss_se);
  put(object, "accuracy", s.accuracy);
  object["correct"] = s.correct;
  object["rows"] = s.rows;
  put(object, "cross_entropy", s.cross_entropy);
  put(object, "squared_error", s.squared_error);
  return object;
}

void put_architecture(Json& object, const TrainPlan& plan) {
  object["network"] = shape_text(plan.architecture);
  object["parameters"] = plan.architecture.parameters();
  put(object, "baseline", plan.baseline);
  put(object, "uniform", plan.uniform);
}

const char* cost_word(Cost cost) {
  return cost == Cost::cross_entropy ? "ce" : cost == Cost::focal ? "focal" : "mse";
}

const char* schedule_word(Schedule schedule) {
  return schedule == Schedule::constant ? "constant"
         : schedule == Schedule::step   ? "step"
                                        : "cosine";
}

void put_steps(Json& j, const TrainOptions& o) {
  j["optimizer"] = optimizer_word(o.optimizer);
  j["epochs"] = o.epochs;
  if (o.optimizer == Optimizer::lbfgs) {
    j["tolerance"] = o.tolerance;
    return;
  }
  j["rate"] = o.rate;
  j["schedule"] = schedule_word(o.schedule);
  j["warmup"] = o.warmup_epochs;
  j["batch"] = o.batch;
  j["clip-norm"] = o.clip_norm;
  j["early-stop"] = o.early_stop;
}

// Those that decide the numbers, under the names of the flags.
Json options_json(const TrainSettings& s) {
  const TrainOptions& o = s.options;
  Json j;
  j["target"] = s.samples.targets;
  j["ignore"] = s.samples.ignore;
  j["text"] = s.samples.text;
  j["standardize"] = s.features.standardize;
  j["scale"] = s.features.scale;
  j["impute"] = s.features.impute;
  j["validation"] = s.fraction > 0 ? Json(s.fraction) : Json(s.validation.path);
  j["test"] = s.test.path;
  j["hidden"] = o.hidden;
  j["activation"] = activation_name(o.activation);
  j["output"] = activation_name(o.output);
  j["precision"] = s.f64 ? "f64" : "f32";
  j["seed"] = o.seed;
  j["start"] = s.start;
  j["loss"] = cost_word(o.cost);
  if (o.cost == Cost::focal) j["gamma"] = o.focal_gamma;
  if (o.cost == Cost::squared_error) {
    j["mse-on"] = o.squared_on == SquaredOn::logits ? "logits" : "probabilities";
    j["mse-gradient"] = o.squared_gradient == SquaredGradient::exact ? "exact" : "diagonal";
  }
  j["smoothing"] = o.label_smoothing;
  j["class-weight"] = o.class_weight;
  j["l1"] = o.l1;
  j["l2"] = o.l2;
  j["dropout"] = o.dropout;
  put_steps(j, o);
  return j;
}

}  // namespace

Json train_json(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r,
                const std::vector<std::string>& warnings) {
  Json object = json_head("train");
  object["status"] = status_word(r.status);
  object["epochs"] = r.epochs;
  object["best_epoch"] = r.best_epoch;
  put(object, "objective", r.last.objective);
  object["train"] = scores_json(r.last.training);
  if (plan.validation > 0) object["validation"] = scores_json(r.last.validation);
  if (plan.test > 0) object["test"] = scores_json(r.test);
  put_architecture(object, plan);
  if (s.options.optimizer == Optimizer::lbfgs) put(object, "gradient_max", r.largest_gradient);
  object["seconds"] = r.seconds;
  object["model"] = s.models.empty() || !has_learned(r) ? Json() : Json(s.models.front());
  object["warnings"] = warnings;
  return object;
}

Json log_header(const TrainSettings& s, const TrainPlan& plan) {
  Json object = json_head("train");
  object["run"] = Json::object();
  for (const auto& [name, text] : plan_lines(s, plan)) object["run"][name] = text;
  object["options"] = options_json(s);
  put_architecture(object, plan);
  return object;
}

Json log_record(const EpochRecord& record) {
  Json object;
  object["epoch"] = record.epoch;
  put(object, "objective", record.objective);
  object["train"] = scores_json(record.training);
  if (record.validation.rows > 0) object["validation"] = scores_json(record.validation);
  put(object, "gradient_norm", record.gradient_norm);
  put(object, "rate", record.rate);
  object["seconds"] = record.seconds;
  put(object, "rows_per_second", record.rows_per_second);
  if (record.validation.rows > 0) object["best"] = record.best;
  return object;
}

}  // namespace crossent::cli
