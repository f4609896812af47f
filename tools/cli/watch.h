#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "cli/output/progress.h"
#include "crossent/dataset.h"

namespace crossent::cli {

/// Shows a read in progress from a thread of its own, where somebody can see it.
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

}  // namespace crossent::cli
