#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "cli/train.h"
#include "crossent/error.h"

namespace crossent::cli {

/// --log: a line for the options, then one for every epoch, each on its way at once.
class TrainLog {
 public:
  TrainLog(std::string path, const Json& header)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (file_ < 0) fail();
    write(json_line(header));
  }
  ~TrainLog() {
    if (file_ >= 0) ::close(file_);
  }
  TrainLog(const TrainLog&) = delete;
  TrainLog& operator=(const TrainLog&) = delete;

  void add(const EpochRecord& record, const TrainPlan& plan) {
    write(json_line(log_record(record, plan)));
  }

 private:
  void write(const std::string& line) {
    for (std::size_t done = 0; done < line.size();) {
      const ssize_t n = ::write(file_, line.data() + done, line.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail();
      done += static_cast<std::size_t>(n);
    }
  }
  [[noreturn]] void fail() const {
    throw IoError(errno, std::generic_category(), "cannot write " + path_);
  }

  std::string path_;
  int file_;
};

}  // namespace crossent::cli
