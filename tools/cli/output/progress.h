#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/context.h"

namespace crossent::cli {

/// One line on stderr, rewritten in place: "  34 %  12.3 M rows  4.1 M rows/s  412 MB/s  ETA 0:07".
/// Only on a terminal, only after half a second, at most ten times a second; erased at the end.
class ProgressLine {
 public:
  explicit ProgressLine(const Terminal& terminal, std::string_view label = "");
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Call as often as you like, from one thread. `bytes_total` 0: not known, no share and no ETA.
  void update(std::uint64_t rows, std::uint64_t bytes, std::uint64_t bytes_total);
  /// Whether it is time to show a new text.
  bool due() const { return on_ && Clock::now() >= next_; }
  void show(std::string_view text);
  /// Takes the line away until the next show: something else is to be written.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool on_;
  std::string label_;
  Clock::time_point start_, next_;
  bool shown_ = false;
};

/// 1234567 -> "1.2 M": for a unit behind it.
std::string scaled(double x);
/// "  ETA 0:07".
std::string eta_text(double seconds);

/// The text of that line.
std::string progress_text(double seconds, std::uint64_t rows, std::uint64_t bytes,
                          std::uint64_t bytes_total);

}  // namespace crossent::cli
