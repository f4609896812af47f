#include "cli/train_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace crossent::cli {
namespace {

// 1, 2, 3, 5 times a power of ten.
bool log_spaced(std::int64_t epoch) {
  if (epoch == 0) return true;
  while (epoch % 10 == 0) epoch /= 10;
  return epoch == 1 || epoch == 2 || epoch == 3 || epoch == 5;
}

}  // namespace

std::string TrainTable::head() const {
  std::string out =
      fmt::format("  {:>9}  {:>10}", iterations_ ? "iteration" : "epoch", "train loss");
  if (validation_) out += fmt::format("  {:>10}  {:>9}", "valid loss", "+- se");
  out += fmt::format("  {:>9}", "train acc");
  if (validation_) out += fmt::format("  {:>9}", "valid acc");
  return out + fmt::format("  {:>9}  {:>8}\n", "grad norm", "rows/s");
}

bool TrainTable::wants(const EpochRecord& record) const {
  if (record.epoch <= last_) return false;
  return log_spaced(record.epoch) || (record.best && 4 * record.epoch >= 5 * last_);
}

std::string TrainTable::row(const EpochRecord& r) {
  last_ = r.epoch;
  std::string out =
      fmt::format("  {:>9}  {:>10}", grouped(r.epoch), style_.number(r.training.loss));
  if (validation_)
    out += fmt::format("  {:>10}  {:>9}", style_.number(r.validation.loss),
                       style_.number(r.validation.loss_se));
  out += fmt::format("  {:>9}", style_.percent(r.training.accuracy));
  if (validation_) out += fmt::format("  {:>9}", style_.percent(r.validation.accuracy));
  out += fmt::format("  {:>9}  {:>8}", r.epoch > 0 ? fmt::format("{:.3g}", r.gradient_norm) : "",
                     r.rows_per_second > 0 ? scaled(r.rows_per_second) : "");
  if (validation_ && r.best) out += "  best";
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

TrainProgress::TrainProgress(const Terminal& terminal, const std::atomic<std::int64_t>& rows)
    : rows_(rows), line_(terminal) {
  if (!terminal.stderr_is_tty) return;
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!done_) {
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      if (!done_ && rows_an_epoch_ > 0 && line_.due()) line_.show(text());
    }
  });
}

TrainProgress::~TrainProgress() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TrainProgress::start(std::int64_t rows_an_epoch, std::int64_t total_epochs, bool iterations) {
  const std::lock_guard lock(mutex_);
  start_ = std::chrono::steady_clock::now();
  rows_an_epoch_ = rows_an_epoch;
  total_epochs_ = total_epochs;
  iterations_ = iterations;
}

void TrainProgress::ended(std::int64_t epoch) {
  const std::lock_guard lock(mutex_);
  epoch_ = epoch;
  if (rows_.load(std::memory_order_relaxed) == 0) first_epoch_ = epoch;
}

std::string TrainProgress::text() const {
  const auto rows = static_cast<double>(rows_.load(std::memory_order_relaxed));
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double rate = seconds > 0 ? rows / seconds : 0;
  const std::string speed = fmt::format("  {}rows/s", scaled(rate));
  if (iterations_) return fmt::format("iteration {}{}", grouped(epoch_ + 1), speed);
  const double all = static_cast<double>(rows_an_epoch_ * (total_epochs_ - first_epoch_));
  std::string out = fmt::format("epoch {} of {}  {:.0f} %{}", grouped(epoch_ + 1),
                                grouped(total_epochs_), 100 * std::min(1.0, rows / all), speed);
  return rate > 0 ? out + eta_text(std::max(all - rows, 0.0) / rate) : out;
}

}  // namespace crossent::cli
