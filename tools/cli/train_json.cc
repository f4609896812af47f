// `crossent train` for other programs: the object of --json, the lines of --log.
#include "cli/train.h"
#include "crossent/cpu.h"
#include "crossent/version.h"

namespace crossent::cli {
namespace {

// Of several targets every label is right or wrong for itself.
Json scores_json(const Scores& s, std::size_t targets) {
  Json object;
  put(object, "loss", s.loss);
  put(object, "loss_se", s.loss_se);
  put(object, "accuracy", s.accuracy);
  if (targets > 1) {
    object["correct_labels"] = s.correct;
    object["labels"] = s.rows * static_cast<std::int64_t>(targets);
  } else {
    object["correct"] = s.correct;
  }
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

}  // namespace

Json train_json(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r,
                const std::vector<std::string>& warnings) {
  Json object = json_head("train");
  object["status"] = status_word(r.status);
  object["epochs"] = r.epochs;
  object["best_epoch"] = r.best_epoch;
  put(object, "objective", r.last.objective);
  const std::size_t targets = plan.schema.targets.size();
  object["train"] = scores_json(r.last.training, targets);
  if (plan.validation > 0) object["validation"] = scores_json(r.last.validation, targets);
  if (plan.test > 0) object["test"] = scores_json(r.test, targets);
  put_architecture(object, plan);
  if (s.options.optimizer == Optimizer::lbfgs) put(object, "gradient_max", r.largest_gradient);
  object["seconds"] = r.seconds;
  object["models"] = r.models;
  if (!r.go_on.empty()) object["resume"] = r.go_on;
  object["warnings"] = warnings;
  return object;
}

Json log_header(const TrainSettings& s, const TrainPlan& plan) {
  Json object = json_head("train");
  object["run"] = Json::object();
  for (const auto& [name, text] : plan_lines(s, plan)) object["run"][name] = text;
  object["version"] = version();
  object["simd"] = simd_target();
  object["options"] = options_json(s);
  put_architecture(object, plan);
  return object;
}

Json log_record(const EpochRecord& record, const TrainPlan& plan) {
  const std::size_t targets = plan.schema.targets.size();
  Json object;
  object["epoch"] = record.epoch;
  put(object, "objective", record.objective);
  object["train"] = scores_json(record.training, targets);
  if (record.validation.rows > 0) object["validation"] = scores_json(record.validation, targets);
  put(object, "gradient_norm", record.gradient_norm);
  put(object, "rate", record.rate);
  object["seconds"] = record.seconds;
  put(object, "rows_per_second", record.rows_per_second);
  if (record.validation.rows > 0) object["best"] = record.best;
  return object;
}

}  // namespace crossent::cli
