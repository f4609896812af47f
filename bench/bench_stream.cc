// The machine's own bandwidth by buffer size: bench_stream [--benchmark_filter=..].
#include <benchmark/benchmark.h>
#include <omp.h>

#include <cstdint>
#include <vector>

#include "bench/stream.h"

namespace {

enum Pattern { kRead, kUpdate, kCopy };

// GB/s counts every byte read and every byte written once.
void run(benchmark::State& state, Pattern pattern) {
  const auto bytes = static_cast<std::size_t>(state.range(0)) << 10;
  const auto threads = static_cast<int>(state.range(1));
  std::vector<unsigned char> a(bytes, 1), b(pattern == kCopy ? bytes : 0, 1);
  unsigned seen = 0;
  for (auto _ : state) {
    if (pattern == kRead) seen ^= crossent::bench::stream_read(a.data(), bytes, threads);
    if (pattern == kUpdate) crossent::bench::stream_update(a.data(), bytes, 0x5a5a5a5a, threads);
    if (pattern == kCopy) {
      crossent::bench::stream_copy(a.data(), b.data(), bytes, 0x5a5a5a5a, threads);
    }
    benchmark::ClobberMemory();
  }
  benchmark::DoNotOptimize(seen);
  const std::size_t moved = bytes * (pattern == kRead ? 1 : 2);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(moved));
}

void sizes_and_threads(benchmark::internal::Benchmark* b) {
  b->ArgNames({"KiB", "threads"})->UseRealTime();
  for (const std::int64_t kib : {16, 512, 4096, 65536, 262144}) {
    for (const int threads : {1, omp_get_max_threads()}) b->Args({kib, threads});
  }
}

BENCHMARK_CAPTURE(run, read, kRead)->Apply(sizes_and_threads);
BENCHMARK_CAPTURE(run, update, kUpdate)->Apply(sizes_and_threads);
BENCHMARK_CAPTURE(run, copy, kCopy)->Apply(sizes_and_threads);

}  // namespace

BENCHMARK_MAIN();
