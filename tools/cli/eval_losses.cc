// --losses FILE: id, loss, p_true, predicted of every row, in row order.
#include "cli/eval.h"
#include "io/output_file.h"

namespace crossent::cli {

struct LossesFile::Output {
  explicit Output(const std::string& path) : file(path) {}
  io::OutputFile file;
};

LossesFile::LossesFile(const std::string& path) : output_(std::make_unique<Output>(path)) {
  output_->file.write("id,loss,p_true,predicted\n");
}

LossesFile::~LossesFile() = default;

void LossesFile::put(std::int64_t first_row, std::int64_t rows, std::string text) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(first_row, std::pair(rows, std::move(text)));
  while (!waiting_.empty() && waiting_.begin()->first == next_) {
    const auto& [count, lines] = waiting_.begin()->second;
    output_->file.write(lines);
    next_ += count;
    waiting_.erase(waiting_.begin());
  }
}

void LossesFile::next_file() { next_ = 0; }

void LossesFile::commit() { output_->file.commit(); }

}  // namespace crossent::cli
