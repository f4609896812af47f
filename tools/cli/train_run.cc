// Files -> rows -> training -> scores, in the type of the numbers that was asked for.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "cli/command_line.h"
#include "cli/errors.h"
#include "cli/label_names.h"
#include "cli/suggest.h"
#include "cli/train.h"
#include "cli/watch.h"

namespace crossent::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Indices = std::vector<std::size_t>;

Indices all_rows(const Samples& s) {
  Indices rows(s.rows);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

/// Some rows of samples as the library takes them.
template <class T>
struct Part {
  Part() = default;
  Part(const Samples& s, const Model& schema, const Indices& rows)
      : x(encode<T>(s, schema.inputs, rows)),
        count(rows.size()),
        targets(s.target_values.empty() ? 0 : s.targets.size()) {
    for (const std::size_t i : rows) {
      if (targets == 0)
        label.push_back(s.labels[i]);
      else
        target.insert(target.end(), &s.target_values[i * targets],
                      &s.target_values[i * targets] + targets);
    }
  }
  TrainingRows<T> view() const {
    if (count == 0) return {};
    TrainingRows<T> rows;
    rows.x = matrix(x.data(), count, x.size() / count);
    if (targets == 0)
      rows.label = Labels(label);
    else
      rows.target = matrix(target.data(), count, targets);
    return rows;
  }
  std::vector<T> x;
  std::vector<std::int32_t> label;
  std::vector<float> target;
  std::size_t count = 0, targets = 0;
};

/// Everything that was read.
struct Data {
  Samples samples, validation, test;
  Split split;
};

template <class Read>
Samples watched(const std::string& path, const Context& context, SampleOptions options,
                const Read& read) {
  Progress progress;
  options.threads = context.threads;
  options.stop = &stop_requested;
  options.progress = &progress;
  const Watch watch(context.terminal, progress, path + " ");
  return read(options);
}

// A column that is not there, where another has nearly its name.
void suggest_column(const DataError& e, const TrainSettings& s) {
  if (e.line != 1 || std::string_view(e.what()).find("there is no column") == std::string::npos)
    return;
  if (!std::filesystem::is_regular_file(s.data)) return;
  TableOptions options;
  options.header = s.samples.header;
  const std::vector<std::string> names = TableReader(s.data, options).names();
  for (const auto* wanted : {&s.samples.targets, &s.samples.ignore, &s.samples.text})
    for (const std::string& name : *wanted) {
      if (std::count(names.begin(), names.end(), name) > 0) continue;
      const std::string guess = did_you_mean(name, names);
      if (!guess.empty()) throw DataError(e.what(), e.file, e.line, e.column, guess);
      return;
    }
}

Samples read_held_out(const HeldOut& file, const TrainSettings& s, const Model& schema,
                      const Context& context) {
  if (file.path.empty()) return {};
  SampleOptions options = s.samples;
  options.ignore.clear();  // the model's columns are read, and no others
  options.text.clear();
  if (!file.labels.empty()) options.targets = {file.labels};
  // The labels of an array stand in a file of their own: those of the data are no one else's.
  if (file.labels.empty() && options.targets.size() == 1 && options.targets != schema.targets)
    throw UsageError(fmt::format("the labels of {} are missing", escape(file.path)),
                     "--validation-labels FILE, --test-labels FILE");
  return watched(file.path, context, options,
                 [&](const SampleOptions& o) { return read_samples(file.path, schema, o, true); });
}

void note_filled(const Samples& held_out, std::vector<std::string>& warnings) {
  const auto filled = std::count(held_out.codes.begin(), held_out.codes.end(), kMissingCode);
  if (filled > 0)
    warnings.push_back(fmt::format(
        "{}: {} missing or in none of the rows to learn from: the most frequent of the column",
        escape(held_out.source), counted(filled, "word") + (filled == 1 ? " is" : " are")));
}

Split split_of(const Samples& samples, const TrainSettings& s) {
  if (s.fraction == 0) return {all_rows(samples), {}};
  try {
    return stratified_split(samples, s.fraction, s.options.seed);
  } catch (const ValueError& e) {
    const bool lone = !samples.labels.empty() && samples.classes.size() == samples.rows;
    throw UsageError(
        fmt::format("--validation {:g}: a side of the split of {} is empty", s.fraction,
                    counted(static_cast<std::int64_t>(samples.rows), "row")),
        lone ? "the share is of each class, and every class has one row alone"
             : "another share, or a file");
  }
}

// A model knows the words of the rows it learned from, and takes those held out as any others.
void settle_levels(const TrainSettings& s, Data& d, std::vector<std::string>& warnings) {
  if (s.fraction == 0) return;
  const std::vector<UnseenLevel> unseen = keep_levels(d.split.training, &d.samples);
  if (unseen.empty()) return;
  const UnseenLevel& first = unseen.front();
  if (!s.features.impute)
    throw DataError(fmt::format("row {} is held out, and \"{}\" in column \"{}\" is in none of the "
                                "rows to learn from",
                                first.row + 1, escape(first.level), escape(first.column)),
                    d.samples.source, 0, 0,
                    "a model knows no other words; --impute takes them as missing, --ignore leaves "
                    "the column out, another --seed splits otherwise");
  warnings.push_back(
      fmt::format("{} in held-out rows alone, as \"{}\" in column {}, {} taken as missing",
                  counted(static_cast<std::int64_t>(unseen.size()), "word"), escape(first.level),
                  escape(first.column), unseen.size() == 1 ? "is" : "are"));
}

// One whose name says so, else the last, where most tables have it.
std::string target_to_suggest(const std::vector<InputColumn>& columns) {
  std::vector<std::string> names;
  for (const InputColumn& column : columns) names.push_back(column.name);
  return shell_word(likely_label(names).value_or(names.back()));
}

void check_target(const Samples& samples) {
  if (!samples.targets.empty() && !samples.columns.empty()) return;
  if (samples.targets.empty())
    throw UsageError(
        "--target is missing: what is there to learn?",
        samples.columns.empty() ? ""
        : has_array_names(samples.columns)
            ? "the file of the labels, one for each row, as in --target labels.npy or labels.idx"
            : "the name of a column, as in --target " + target_to_suggest(samples.columns));
  throw DataError("there is no column to learn from beside the target", samples.source);
}

void check_classes(const Samples& samples, const Indices& training) {
  if (samples.classes.size() == 1)
    throw DataError(fmt::format("the target \"{}\" holds one class only: {}",
                                samples.targets.front(), samples.classes.front()),
                    samples.source, 0, 0, "of a single class there is nothing to learn");
  if (samples.classes.size() >= training.size() && samples.rows > samples.classes.size() &&
      samples.target_values.empty())
    throw DataError(fmt::format("the split leaves {} to learn {} classes from",
                                counted(static_cast<std::int64_t>(training.size()), "row"),
                                samples.classes.size()),
                    samples.source, 0, 0, "a smaller share for --validation, or more rows");
  if (samples.classes.size() >= training.size() && samples.target_values.empty())
    throw DataError(fmt::format("the target \"{}\" has {} classes in {} to learn from",
                                samples.targets.front(), samples.classes.size(),
                                counted(static_cast<std::int64_t>(training.size()), "row")),
                    samples.source, 0, 0,
                    "a class is learned from several rows: is the target a name or a measurement?");
}

void settle_options(TrainSettings& s, std::size_t rows) {
  const auto n = static_cast<std::int64_t>(rows);
  if (s.options.batch > n)
    throw UsageError(
        fmt::format("--batch {}: there are {} to learn from", s.options.batch, counted(n, "row")),
        fmt::format("--batch {} takes them all in one step", n));
  s.options = with_defaults(s.options, rows);
}

void settle_output(TrainSettings& s, const Samples& samples) {
  if (samples.target_values.empty()) return;
  if (s.softmax_asked)
    throw UsageError("--output softmax is for a single target: these are independent labels",
                     "--output sigmoid");
  s.options.output = Activation::sigmoid;
}

void balance(TrainSettings& s, const Samples& samples, const Indices& training) {
  if (!s.balanced) return;
  if (!samples.target_values.empty())
    throw UsageError("--class-weight balanced is for a single target");
  std::vector<double>& weight = s.options.class_weight;
  weight.assign(samples.classes.size(), 0);
  for (const std::size_t i : training) ++weight[static_cast<std::size_t>(samples.labels[i])];
  const auto rows = static_cast<double>(training.size());
  for (double& w : weight)
    if (w > 0) w = rows / (static_cast<double>(weight.size()) * w);
}

Architecture architecture_of(const TrainSettings& s, const Model& schema) {
  Architecture a;
  for (const InputColumn& column : schema.inputs) a.inputs += column.features();
  a.hidden = s.options.hidden;
  a.activation = s.options.activation;
  a.output = s.options.output;
  const std::size_t classes = schema.columns();
  const bool one = a.output == Activation::sigmoid && !schema.multi_label() && classes == 2;
  a.outputs = one ? 1 : classes;
  return a;
}

double uniform_of(const Architecture& a) {
  const auto outputs = static_cast<double>(a.outputs);
  return a.output == Activation::softmax ? std::log(outputs) : outputs * std::log(2.0);
}

Data read_data(TrainSettings& s, const Context& context, TrainPlan& plan) {
  Data d;
  try {
    d.samples = watched(s.data, context, s.samples,
                        [&](const SampleOptions& o) { return read_samples(s.data, o); });
  } catch (const DataError& e) {
    suggest_column(e, s);
    throw;
  }
  const Samples& samples = d.samples;
  check_target(samples);
  settle_output(s, samples);
  d.split = split_of(samples, s);
  check_classes(samples, d.split.training);
  settle_options(s, d.split.training.size());
  settle_levels(s, d, plan.warnings);
  balance(s, samples, d.split.training);
  plan.schema.inputs = fit_inputs(samples, d.split.training, s.features);
  plan.schema.targets = samples.targets;
  plan.schema.classes = samples.classes;
  plan.architecture = architecture_of(s, plan.schema);
  d.validation = read_held_out(s.validation, s, plan.schema, context);
  d.test = read_held_out(s.test, s, plan.schema, context);
  note_filled(d.validation, plan.warnings);
  note_filled(d.test, plan.warnings);
  plan.source = samples.source;
  plan.rows = static_cast<std::int64_t>(samples.rows);
  for (std::string& warning : data_warnings(s, samples, d.split.training))
    plan.warnings.push_back(std::move(warning));
  plan.uniform = uniform_of(plan.architecture);
  return d;
}

template <class T>
std::vector<double> counts_of(const Part<T>& part, std::size_t classes) {
  std::vector<double> counts(part.targets == 0 ? classes : 0, 0);
  for (const std::int32_t label : part.label) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

template <class T>
std::optional<Network<T>> first_numbers(const TrainSettings& s, const TrainPlan& plan) {
  if (s.start.empty()) return std::nullopt;
  const Model model = load_model(s.start);
  if (model.architecture() != plan.architecture)
    throw UsageError(fmt::format("--start {}: its network is {}, this one {}", escape(s.start),
                                 shape_text(model.architecture()), shape_text(plan.architecture)),
                     "layers, activation and output have to be the same");
  if (model.classes != plan.schema.classes || model.targets != plan.schema.targets)
    throw UsageError("--start " + escape(s.start) + ": its classes are others");
  if (model.inputs != plan.schema.inputs)
    throw UsageError(
        "--start " + escape(s.start) + ": its features are made of the columns in another way",
        "the same columns in the same order, --standardize, --scale and --impute as "
        "they were, of the same rows");
  Network<T> network{plan.architecture, {}};
  std::visit(
      [&](const auto& n) { network.parameters.assign(n.parameters.begin(), n.parameters.end()); },
      model.network);
  return network;
}

template <class T>
TrainResult<T> train_named(const TrainSettings& s, const TrainPlan& plan, const Part<T>& training,
                           const Part<T>& validation, const TrainHooks& hooks) {
  const std::optional<Network<T>> start = first_numbers<T>(s, plan);
  try {
    return train<T>(training.view(), plan.schema.columns(), s.options, validation.view(), hooks,
                    start ? &*start : nullptr);
  } catch (const ValueError& e) {
    throw_named(e, s);
  }
}

TrainHooks hooks_of(const TrainSettings& s, const TrainEvents& events) {
  TrainHooks hooks;
  hooks.on_epoch = events.on_epoch;
  if (events.on_checkpoint)
    hooks.on_checkpoint = [told = events.on_checkpoint](const std::string&) { told(); };
  hooks.on_checkpoint_failed = events.on_checkpoint_failed;
  hooks.stop = &stop_requested;
  hooks.rows_done = events.rows_done;
  hooks.checkpoint = s.checkpoint;
  hooks.checkpoint_epochs = s.checkpoint_epochs;
  hooks.checkpoint_seconds = s.checkpoint_seconds;
  hooks.resume = s.resume;
  return hooks;
}

template <class T>
TrainOutcome trained(TrainSettings& s, TrainPlan& plan, Data data, const TrainEvents& events) {
  const bool shared = s.fraction > 0;
  const Part<T> training(data.samples, plan.schema, data.split.training);
  const Part<T> validation(shared ? data.samples : data.validation, plan.schema,
                           shared ? data.split.validation : all_rows(data.validation));
  const Part<T> test(data.test, plan.schema, all_rows(data.test));
  data = {};
  const std::size_t classes = plan.schema.columns();
  plan.training = static_cast<std::int64_t>(training.count);
  plan.validation = static_cast<std::int64_t>(validation.count);
  plan.test = static_cast<std::int64_t>(test.count);
  plan.held_out_counts = counts_of(test.count > 0         ? test
                                   : validation.count > 0 ? validation
                                                          : training,
                                   classes);
  plan.baseline = baseline<T>(training.view(), classes, s.options.output);
  const auto start = Clock::now();
  TrainResult<T> r = train_named(s, plan, training, validation, hooks_of(s, events));
  TrainOutcome out;
  out.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (test.count > 0) out.test = score<T>(r.network, test.view(), s.options);
  out.status = r.status;
  out.model = plan.schema;
  out.model.network = std::move(r.network);
  out.epochs = r.epochs;
  out.best_epoch = r.best_epoch;
  out.largest_gradient = r.largest_gradient;
  out.last = r.last;
  out.history = std::move(r.history);
  out.health = std::move(r.health);
  out.confidently_wrong = r.confidently_wrong;
  return out;
}

}  // namespace

TrainOutcome run_training(TrainSettings& s, const Context& context, TrainPlan& plan,
                          const TrainEvents& events) {
  s.options.threads = context.threads;
  Data data = read_data(s, context, plan);
  return s.f64 ? trained<double>(s, plan, std::move(data), events)
               : trained<float>(s, plan, std::move(data), events);
}

}  // namespace crossent::cli
