// Files -> Statistics: one object a worker, merged in the end.
#include "cli/eval_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/errors.h"
#include "cli/watch.h"

namespace crossent::cli {
namespace {

// A second look at a file whose labels leave the classes: all of them, if they are numbers.
std::optional<LabelRun> labels_of(const std::string& path, Header header, const Layout& layout) {
  LabelRun run;
  std::mutex mutex;
  const Column column{layout.label, ColumnKind::integer};
  TableOptions options;
  options.header = header;
  try {
    TableReader(path, options).read({&column, 1}, [&](const TableBlock& block) {
      LabelRun own;
      for (const std::int64_t label : block.integers(0)) own.take(label);
      const std::lock_guard lock(mutex);
      run.take(own);
    });
  } catch (const DataError&) {  // another fault, further down
    return std::nullopt;
  }
  return run;
}

}  // namespace

Evaluator::Evaluator(const EvalSettings& settings, const Context& context)
    : settings_(settings), context_(context) {
  check_losses(settings);
  if (!settings.losses.empty())
    losses_ = std::make_unique<RowsFile>(settings.losses, "id,loss,p_true,predicted\n");
}

Evaluation Evaluator::run() {
  for (const std::string& path : settings_.files) {
    if (detect_format(path) == FileFormat::table)
      add_table(path);
    else
      add_array(path);
    if (losses_) losses_->next_file();
  }
  Statistics total(options_);
  for (const auto& worker : workers_)
    if (worker) total.merge(worker->statistics);
  result_.summary = total.summary();
  refuse_empty();
  if (losses_) losses_->commit();
  return std::move(result_);
}

void Evaluator::use_layout(Layout layout) {
  result_.layout = std::move(layout);
  options_ = settings_.statistics;
  options_.classes = static_cast<std::int64_t>(result_.layout.classes.size());
  options_.weighted = !result_.layout.weight.empty();
  options_.identified = !result_.layout.id.empty();
  options_.grouped = !result_.layout.group.empty();
  if (options_.top_k > options_.classes)
    throw UsageError(
        fmt::format("--top-k {}: there are {} classes", options_.top_k, options_.classes),
        fmt::format("at most --top-k {}", options_.classes));
}

Source Evaluator::open_source(const std::string& shown, int workers) {
  workers_.resize(std::max(workers_.size(), static_cast<std::size_t>(workers)));
  result_.sources.push_back(shown);
  return {static_cast<std::int32_t>(result_.sources.size() - 1), rows_};
}

Worker& Evaluator::worker(int number) {
  std::unique_ptr<Worker>& w = workers_[static_cast<std::size_t>(number)];
  if (!w) w = std::make_unique<Worker>(options_);
  return *w;
}

// By the labels of this file, if it can be read again, and of those before it.
std::string Evaluator::hint_for_label(const std::string& path, const std::string& fallback) const {
  const Classes& classes = result_.layout.classes;
  std::optional<LabelRun> all;
  if (std::filesystem::is_regular_file(path))
    all = labels_of(path, settings_.header, result_.layout);
  if (!all && !classes.by_number) return fallback;
  LabelRun run = all.value_or(LabelRun{});
  for (const auto& worker : workers_)
    if (worker) run.take(worker->run);
  const std::string hint = label_hint(classes, run, all.has_value());
  return hint.empty() ? fallback : hint;
}

void Evaluator::add_table(const std::string& path) {
  Progress progress;
  TableOptions options;
  options.header = settings_.header;
  options.threads = context_.threads;
  options.stop = &stop_requested;
  options.progress = &progress;
  TableReader table(path, options);
  if (result_.sources.empty())
    use_layout(infer_layout(settings_, table));
  else
    check_columns(result_.layout, table);
  const Source source = open_source(table.path(), table.workers());
  const Selection selection = select(result_.layout);
  bool complete = false;
  try {
    const Watch watch(context_.terminal, progress, table.path());
    complete = table.read(selection.columns, [&](const TableBlock& block) {
      add_block(block, result_.layout, selection, source, worker(block.worker), losses_.get());
    });
  } catch (const RowError& e) {
    throw BadRow(e, e.label ? hint_for_label(path, e.hint) : e.hint, rows_ + e.row);
  } catch (const DataError& e) {
    throw BadRow(e, e.hint, rows_ + table.rows());
  }
  if (!complete) throw Interrupted();
  if (table.rows() == 0)
    throw DataError("there are no rows: the file has a header only", table.path(), 1, 0,
                    "one row for each prediction is expected");
  rows_ += table.rows();
}

// Rows that count for nothing, or logits that are probabilities.
void Evaluator::refuse_empty() const {
  const Summary& s = result_.summary;
  const std::string& file = result_.sources.front();
  if (s.rows == 0)
    throw DataError(s.ignored > 0 ? "the total weight of the rows is 0" : "there are no rows",
                    file);
  if (result_.layout.kind == Kind::logits && !result_.layout.binary && s.rows >= 2 &&
      s.distribution_rows == s.rows)
    throw DataError("every row lies in [0, 1] and sums to 1: these are probabilities, not logits",
                    file, 0, 0,
                    "use " + instead(result_.layout, "--probs") +
                        " (logits that happen to look so: add a constant to each row)");
}

Evaluation evaluate(const EvalSettings& settings, const Context& context) {
  return Evaluator(settings, context).run();
}

}  // namespace crossent::cli
