#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace crossent::cli {

/// Calls `begin` from a thread of its own when the first rows are done: by then nothing is left
/// that could refuse a training, and its first epoch may take long.
class FirstStep {
 public:
  FirstStep(const std::atomic<std::int64_t>& rows, std::function<void()> begin)
      : thread_([this, &rows, begin = std::move(begin)] {
          std::unique_lock lock(mutex_);
          while (!done_ && rows.load(std::memory_order_relaxed) == 0)
            changed_.wait_for(lock, std::chrono::milliseconds(50));
          if (!done_) begin();
        }) {}
  ~FirstStep() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  FirstStep(const FirstStep&) = delete;
  FirstStep& operator=(const FirstStep&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;  // the last: it uses the others
};

}  // namespace crossent::cli
