// Reading files, beside a plain read of the same bytes through a memory map: the floor. The files
// are written first, and are in the system's cache.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <omp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/stream.h"
#include "crossent/dataset.h"

namespace {

constexpr std::size_t kRows = 200'000, kClasses = 10;

std::filesystem::path folder() {
  static const std::filesystem::path made = [] {
    auto path = std::filesystem::temp_directory_path() /
                ("crossent_bench_" + std::to_string(static_cast<long>(::getpid())));
    std::filesystem::create_directory(path);
    return path;
  }();
  return made;
}

// Rows of a label and the probabilities of its classes.
std::string probabilities(const char* format) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal(0, 2);
  std::string text = "label";
  for (std::size_t j = 0; j < kClasses; ++j) text += ",p_" + std::to_string(j);
  text += '\n';
  std::vector<double> p(kClasses);
  for (std::size_t i = 0; i < kRows; ++i) {
    double sum = 0;
    for (double& x : p) sum += x = std::exp(normal(random));
    text += std::to_string(random() % kClasses);
    for (const double x : p) {
      char number[40];
      const int length = std::snprintf(number, sizeof number, format, x / sum);
      text.append(",").append(number, static_cast<std::size_t>(length));
    }
    text += '\n';
  }
  return text;
}

template <class T>
std::string array(const char* type) {
  std::string header = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(10 * kRows) + ", " + std::to_string(kClasses) + "), }";
  header.resize(127 - 10, ' ');
  std::string text("\x93NUMPY\x01\x00\x76\x00", 10);
  text += header + '\n';
  std::mt19937 random(1);
  std::vector<T> values(10 * kRows * kClasses);
  for (T& v : values) v = static_cast<T>(random()) / T{4294967296};
  return text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

std::string file(const std::string& name, const std::string& bytes) {
  const std::string path = folder() / name;
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
  return path;
}

void read_map(const std::string& path, int threads) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const std::size_t size = std::filesystem::file_size(path);
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (map != MAP_FAILED) {
    benchmark::DoNotOptimize(crossent::bench::stream_read(static_cast<const unsigned char*>(map),
                                                          size / 64 * 64, threads));
    ::munmap(map, size);
  }
  ::close(fd);
}

void read_table(const std::string& path, int threads) {
  crossent::TableOptions options;
  options.threads = threads;
  crossent::TableReader reader(path, options);
  std::vector<crossent::Column> columns;
  for (const std::string& name : reader.names())
    columns.push_back(
        {name, name == "label" ? crossent::ColumnKind::integer : crossent::ColumnKind::real});
  std::atomic<std::size_t> rows = 0;
  reader.read(columns, [&](const crossent::TableBlock& block) { rows += block.rows; });
  if (rows != kRows) throw std::runtime_error("rows are missing");
}

void read_array(const std::string& path, int threads) {
  crossent::ArrayOptions options;
  options.threads = threads;
  crossent::ArrayReader reader(path, options);
  reader.read([&](const crossent::ArrayBlock& block) {
    const std::size_t bytes = block.rows * block.cols * crossent::element_bytes(block.type);
    benchmark::DoNotOptimize(crossent::bench::stream_read(
        static_cast<const unsigned char*>(block.data), bytes / 64 * 64, 1));
  });
}

void add(const std::string& name, const std::string& path, void (*read)(const std::string&, int)) {
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  for (int threads = 1; threads <= omp_get_max_threads(); threads *= 2) {
    benchmark::RegisterBenchmark((name + "/" + std::to_string(threads)).c_str(),
                                 [=](benchmark::State& state) {
                                   for (auto _ : state) read(path, threads);
                                   state.SetBytesProcessed(state.iterations() * bytes);
                                 })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace

// Names are what is read / how / threads.
int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const auto& [name, format] : {std::pair{"csv_17_digits", "%.17g"},
                                     {"csv_6_digits", "%.6f"},
                                     {"csv_19_digits_exponent", "%.18e"}}) {
    const std::string path = file(std::string(name) + ".csv", probabilities(format));
    add(std::string(name) + "/map", path, read_map);
    add(std::string(name) + "/reader", path, read_table);
  }
  for (const auto& [name, bytes] :
       {std::pair{"npy_f32", array<float>("<f4")}, {"npy_f64", array<double>("<f8")}}) {
    const std::string path = file(std::string(name) + ".npy", bytes);
    add(std::string(name) + "/map", path, read_map);
    add(std::string(name) + "/reader", path, read_array);
  }
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove_all(folder());
  return 0;
}
