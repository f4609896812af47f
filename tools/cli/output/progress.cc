#include "cli/output/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/output/text.h"

namespace crossent::cli {
namespace {

constexpr auto kQuiet = std::chrono::milliseconds(500);
constexpr auto kInterval = std::chrono::milliseconds(100);

void print(const std::string& text) {
  // A terminal that has gone is no reason to stop.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

std::string scaled(double x) {
  constexpr const char* kPrefix[] = {" ", " k", " M", " G", " T"};
  int k = 0;
  while (x >= 1000 && k < 4) {
    x /= 1000;
    ++k;
  }
  return fmt::format("{:.{}f}{}", x, k == 0 ? 0 : 1, kPrefix[k]);
}

std::string eta_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return whole < 3600
             ? fmt::format("  ETA {}:{:02}", whole / 60, whole % 60)
             : fmt::format("  ETA {}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string progress_text(double seconds, std::uint64_t rows, std::uint64_t bytes,
                          std::uint64_t bytes_total) {
  const double rate = seconds > 0 ? 1 / seconds : 0;
  std::string text;
  if (bytes_total > 0) {
    const double share =
        std::min(1.0, static_cast<double>(bytes) / static_cast<double>(bytes_total));
    text += fmt::format("{:3.0f} %  ", 100 * share);
  }
  text += fmt::format("{}rows  {}rows/s  {}B/s", scaled(static_cast<double>(rows)),
                      scaled(static_cast<double>(rows) * rate),
                      scaled(static_cast<double>(bytes) * rate));
  if (bytes_total > 0 && bytes > 0) {
    const double left = static_cast<double>(bytes_total - std::min(bytes, bytes_total)) /
                        static_cast<double>(bytes) * seconds;
    text += eta_text(left);
  }
  return text;
}

ProgressLine::ProgressLine(const Terminal& terminal, std::string_view label)
    : on_(terminal.stderr_is_tty),
      label_(escape(label)),
      start_(Clock::now()),
      next_(start_ + kQuiet) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (shown_) print("\r\x1b[K");
  shown_ = false;
}

void ProgressLine::show(std::string_view text) {
  if (!on_) return;
  next_ = Clock::now() + kInterval;
  shown_ = true;
  print(fmt::format("\r{}{}\x1b[K", label_, text));
}

void ProgressLine::update(std::uint64_t rows, std::uint64_t bytes, std::uint64_t bytes_total) {
  if (!due()) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  show(progress_text(seconds, rows, bytes, bytes_total));
}

}  // namespace crossent::cli
