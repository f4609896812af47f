// Binary cross-entropy of f32 logits and of f64 probabilities, beside what memory alone takes for
// the same buffers, in one process.
#include <benchmark/benchmark.h>
#include <omp.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/stream.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/cpu.h"

namespace {

constexpr std::size_t kLogits = 50'000'000, kProbabilities = 10'000'000;

// Logits of standard deviation 4 (f32) or probabilities (f64), against targets 0 and 1.
template <class T>
struct Problem {
  std::vector<T> original, x, target, gradient;

  explicit Problem(std::size_t n) : original(n), target(n), gradient(n) {
    std::mt19937 random(1);
    std::normal_distribution<double> normal(0, 4);
    std::vector<T> drawn(1 << 16);  // repeated at an odd distance: drawing all would take minutes
    for (T& v : drawn) {
      const double logit = normal(random);
      v = static_cast<T>(std::is_same_v<T, double> ? 1 / (1 + std::exp(-logit)) : logit);
    }
    for (std::size_t i = 0; i < n; ++i) {
      original[i] = drawn[(i + i / drawn.size() * 7919) % drawn.size()];
      target[i] = static_cast<T>((i * 2654435761U >> 13) & 1U);
    }
    x = original;
  }
  std::size_t bytes() const { return x.size() * sizeof(T) / 64 * 64; }
  auto view(std::vector<T>& v) { return crossent::matrix(v.data(), v.size(), 1); }
};

template <class T>
Problem<T>& problem() {
  static Problem<T> made(std::is_same_v<T, double> ? kProbabilities : kLogits);
  return made;
}

enum Operation { kRead, kUpdate, kCopy, kLoss, kGradientInPlace, kGradient };
constexpr const char* kNames[] = {"read",    "update", "copy", "loss", "gradient_in_place",
                                  "gradient"};

template <class T>
void call(Operation op, Problem<T>& p, int threads) {
  using namespace crossent;  // NOLINT: this function speaks of nothing else
  auto* x = reinterpret_cast<unsigned char*>(p.x.data());
  auto* gradient = reinterpret_cast<unsigned char*>(p.gradient.data());
  constexpr unsigned kKey = 0x00010001;
  if (op <= kCopy) {
    const auto* target = reinterpret_cast<const unsigned char*>(p.target.data());
    benchmark::DoNotOptimize(bench::stream_read(target, p.bytes(), threads));
    if (op == kRead) benchmark::DoNotOptimize(bench::stream_read(x, p.bytes(), threads));
    if (op == kUpdate) bench::stream_update(x, p.bytes(), kKey, threads);
    if (op == kCopy) bench::stream_copy(x, gradient, p.bytes(), kKey, threads);
    return;
  }
  BinaryOptions options;
  options.threads = threads;
  if (std::is_same_v<T, double>) options.kind = Kind::probabilities;
  BinaryOutputs<T> out;
  if (op == kGradientInPlace) out.gradient = p.view(p.x);
  if (op == kGradient) out.gradient = p.view(p.gradient);
  benchmark::DoNotOptimize(
      binary_cross_entropy<T>(p.view(p.x), p.view(p.target), options, out).mean);
}

template <class T>
void add(const std::string& type) {
  for (const int threads : {1, omp_get_max_threads()}) {
    for (const Operation op : {kRead, kUpdate, kCopy, kLoss, kGradientInPlace, kGradient}) {
      const std::string name = std::string(kNames[op]) + '/' + type + '/' + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        Problem<T>& p = problem<T>();
        for (auto _ : state) {
          const auto start = std::chrono::steady_clock::now();
          call(op, p, threads);
          const auto end = std::chrono::steady_clock::now();
          state.SetIterationTime(std::chrono::duration<double>(end - start).count());
          if (op == kGradientInPlace || op == kUpdate)
            std::memcpy(p.x.data(), p.original.data(), p.x.size() * sizeof(T));
        }
      })->UseManualTime();
    }
    if (omp_get_max_threads() == 1) break;
  }
}

}  // namespace

// Names are operation/type/threads.
int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]).starts_with("--simd=")) {
    crossent::set_simd_target(argv[1] + 7);
    --argc;
    ++argv;
  }
  add<float>("f32_logits");
  add<double>("f64_probabilities");
  benchmark::AddCustomContext("simd", crossent::simd_target());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
