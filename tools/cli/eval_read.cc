// Files -> Statistics: one object a worker, merged in the end.
#include "cli/eval_read.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <thread>

#include "cli/errors.h"
#include "cli/output/progress.h"

namespace crossent::cli {
namespace {

// Shows a read in progress from a thread of its own, where somebody can see it.
class Watch {
 public:
  Watch(const Terminal& terminal, const Progress& progress, std::string label) {
    if (!terminal.stderr_is_tty) return;
    thread_ = std::thread([this, &terminal, &progress, label = std::move(label)] {
      ProgressLine line(terminal, label);
      std::unique_lock lock(mutex_);
      while (!done_) {
        changed_.wait_for(lock, std::chrono::milliseconds(100));
        line.update(progress.rows, progress.bytes_read, progress.bytes_total);
      }
    });
  }
  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

// A second look at a file whose labels leave the classes: do they run 1..C?
std::string label_hint(const std::string& path, const Layout& layout, const std::string& fallback) {
  if (path == "-" || layout.classes.base != 0) return fallback;
  std::int64_t low = std::numeric_limits<std::int64_t>::max(), high = -1;
  std::mutex mutex;
  const Column column{layout.label, ColumnKind::integer};
  try {
    TableReader(path).read({&column, 1}, [&](const TableBlock& block) {
      const auto labels = block.integers(0);
      const auto [min, max] = std::minmax_element(labels.begin(), labels.end());
      const std::lock_guard lock(mutex);
      low = std::min(low, *min);
      high = std::max(high, *max);
    });
  } catch (const DataError&) {  // another fault, further down
    return fallback;
  }
  return label_run(low, high, layout.classes.size());
}

}  // namespace

Evaluator::Evaluator(const EvalSettings& settings, const Context& context)
    : settings_(settings), context_(context) {
  if (!settings.losses.empty()) losses_ = std::make_unique<LossesFile>(settings.losses);
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
  for (const auto& worker : workers_) total.merge(worker->statistics);
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
}

Source Evaluator::open_source(const std::string& shown, int workers) {
  while (workers_.size() < static_cast<std::size_t>(workers))
    workers_.push_back(std::make_unique<Worker>(options_));
  result_.sources.push_back(shown);
  return {static_cast<std::int32_t>(result_.sources.size() - 1), rows_};
}

void Evaluator::add_table(const std::string& path) {
  Progress progress;
  TableOptions options;
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
      add_block(block, result_.layout, selection, source,
                *workers_[static_cast<std::size_t>(block.worker)], losses_.get());
    });
  } catch (const RowError& e) {
    const std::string hint = e.label ? label_hint(path, result_.layout, e.hint) : e.hint;
    throw BadRow(e, hint, rows_ + e.row);
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
