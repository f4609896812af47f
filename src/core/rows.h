#pragma once
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <vector>

#include "kernels/rows.h"

// Fixed blocks of rows: the only threads of the row operations, and sums that do not depend on
// them.
namespace crossent::core {

/// Rows dealt out together: about 16k elements, whatever the number of threads; whole calls of a
/// kernel, or at least whole batches of rows, where that many fit.
inline std::size_t rows_per_block(std::size_t cols) {
  const std::size_t rows = std::clamp<std::size_t>(16384 / std::max<std::size_t>(cols, 1), 1, 1024);
  return rows < 16 ? rows : rows < kernels::kRowsPerCall ? 16 : rows - rows % kernels::kRowsPerCall;
}

/// Calls body(block, begin, end) for every block of rows, in parallel when there is work for it.
/// What a body throws (no memory) is thrown again after the region; blocks may be left out then.
template <class Body>
void for_each_block(std::size_t rows, std::size_t per_block, std::size_t cols, int threads,
                    const Body& body) {
  const auto blocks = static_cast<std::int64_t>((rows + per_block - 1) / per_block);
  // More threads than blocks have nothing to do, and OpenMP ends the program when it cannot start
  // one.
  const auto most = static_cast<int>(std::clamp<std::int64_t>(blocks, 1, 256));
  const int wanted = std::min(threads > 0 ? threads : omp_get_max_threads(), most);
  const auto run = [&](std::int64_t b) {
    const std::size_t begin = static_cast<std::size_t>(b) * per_block;
    body(static_cast<std::size_t>(b), begin, std::min(rows, begin + per_block));
  };
  if (wanted == 1 || rows * std::max<std::size_t>(cols, 4) < 32768) {  // no region at all
    for (std::int64_t b = 0; b < blocks; ++b) run(b);
    return;
  }
  std::exception_ptr thrown;
  std::atomic<bool> failed = false;
#pragma omp parallel for schedule(dynamic) num_threads(wanted)
  for (std::int64_t b = 0; b < blocks; ++b) {
    if (failed.load(std::memory_order_relaxed)) continue;
    try {
      run(b);
    } catch (...) {  // an exception that left the region would end the program
      if (!failed.exchange(true)) thrown = std::current_exception();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

/// What body(begin, end, tally) counts in every block of rows, merged in their order. The tallies'
/// memory is the calling thread's, kept from call to call.
template <class Tally, class Body>
Tally merge_blocks(std::size_t rows, std::size_t per_block, std::size_t cols, int threads,
                   const Body& body) {
  Tally all{};
  if (rows <= per_block) {  // nothing to merge
    if (rows != 0) body(std::size_t{0}, rows, all);
    return all;
  }
  thread_local std::vector<Tally> kept;
  std::vector<Tally>& tallies = kept;  // the caller's, also on other threads
  tallies.assign((rows + per_block - 1) / per_block, Tally{});
  for_each_block(rows, per_block, cols, threads,
                 [&](std::size_t block, std::size_t begin, std::size_t end) {
                   body(begin, end, tallies[block]);
                 });
  for (const Tally& t : tallies) all.merge(t);
  return all;
}

}  // namespace crossent::core
