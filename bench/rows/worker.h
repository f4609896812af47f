#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/arguments.h"

namespace crossent::bench {

/// Elements at the start of a cache line, all touched.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : data_(static_cast<T*>(::operator new(size * sizeof(T), kLine))), size_(size) {
    for (std::size_t i = 0; i < size; ++i) data_.get()[i] = T{};
  }
  T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(T* p) const { ::operator delete(p, kLine); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

/// The first `size` elements of a raw file; "" is an empty buffer.
template <class T>
Buffer<T> read_buffer(const std::string& path, std::size_t size) {
  if (path.empty()) return {};
  Buffer<T> buffer(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(buffer.data()),
                 static_cast<std::streamsize>(buffer.bytes())))
    throw std::runtime_error(path + " is too short");
  return buffer;
}

/// One problem in memory.
class Work {
 public:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  virtual ~Work() = default;

  /// What is timed; returns the mean loss, 0 where an operation has none.
  virtual double call(const std::string& operation) = 0;
  /// After every call: what it overwrote is as it was.
  virtual void restore(const std::string& operation) = 0;
  /// Before restore(): the gradient of every `every`-th row.
  virtual void save(const std::string& operation, std::size_t every, std::ofstream& file) = 0;
};

/// Serves a driver: one line of standard input, one line of JSON as the answer.
///
///     load NAME=VALUE..                       what `make` takes
///     run operation=NAME calls=N              {"nanoseconds": [..]}
///     answer operation=NAME every=N path=F    {"mean": ..}, and the gradient of some rows in F
///     drop                                    forgets the data
class Worker {
 public:
  using Make = std::unique_ptr<Work> (*)(Arguments&);
  Worker(Make make, std::string about) : make_(make), about_(std::move(about)) {}

  int serve() {
    for (std::string line; std::getline(std::cin, line);) {
      try {
        answer(line);
      } catch (const std::exception& e) {
        std::printf("{\"error\": \"%s\"}\n", e.what());
      }
      std::fflush(stdout);
    }
    return 0;
  }

 private:
  void answer(const std::string& line) {
    std::istringstream stream(line);
    std::string verb;
    stream >> verb;
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    Arguments a(words);
    if (verb == "load") {
      work_.reset();  // two at once may be more than there is memory for
      work_ = make_(a);
      a.refuse_others();
      std::printf("{\"about\": \"%s\"}\n", about_.c_str());
      return;
    }
    if (verb == "drop") {
      work_.reset();
      std::printf("{}\n");
      return;
    }
    if (!work_) throw std::invalid_argument("nothing is loaded");
    const std::string operation = a.text("operation", "");
    if (verb == "run") {
      run(operation, a.integer("calls", 1));
    } else {
      const std::size_t every = static_cast<std::size_t>(a.integer("every", 1));
      std::ofstream file(a.text("path", "/dev/null"), std::ios::binary);
      const double mean = work_->call(operation);
      work_->save(operation, every, file);
      work_->restore(operation);
      std::printf("{\"mean\": %.17g}\n", mean);
    }
  }

  void run(const std::string& operation, std::int64_t calls) {
    std::string times;
    for (std::int64_t i = 0; i < calls; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      sink_ = work_->call(operation);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      work_->restore(operation);
      times += (i ? ", " : "") + std::to_string(took.count() * 1e9);
    }
    std::printf("{\"nanoseconds\": [%s]}\n", times.c_str());
  }

  Make make_;
  std::string about_;
  std::unique_ptr<Work> work_;
  volatile double sink_ = 0;  // a read of memory is not optimised away
};

}  // namespace crossent::bench
