// Loss, and loss with gradient, beside what memory alone takes for the same buffers: the floor and
// the kernel run in turns in one process, so that a busy machine slows both.
#include <benchmark/benchmark.h>
#include <omp.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/stream.h"
#include "crossent/cpu.h"
#include "crossent/cross_entropy.h"

namespace {

using crossent::bf16;

struct Shape {
  std::size_t rows, classes;
};
// The first three: small calls, and the least rows that are worth a second thread.
constexpr Shape kShapes[] = {{1, 10},      {64, 10},      {4096, 10},    {65536, 2},   {65536, 10},
                             {65536, 100}, {16384, 1000}, {2048, 32000}, {512, 128256}};

template <class T>
T narrow(float v) {
  if constexpr (std::is_same_v<T, bf16>) {
    return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(v) >> 16)};
  } else {
    return v;
  }
}

template <class T>
double widen(T v) {
  if constexpr (std::is_same_v<T, bf16>) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(v.bits) << 16);
  } else {
    return v;
  }
}

// One shape's buffers, all touched; made when first asked for and shared by its benchmarks.
template <class T>
struct Problem {
  Shape shape;
  std::vector<T> original, logits, gradient;
  std::vector<std::int32_t> label;
  std::vector<double> loss;

  explicit Problem(Shape s)
      : shape(s),
        original(s.rows * s.classes),
        gradient(s.rows * s.classes),
        label(s.rows),
        loss(s.rows) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 4);
    std::vector<T> drawn(1 << 16);  // repeated at an odd distance: drawing all would take minutes
    for (T& v : drawn) v = narrow<T>(normal(random));
    for (std::size_t i = 0; i < original.size(); ++i) {
      original[i] = drawn[(i + i / drawn.size() * 7919) % drawn.size()];
    }
    for (auto& y : label) y = static_cast<std::int32_t>(random() % s.classes);
    logits = original;
  }
  std::size_t bytes() const { return original.size() * sizeof(T); }
  crossent::MatrixView<T> view(std::vector<T>& v) const {
    return crossent::matrix(v.data(), shape.rows, shape.classes);
  }
};

template <class T>
Problem<T>& problem(Shape s) {
  static std::vector<std::unique_ptr<Problem<T>>> made;
  for (auto& p : made) {
    if (p->shape.rows == s.rows && p->shape.classes == s.classes) return *p;
  }
  return *made.emplace_back(std::make_unique<Problem<T>>(s));
}

// The definition, for one row: what is timed must be right.
template <class T>
double definition(const Problem<T>& p, std::size_t i) {
  const T* z = p.original.data() + i * p.shape.classes;
  double m = widen(z[0]), sum = 0;
  for (std::size_t j = 1; j < p.shape.classes; ++j) m = std::max(m, widen(z[j]));
  for (std::size_t j = 0; j < p.shape.classes; ++j) sum += std::exp(widen(z[j]) - m);
  return m + std::log(sum) - widen(z[p.label[i]]);
}

enum Operation { kRead, kUpdate, kCopy, kLoss, kGradientInPlace, kGradient };
constexpr const char* kNames[] = {"read",    "update", "copy", "loss", "gradient_in_place",
                                  "gradient"};

template <class T>
void call(Operation op, Problem<T>& p, int threads) {
  using crossent::bench::stream_copy;
  auto* logits = reinterpret_cast<unsigned char*>(p.logits.data());
  auto* gradient = reinterpret_cast<unsigned char*>(p.gradient.data());
  constexpr unsigned kKey = 0x00010001;  // the data stay ordinary numbers
  crossent::Options options;
  options.threads = threads;
  crossent::Outputs<T> out;
  out.loss = p.loss;
  switch (op) {
    case kRead:
      benchmark::DoNotOptimize(crossent::bench::stream_read(logits, p.bytes(), threads));
      return;
    case kUpdate:
      crossent::bench::stream_update(logits, p.bytes(), kKey, threads);
      return;
    case kCopy:
      stream_copy(logits, gradient, p.bytes(), kKey, threads);
      return;
    case kGradientInPlace:
      out.gradient = p.view(p.logits);
      break;
    case kGradient:
      out.gradient = p.view(p.gradient);
      break;
    case kLoss:
      break;
  }
  crossent::cross_entropy<T>(p.view(p.logits), crossent::Labels(p.label), options, out);
}

template <class T>
void run(benchmark::State& state, Operation op, Shape shape, int threads) {
  Problem<T>& p = problem<T>(shape);
  p.logits = p.original;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    call(op, p, threads);
    const auto end = std::chrono::steady_clock::now();
    state.SetIterationTime(std::chrono::duration<double>(end - start).count());
    if (op == kGradientInPlace || op == kUpdate) {
      std::memcpy(p.logits.data(), p.original.data(), p.bytes());
    }
  }
  const std::size_t last = shape.rows - 1;
  if (op >= kLoss && !(std::abs(p.loss[last] / definition(p, last) - 1) < 1e-5)) {
    state.SkipWithError("the loss is wrong");
  }
}

template <class T>
void add(const std::string& type, Shape s) {
  for (const int threads : {1, omp_get_max_threads()}) {
    for (const Operation op : {kRead, kUpdate, kCopy, kLoss, kGradientInPlace, kGradient}) {
      const std::string name = std::string(kNames[op]) + '/' + type + '/' + std::to_string(s.rows) +
                               '/' + std::to_string(s.classes) + '/' + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        run<T>(state, op, s, threads);
      })->UseManualTime();
    }
    if (omp_get_max_threads() == 1) break;
  }
}

}  // namespace

// Names are operation/type/rows/classes/threads; scripts/bench.py reads them.
int main(int argc, char** argv) {
  for (const Shape s : kShapes) add<float>("f32", s);
  add<bf16>("bf16", {2048, 32000});
  benchmark::AddCustomContext("simd", crossent::simd_target());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
