#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "cli/output/progress.h"
#include "cli/output/text.h"
#include "cli/train.h"

namespace crossent::cli {

/// The rows of the table that are shown: epochs 1, 2, 3, 5, 10, 20, 30, 50, 100, ..., the last, and
/// the best ones in between where they come at least a quarter later than the row before.
class TrainTable {
 public:
  TrainTable(const Style& style, bool validation, bool iterations)
      : style_(style), validation_(validation), iterations_(iterations) {}
  std::string head() const;
  bool wants(const EpochRecord& record) const;
  std::string row(const EpochRecord& record);
  std::int64_t last() const { return last_; }

 private:
  Style style_;
  bool validation_, iterations_;
  std::int64_t last_ = -1;
};

/// "epoch 12 of 100  34 %  1.2 M rows/s  ETA 0:07" on stderr, from a thread of its own, where
/// somebody can see it.
class TrainProgress {
 public:
  TrainProgress(const Terminal& terminal, const std::atomic<std::int64_t>& rows);
  ~TrainProgress();
  TrainProgress(const TrainProgress&) = delete;
  TrainProgress& operator=(const TrainProgress&) = delete;

  /// `total_epochs` 0: not known. `iterations`: they take more looks at the rows than one each.
  void start(std::int64_t rows_an_epoch, std::int64_t total_epochs, bool iterations);
  /// An epoch has ended; of those that a checkpoint replays, the last is where this process begins.
  void ended(std::int64_t epoch);
  /// Runs `write` with the line out of the way.
  template <class Write>
  auto aside(const Write& write) {
    const std::lock_guard lock(mutex_);
    line_.clear();
    return write();
  }

 private:
  std::string text() const;

  const std::atomic<std::int64_t>& rows_;
  std::mutex mutex_;
  std::condition_variable changed_;
  ProgressLine line_;
  std::chrono::steady_clock::time_point start_{};
  std::int64_t rows_an_epoch_ = 0, total_epochs_ = 0, first_epoch_ = 0, epoch_ = 0;
  bool iterations_ = false, done_ = false;
  std::thread thread_;
};

}  // namespace crossent::cli
