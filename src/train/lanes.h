#pragma once
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>

// The only threads of training. What a thread does depends on the rows alone, never on how many
// threads there are.
namespace crossent::training {

/// Parts of the rows that are summed for themselves: as many as 16, of 64 rows at least.
inline std::size_t lanes_of(std::size_t rows) { return std::clamp<std::size_t>(rows / 64, 1, 16); }

inline std::size_t lane_begin(std::size_t lane, std::size_t lanes, std::size_t rows) {
  return rows * lane / lanes;
}

/// Threads for `count` parts at most; 0 asks for OpenMP's number.
inline int threads_for(std::size_t count, int threads) {
  return std::min(threads > 0 ? threads : omp_get_max_threads(),
                  static_cast<int>(std::min<std::size_t>(count, 256)));
}

/// Calls body(k) for k in [0, count), at the same time when `work` (multiplications) is worth it.
/// What a body throws is thrown again.
template <class Body>
void for_each_part(std::size_t count, double work, int threads, const Body& body) {
  const int wanted = threads_for(count, threads);
  std::exception_ptr thrown;
#pragma omp parallel for schedule(dynamic) num_threads(wanted) if (wanted > 1 && work > 5e5)
  for (std::size_t k = 0; k < count; ++k) {
    try {
      body(k);
    } catch (...) {  // an exception that left the region would end the program
#pragma omp critical(crossent_train_thrown)
      if (!thrown) thrown = std::current_exception();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

/// Calls body(begin, end) for ranges of [0, n), for work that is the same whatever the ranges.
template <class Body>
void for_each_range(std::size_t n, int threads, const Body& body) {
  constexpr std::size_t kRange = 8192;
  for_each_part((n + kRange - 1) / kRange, 8 * static_cast<double>(n), threads,
                [&](std::size_t k) { body(k * kRange, std::min(n, (k + 1) * kRange)); });
}

}  // namespace crossent::training
