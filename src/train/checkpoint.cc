#include "train/checkpoint.h"

#include <cmath>

#include "core/refuse.h"
#include "train/json_text.h"
#include "train/tensor_file.h"

namespace crossent::training {
namespace {

constexpr const char* kFormat = "crossent-checkpoint";
constexpr const char* kVersion = "1";

constexpr std::size_t kScoreNumbers = 7;
constexpr std::size_t kRecordNumbers = 5 + 2 * kScoreNumbers;

void put(const Scores& s, std::vector<double>* out) {
  out->insert(out->end(), {static_cast<double>(s.rows), static_cast<double>(s.correct), s.accuracy,
                           s.loss, s.loss_se, s.cross_entropy, s.squared_error});
}

Scores scores_of(const double* v) {
  return {static_cast<std::int64_t>(v[0]),
          static_cast<std::int64_t>(v[1]),
          v[2],
          v[3],
          v[4],
          v[5],
          v[6]};
}

// Times are of another process and stay out.
std::vector<double> numbers_of(const std::vector<EpochRecord>& history) {
  std::vector<double> out;
  out.reserve(history.size() * kRecordNumbers);
  for (const EpochRecord& r : history) {
    out.insert(out.end(), {static_cast<double>(r.epoch), r.objective, r.gradient_norm, r.rate,
                           r.best ? 1. : 0.});
    put(r.training, &out);
    put(r.validation, &out);
  }
  return out;
}

[[noreturn]] void refuse_value_in(const std::string& path, const std::string& what) {
  throw DataError("the checkpoint holds " + what, path, 0, 0,
                  "it was not written by crossent train: start anew");
}

// Counts are kept as f64.
void check_count(double value, const std::string& path) {
  if (!(value >= 0 && value <= 0x1p53 && value == std::floor(value)))
    refuse_value_in(path, "the count " + number_text(value) + " in its history");
}

std::vector<EpochRecord> history_of(const std::vector<double>& numbers, const std::string& path) {
  if (numbers.size() % kRecordNumbers != 0)
    refuse_value_in(path, "a history of " + std::to_string(numbers.size()) +
                              " numbers, no multiple of " + std::to_string(kRecordNumbers));
  std::vector<EpochRecord> history;
  for (std::size_t k = 0; k + kRecordNumbers <= numbers.size(); k += kRecordNumbers) {
    const double* v = numbers.data() + k;
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{5}, std::size_t{6}, 5 + kScoreNumbers, 6 + kScoreNumbers})
      check_count(v[count], path);
    EpochRecord r;
    r.epoch = static_cast<std::int64_t>(v[0]);
    r.objective = v[1];
    r.gradient_norm = v[2];
    r.rate = v[3];
    r.best = v[4] != 0;
    r.training = scores_of(v + 5);
    r.validation = scores_of(v + 5 + kScoreNumbers);
    history.push_back(r);
  }
  return history;
}

template <class T>
void add(TensorFile* file, const char* name, const std::vector<T>& values) {
  file->tensors.push_back(make_tensor<T>(name, {values.size()}, values));
}

// The options under their names; a list keeps their order, in which differences are named.
std::string identity_text(const Identity& identity) {
  OrderedJson json;
  for (const auto& [name, value] : identity) json[name] = value;
  return json.dump();
}

void check_identity(const Identity& identity, const TensorFile& file, const std::string& path) {
  const Json saved = parse_json(metadata_value(file, "options", path), path, "options");
  for (const auto& [name, value] : identity) {
    const auto found = saved.find(name);
    const std::string was =
        found != saved.end() && found->is_string() ? found->get<std::string>() : "";
    if (was != value)
      refuse("train", name,
             name + " is " + value + ", but the checkpoint " + path + " was written with " +
                 (was.empty() ? "something else" : was) +
                 " (resume with the options and rows of the "
                 "interrupted run)");
  }
}

}  // namespace

template <class T>
void save_checkpoint(const std::string& path, const Identity& identity, const State<T>& state) {
  TensorFile file;
  file.metadata = {
      {"format", kFormat}, {"version", kVersion}, {"options", identity_text(identity)}};
  add(&file, "parameters", state.network.parameters);
  add(&file, "velocity", state.velocity);
  add(&file, "squares", state.squares);
  add(&file, "kept", state.kept);
  add<std::int64_t>(&file, "counters",
                    {state.epoch, state.step, state.steps, state.kept_epoch, state.ended ? 1 : 0,
                     static_cast<std::int64_t>(state.status)});
  add<double>(&file, "values",
              {state.gradient_norm, state.rate, state.kept_loss, state.largest_gradient});
  add(&file, "history", numbers_of(state.history));
  write_tensors(file, path);
}

namespace {

void check_between(const char* name, std::int64_t value, std::int64_t low, std::int64_t high,
                   const std::string& path) {
  if (value < low || value > high)
    refuse_value_in(path, std::string(name) + " = " + std::to_string(value) + ", outside [" +
                              std::to_string(low) + ", " + std::to_string(high) + "]");
}

template <class T>
void check_state(const State<T>& state, const Plan& plan, std::size_t rows,
                 const std::string& path) {
  const TrainOptions& o = plan.options;
  constexpr std::int64_t kMost = std::int64_t{1} << 50;
  const auto batch = plan.lbfgs() ? rows : static_cast<std::size_t>(o.batch);
  const auto steps = static_cast<std::int64_t>((rows + batch - 1) / batch);
  const std::int64_t epochs = o.epochs > 0 ? o.epochs : kMost;
  const bool under_way = !state.ended && !plan.lbfgs();
  check_between("epoch", state.epoch, 0, under_way ? epochs - 1 : epochs, path);
  check_between("step", state.step, 0, under_way ? steps - 1 : steps, path);
  if (!plan.lbfgs())
    check_between("steps", state.steps, state.epoch * steps + state.step,
                  state.epoch * steps + state.step + (state.ended ? 1 : 0), path);
  check_between("kept_epoch", state.kept_epoch, 0, state.epoch, path);
  check_between("status", static_cast<std::int64_t>(state.status), 0,
                static_cast<std::int64_t>(TrainStatus::interrupted), path);
  const bool adam = o.optimizer == Optimizer::adam || o.optimizer == Optimizer::adamw;
  const std::size_t n = state.network.parameters.size();
  const auto check_size = [&](const char* name, std::size_t size, bool used) {
    if (size != (used ? n : 0))
      refuse_value_in(path, std::string(name) + " of " + std::to_string(size) + " numbers, not " +
                                std::to_string(used ? n : 0));
  };
  check_size("velocity", state.velocity.size(), adam || o.momentum > 0);
  check_size("squares", state.squares.size(), adam);
}

}  // namespace

template <class T>
void load_checkpoint(const std::string& path, const Identity& identity, const Plan& plan,
                     std::size_t rows, State<T>* state) {
  const TensorFile file = read_tensors(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kFormat)
    throw DataError("this is no checkpoint", path, 0, 0, "--resume takes what --checkpoint wrote");
  if (metadata_value(file, "version", path) != kVersion)
    throw DataError("this checkpoint is of version " + file.metadata.at("version") +
                        ", this program reads version " + kVersion,
                    path, 0, 0, "resume it with the version of crossent that wrote it");
  check_identity(identity, file, path);
  const std::vector<std::size_t> all = {state->network.parameters.size()};
  State<T> read;
  read.network.architecture = state->network.architecture;
  read.network.parameters = tensor_values<T>(file, "parameters", all, path);
  read.kept = tensor_values<T>(file, "kept", all, path);
  read.velocity = tensor_values<T>(file, "velocity", path);
  read.squares = tensor_values<T>(file, "squares", path);

  const auto counters = tensor_values<std::int64_t>(file, "counters", {6}, path);
  const auto values = tensor_values<double>(file, "values", {4}, path);
  read.epoch = counters[0];
  read.step = counters[1];
  read.steps = counters[2];
  read.kept_epoch = counters[3];
  read.ended = counters[4] != 0;
  read.status = static_cast<TrainStatus>(counters[5]);
  read.gradient_norm = values[0];
  read.rate = values[1];
  read.kept_loss = values[2];
  read.largest_gradient = values[3];
  read.history = history_of(tensor_values<double>(file, "history", path), path);
  check_state(read, plan, rows, path);
  *state = std::move(read);
}

template void save_checkpoint<float>(const std::string&, const Identity&, const State<float>&);
template void save_checkpoint<double>(const std::string&, const Identity&, const State<double>&);
template void load_checkpoint<float>(const std::string&, const Identity&, const Plan&, std::size_t,
                                     State<float>*);
template void load_checkpoint<double>(const std::string&, const Identity&, const Plan&, std::size_t,
                                      State<double>*);

}  // namespace crossent::training
