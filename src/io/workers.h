#pragma once
#include <atomic>
#include <functional>

namespace crossent::io {

/// The number of threads meant by an option: itself, or OpenMP's number when it is 0.
int worker_count(int threads);

/// Runs tasks on `workers` threads, the caller's among them: take(worker) fetches the worker's next
/// task, one call at a time, and returns false when there is none; work(worker) does it,
/// concurrently. After an error no more tasks are taken; the error of the task taken first is
/// rethrown. Returns  false when `stop` was set.
bool run_ordered(int workers, const std::atomic<bool>* stop, const std::function<bool(int)>& take,
                 const std::function<void(int)>& work);

}  // namespace crossent::io
