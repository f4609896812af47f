// `crossent train`: a classifier, trained with cross-entropy or squared error, both tracked.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>

#include "cli/command_line.h"
#include "cli/errors.h"
#include "cli/first_step.h"
#include "cli/train_flags.h"
#include "cli/train_log.h"
#include "cli/train_plot.h"
#include "cli/train_table.h"
#include "cli/verb.h"
#include "io/output_file.h"

namespace crossent::cli {
namespace {

/// One run: the header and the table as they come, the files, the report.
class TrainRun {
 public:
  TrainRun(TrainSettings settings, Context& context)
      : s_(std::move(settings)), context_(context), progress_(context.terminal, rows_done_) {}

  int run() {
    check_outputs(s_);
    TrainEvents events;
    events.on_epoch = [this](const EpochRecord& record) { epoch(record); };
    events.on_checkpoint = [this] { checkpoint_failure_.reset(); };
    events.on_checkpoint_failed = [this](const IoError& e) { checkpoint_failed(e); };
    events.rows_done = &rows_done_;
    TrainOutcome r = trained(events);
    begin();  // where not a single row was done
    finish(r);
    throw_failures();
    return code(r);
  }

 private:
  TrainOutcome trained(const TrainEvents& events) {
    const FirstStep first(rows_done_, [this] {
      try {
        begin();
      } catch (...) {  // told in the thread that trains, by the next epoch
        const std::lock_guard lock(begin_mutex_);
        begin_failure_ = std::current_exception();
      }
    });
    return run_training(s_, context_, plan_, events);
  }

  // Before the first step nothing is printed: all that could refuse the run has had its say then.
  void begin() {
    const std::lock_guard lock(begin_mutex_);
    if (begin_failure_) std::rethrow_exception(begin_failure_);
    if (begun_) return;
    begun_ = true;
    const bool iterations = s_.options.optimizer == Optimizer::lbfgs;
    table_.emplace(Style(context_), plan_.validation > 0, iterations);
    if (!s_.log.empty()) logged([&] { log_.emplace(s_.log, log_header(s_, plan_)); });
    progress_.start(plan_.training, s_.options.epochs, iterations);
    for (const std::string& w : plan_.warnings) note(w);
    if (!context_.json) print(train_header(s_, plan_, context_) + "\n" + table_->head());
  }

  void epoch(const EpochRecord& record) {
    begin();
    if (log_) logged([&] { log_->add(record, plan_); });
    progress_.ended(record.epoch);
    last_ = record;
    if (context_.json) return;
    if (table_->wants(record))
      show(record);
    else if (record.best)
      best_ = record;
  }

  // A best epoch that was left out comes before a row that is none.
  void show(const EpochRecord& record) {
    std::string rows;
    if (best_ && !record.best && best_->epoch > table_->last()) rows = table_->row(*best_);
    best_.reset();
    print(rows + table_->row(record));
  }

  void finish(TrainOutcome& r) {
    if (!context_.json && last_ && last_->epoch > table_->last()) show(*last_);
    write_files(r);
    const bool stopped = r.status == TrainStatus::interrupted;
    if (stopped && !s_.checkpoint.empty() && !checkpoint_failure_)
      r.go_on = resume_command(context_.arguments, s_.checkpoint);
    warnings_ = plan_.warnings;
    std::vector<std::string> more = train_warnings(s_, plan_, r);
    if (!s_.resume.empty() && !stopped && rows_done_ == 0)
      more.push_back("the run of " + s_.resume +
                     " had ended already: nothing was trained; "
                     "to train on, begin a new run with its model: --start MODEL");
    for (std::string& w : more) {
      note(w);
      warnings_.push_back(std::move(w));
    }
    print(context_.json ? json_line(train_json(s_, plan_, r, warnings_))
                        : "\n" + train_footer(s_, plan_, r, context_));
  }

  // The work is not lost with a file: what fails is told once the report is out.
  void write_files(TrainOutcome& r) {
    const auto written = [this](const auto& write) {
      try {
        write();
        return true;
      } catch (const IoError& e) {
        failures_.push_back(e);
        return false;
      }
    };
    for (const std::string& path : s_.models)
      if (has_learned(r) && written([&] { write_model(s_, r.model, path); }))
        r.models.push_back(path);
    if (!s_.curves.empty())
      written([&] {
        io::OutputFile file(s_.curves);
        file.write(svg_curves("Training on " + plan_.source, round_word(s_), r.history));
        file.commit();
      });
  }

  // The first is the error, the others stand before it.
  void throw_failures() {
    if (checkpoint_failure_) failures_.push_back(*checkpoint_failure_);
    if (failures_.empty()) return;
    for (std::size_t k = 1; k < failures_.size(); ++k) note(failures_[k].what());
    print("");
    throw IoError(failures_.front());
  }

  int code(const TrainOutcome& r) const {
    if (r.status == TrainStatus::interrupted) return exit_code::kInterrupted;
    if (r.status == TrainStatus::diverged) return exit_code::kNumerical;
    if (s_.strict && r.status != TrainStatus::converged) return exit_code::kNumerical;
    return exit_code::kOk;
  }

  void note(const std::string& text) { context_.notes.push_back(escape(text)); }

  // When the reader of stdout has gone: a model, a checkpoint or a log is still worth the work.
  void print(const std::string& text) {
    if (gone_) return;
    context_.out += text;
    gone_ = !progress_.aside([&] { return context_.flush(); });
    const bool other = !s_.models.empty() || !s_.checkpoint.empty() || !s_.log.empty();
    if (gone_ && !other)
      throw IoError(EPIPE, std::generic_category(), "cannot write to standard output");
  }

  // A full disk under the log or the checkpoint is told at once and decides the exit code: the
  // training goes on.
  template <class Write>
  void logged(const Write& write) {
    try {
      write();
    } catch (const IoError& e) {
      failures_.push_back(e);
      log_.reset();
      tell(std::string(e.what()) + "; the training goes on without a log");
    }
  }

  void checkpoint_failed(const IoError& e) {
    begin();
    checkpoint_failure_ = e;
    if (std::exchange(checkpoint_told_, true)) return;
    tell(std::string(e.what()) + "; the training goes on, and so do the checkpoints");
  }

  void tell(const std::string& text) {
    note(text);
    print("");
  }

  TrainSettings s_;
  Context& context_;
  TrainPlan plan_;
  std::atomic<std::int64_t> rows_done_{0};
  TrainProgress progress_;
  std::optional<TrainTable> table_;
  std::optional<TrainLog> log_;
  std::optional<EpochRecord> last_, best_;
  std::vector<std::string> warnings_;
  std::vector<IoError> failures_;
  std::optional<IoError> checkpoint_failure_;  // of the last try
  bool checkpoint_told_ = false;
  std::mutex begin_mutex_;
  std::exception_ptr begin_failure_;  // under the mutex
  bool begun_ = false, gone_ = false;
};

class TrainVerb : public Verb {
 public:
  void declare(Options& options) override { flags_.declare(options); }

  int run(Context& context) override {
    const std::string preset = flags_.preset();
    if (!preset.empty()) return run_preset_verb(preset, flags_.preset_settings(), context);
    return TrainRun(flags_.settings(), context).run();
  }

 private:
  TrainFlags flags_;
};

}  // namespace

VerbInfo train_verb() {
  return {
      "train",
      "DATA --target COL [--hidden N,N..] [--optimizer NAME] [--validation SHARE] [-o MODEL]",
      "train a classifier with cross-entropy or squared error, and say what it learned",
      "Trains softmax regression (no --hidden) or a fully connected network on a table, NPY, IDX "
      "or "
      "LIBSVM file by back-propagation, and follows loss and accuracy on the rows it learns from "
      "and on those held out. Columns of words become one feature for each word that the rows to "
      "learn from have. The same options and seed give the same bits, whatever the number of "
      "threads. Ctrl-C ends it after the step "
      "at hand: checkpoint and model are written, and --resume goes on to the same bits.",
      {},
      {{"crossent train iris.csv --target label --optimizer lbfgs --l2 0.01 -o iris.crossent",
        "softmax regression to its optimum"},
       {"crossent train digits.csv --target label --scale 0.0625 --hidden 128 --validation 0.2",
        "a hidden layer; a fifth of each class held out"},
       {"crossent train x.npy --target y.npy --hidden 64 --checkpoint run.ckpt --checkpoint-every "
        "60s",
        "arrays; a checkpoint every minute"},
       {"crossent train iris.csv --preset mccaffrey-ce", "a classic, digit for digit"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<TrainVerb>()); }};
}

}  // namespace crossent::cli
