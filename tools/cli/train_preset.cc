// `crossent train --preset NAME`: a classic listing's run, to the printed digit.
#include <fmt/format.h>

#include "cli/errors.h"
#include "cli/train.h"
#include "crossent/presets.h"

namespace crossent::cli {
namespace {

constexpr const char* kOneRun =
    "one run is not evidence: over seeds 0 to 29 mccaffrey-ce gets 113.4 +- 3.0 of the 120 rows "
    "right, mccaffrey-mse 113.2 +- 2.9";

bool squared(const PresetRun& run) { return run.preset == Preset::mccaffrey_mse; }

std::string text(const PresetRun& run, const Samples& samples, const Context& context) {
  const Style style(context);
  const PresetEpoch& end = run.history.back();
  std::string out =
      style.bold(fmt::format("{}: {} of {} training rows right, {} of {} test rows, after {}.",
                             preset_name(run.preset), end.correct_training, run.training_rows,
                             end.correct_test, run.test_rows, counted(run.epochs, "epoch")));
  out += fmt::format(
      "\n  data       {}, rows 1-40, 51-90, 101-140 to learn from\n"
      "  network    {}-{}-{}, tanh, softmax, f32, first weights within +-0.01\n"
      "  cost       {}\n"
      "  optimiser  one row at a time, rate {:.3f}, {}, random.Random({})\n\n",
      escape(samples.source), run.inputs, run.hidden, run.outputs,
      squared(run) ? "squared error, gradient o(1-o)(o-t)" : "cross-entropy, gradient o-t",
      run.rate, counted(run.epochs, "epoch"), run.seed);
  Table table({false, false, false, false, false});
  table.add({"epoch", squared(run) ? "squared error" : "cross-entropy",
             squared(run) ? "cross-entropy" : "squared error", "training", "test"});
  for (const PresetEpoch& e : run.history)
    if (e.epoch % 10 == 0)
      table.add({grouped(e.epoch), style.number(e.error, 4),
                 style.number(squared(run) ? e.cross_entropy : e.squared_error, 4),
                 fmt::format("{}/{}", e.correct_training, run.training_rows),
                 fmt::format("{}/{}", e.correct_test, run.test_rows)});
  return out + table.text();
}

Json json(const PresetRun& run) {
  Json object = json_head("train");
  object["preset"] = preset_name(run.preset);
  object["seed"] = run.seed;
  object["epochs"] = run.epochs;
  const auto scores = [](std::int64_t correct, std::int64_t rows) {
    Json s;
    put(s, "accuracy", static_cast<double>(correct) / static_cast<double>(rows));
    s["correct"] = correct;
    s["rows"] = rows;
    return s;
  };
  const PresetEpoch& end = run.history.back();
  object["train"] = scores(end.correct_training, run.training_rows);
  put(object["train"], "cross_entropy", end.cross_entropy);
  put(object["train"], "squared_error", end.squared_error);
  object["test"] = scores(end.correct_test, run.test_rows);
  object["history"] = Json::array();
  for (const PresetEpoch& e : run.history) {
    Json row;
    row["epoch"] = e.epoch;
    put(row, "error", e.error);
    put(row, "cross_entropy", e.cross_entropy);
    put(row, "squared_error", e.squared_error);
    row["correct_training"] = e.correct_training;
    row["correct_test"] = e.correct_test;
    object["history"].push_back(std::move(row));
  }
  return object;
}

}  // namespace

int run_preset_verb(const std::string& name, const TrainSettings& s, Context& context) {
  SampleOptions options = s.samples;
  if (options.targets.empty()) options.targets = {"label"};
  const Samples samples = read_samples(s.data, options);
  const std::size_t width = samples.number_columns();
  const auto preset = find_preset(name);
  PresetRun run;
  try {
    run = run_preset(preset.value_or(Preset::mccaffrey_mse),
                     matrix(samples.numbers.data(), samples.rows, width), Labels(samples.labels),
                     s.preset_seed);
  } catch (const ValueError& e) {
    const std::string_view what = e.what();
    const std::size_t end = what.starts_with('[') ? what.find("] ") + 2 : 0;
    throw DataError(std::string(what.substr(end)), samples.source);
  }
  if (context.json) {
    Json object = json(run);
    object["warnings"] = {kOneRun};
    context.out = json_line(object);
  } else {
    context.out = text(run, samples, context);
    context.notes.push_back(kOneRun);
  }
  return exit_code::kOk;
}

}  // namespace crossent::cli
