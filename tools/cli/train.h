#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.h"
#include "cli/options.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "crossent/error.h"
#include "crossent/samples.h"
#include "crossent/train.h"

// The parts of `crossent train`: flags -> settings -> data -> training -> text, JSON, files.
namespace crossent::cli {

/// A file of held-out rows; arrays have their labels in another.
struct HeldOut {
  std::string path, labels;
};

struct TrainSettings {
  std::string data;
  SampleOptions samples;
  FeatureOptions features;
  double fraction = 0;  ///< of the rows, for validation; 0: none
  HeldOut validation, test;
  std::optional<std::uint64_t> preset_seed;
  std::string start;  ///< model file whose numbers are the first

  TrainOptions options;
  bool balanced = false;  ///< class weights N / (C n_k)
  bool softmax_asked = false;
  bool f64 = false;
  bool strict = false;

  std::vector<std::string> models;
  std::string format;  ///< of models: crossent, safetensors, onnx; empty: by their names
  std::string log, curves;
  std::string checkpoint, resume;
  std::int64_t checkpoint_epochs = 0;
  double checkpoint_seconds = 0;
};

/// What training gave, whatever the type of its numbers.
struct TrainOutcome {
  TrainStatus status = TrainStatus::finished;
  Model model;
  std::int64_t epochs = 0, best_epoch = 0;
  double largest_gradient = 0;
  EpochRecord last;  ///< scores of the model
  Scores test;
  std::vector<EpochRecord> history;
  std::vector<LayerHealth> health;
  double confidently_wrong = 0;
  double seconds = 0;

  std::vector<std::string> models;  ///< files that were written
  std::string go_on;                ///< the command that resumes the run; "": there is none
};

/// What is known before the first step.
struct TrainPlan {
  std::string source;
  std::int64_t rows = 0, training = 0, validation = 0, test = 0;
  Model schema;  ///< everything but the numbers
  Architecture architecture;
  std::vector<double> held_out_counts;  ///< rows of each class: of the test, validation or training
  double baseline = 0;                  ///< H(y) of the training rows
  double uniform = 0;                   ///< ln C
  std::vector<std::string> warnings;
};

/// Without a finished epoch there is nothing that the rows have taught, and no model to write.
inline bool has_learned(const TrainOutcome& r) { return r.epochs > 0; }

// ---- words -------------------------------------------------------------------------------------

const char* status_word(TrainStatus status);
const char* optimizer_word(Optimizer optimizer);
/// Whether these are the columns of arrays and LIBSVM text, which have no names of their own.
bool has_array_names(std::span<const InputColumn> columns);
/// What is counted: "epoch", of lbfgs "iteration".
const char* round_word(const TrainSettings& s);
/// "64-128-10".
std::string shape_text(const Architecture& a);
/// Words of the options, in the order of the header: ("network", "64-128-10, tanh, ..."), ...
std::vector<std::pair<std::string, std::string>> plan_lines(const TrainSettings& s,
                                                            const TrainPlan& plan);

// ---- data and training -------------------------------------------------------------------------

struct TrainEvents {
  std::function<void(const EpochRecord&)> on_epoch;  ///< every epoch that was looked at
  std::function<void()> on_checkpoint;
  std::function<void(const IoError&)> on_checkpoint_failed;
  std::atomic<std::int64_t>* rows_done = nullptr;
};

/// Throws what the library says of an option or of another run's checkpoint in the words of the
/// command line; what it says of the data as it is.
[[noreturn]] void throw_named(const ValueError& e, const TrainSettings& settings);

/// Reads, trains and scores; `plan` is filled in before the first epoch is told.
/// Errors  of the data; UsageError where the options do not fit it; Interrupted while reading
TrainOutcome run_training(TrainSettings& settings, const Context& context, TrainPlan& plan,
                          const TrainEvents& events);

// ---- files -------------------------------------------------------------------------------------

/// Refuses outputs that cannot be written or that would replace an input or each other.
void check_outputs(const TrainSettings& settings);
/// "crossent", "safetensors" or "onnx": by --format, else by the ending of the name, in any case of
/// letters; "": it has none of these.
std::string model_format(const TrainSettings& settings, const std::string& path);
void write_model(const TrainSettings& settings, const Model& model, const std::string& path);

// ---- what is shown -----------------------------------------------------------------------------

std::string train_header(const TrainSettings& s, const TrainPlan& plan, const Context& context);
std::string train_footer(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r,
                         const Context& context);

/// What the data say before a step is taken.
std::vector<std::string> data_warnings(const TrainSettings& s, const Samples& samples,
                                       std::span<const std::size_t> rows);
/// Columns and classes that look like a slip or an id.
std::vector<std::string> column_warnings(const TrainSettings& s, const Samples& samples,
                                         std::span<const std::size_t> rows);
std::vector<std::string> train_warnings(const TrainSettings& s, const TrainPlan& plan,
                                        const TrainOutcome& r);
/// Names overfitting, or "".
std::string overfitting(const TrainSettings& s, const TrainOutcome& r);
/// Whether the last loss is far above that of a model that knows nothing.
bool is_hopeless(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r);

Json train_json(const TrainSettings& s, const TrainPlan& plan, const TrainOutcome& r,
                const std::vector<std::string>& warnings);
/// The lines of --log: the first, and one of an epoch.
Json log_header(const TrainSettings& s, const TrainPlan& plan);
Json log_record(const EpochRecord& record, const TrainPlan& plan);
/// Every option that decides the numbers, under the name of its flag; null: not given, or without a
/// part in this run. The values are those that the flags take.
Json options_json(const TrainSettings& s);

/// `--preset NAME`: the reference trainer's run of a classic.
int run_preset_verb(const std::string& name, const TrainSettings& s, Context& context);

}  // namespace crossent::cli
