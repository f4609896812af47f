#include "io/workers.h"

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "io/byte_source.h"

namespace crossent::io {
namespace {

class Run {
 public:
  Run(const std::atomic<bool>* stop, const std::function<bool(int)>& take,
      const std::function<void(int)>& work)
      : stop_(stop), take_(take), work_(work) {}

  void work(int worker) {
    std::int64_t task = 0;
    while (next(worker, &task)) {
      try {
        work_(worker);
      } catch (const Stopped&) {
        stopped_ = true;
      } catch (...) {
        const std::lock_guard lock(mutex_);
        fail(task);
      }
    }
  }
  bool finish() {
    if (error_) std::rethrow_exception(error_);
    return !stopped_;
  }

 private:
  bool next(int worker, std::int64_t* task) {
    const std::lock_guard lock(mutex_);
    if (stop_ && stop_->load(std::memory_order_relaxed)) stopped_ = true;
    if (ended_ || error_ || stopped_) return false;
    *task = taken_++;
    try {
      ended_ = !take_(worker);
    } catch (const Stopped&) {
      stopped_ = ended_ = true;
    } catch (...) {
      fail(*task);
      ended_ = true;
    }
    return !ended_;
  }
  // Tasks before a failed one were taken before it: they still end, and may fail in its place.
  void fail(std::int64_t task) {
    if (error_ && failed_ < task) return;
    failed_ = task;
    error_ = std::current_exception();
  }

  const std::atomic<bool>* stop_;
  const std::function<bool(int)>& take_;
  const std::function<void(int)>& work_;
  std::mutex mutex_;
  std::int64_t taken_ = 0, failed_ = 0;
  bool ended_ = false;
  std::atomic<bool> stopped_{false};
  std::exception_ptr error_;
};

}  // namespace

int worker_count(int threads) { return std::max(1, threads > 0 ? threads : omp_get_max_threads()); }

bool run_ordered(int workers, const std::atomic<bool>* stop, const std::function<bool(int)>& take,
                 const std::function<void(int)>& work) {
  Run run(stop, take, work);
  {
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(workers));
    try {
      for (int i = 1; i < workers; ++i) threads.emplace_back([&run, i] { run.work(i); });
    } catch (const std::system_error&) {  // no more threads to be had: fewer do the work
    }
    run.work(0);
  }
  return run.finish();
}

}  // namespace crossent::io
