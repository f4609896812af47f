#include "io/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace crossent::io {

std::string shown_path(const std::string& path) { return path == "-" ? "<stdin>" : path; }

IoError io_error(const std::string& action, const std::string& path) {
  const std::error_code code(errno, std::generic_category());
  return IoError(code, "cannot " + action + " " + path);
}

std::size_t read_fully(ByteSource& source, char* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const std::size_t got = source.read(out + done, size - done);
    if (got == 0) break;
    done += got;
  }
  return done;
}

namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(const std::string& path, const std::atomic<bool>* stop, Progress* progress)
      : name_(shown_path(path)), stop_(stop), progress_(progress) {
    owned_ = path != "-";
    // Not to wait for the writer of a FIFO in open(), which would not look at the stop flag.
    fd_ = owned_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO;
    if (fd_ < 0) throw io_error("open", name_);
    struct stat status {};
    if (::fstat(fd_, &status) == 0) {
      if (S_ISDIR(status.st_mode)) {
        close();
        errno = EISDIR;
        throw io_error("read", name_);
      }
      regular_ = S_ISREG(status.st_mode);
    }
    if (regular_) {
      ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
      if (progress_) progress_->bytes_total += static_cast<std::uint64_t>(status.st_size);
    }
  }
  ~FileSource() override { close(); }

  std::size_t read(char* out, std::size_t size) override {
    for (;;) {
      wait();
      const ssize_t got = ::read(fd_, out, size);
      if (got >= 0) {
        if (progress_) progress_->bytes_read += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR && errno != EAGAIN) throw io_error("read", name_);
    }
  }

 private:
  void close() {
    if (owned_ && fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // A pipe may stay silent for long: look at the stop flag meanwhile.
  void wait() const {
    constexpr int kMilliseconds = 100;
    for (;;) {
      if (stop_ && stop_->load(std::memory_order_relaxed)) throw Stopped{};
      if (regular_) return;
      pollfd waiting{fd_, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, kMilliseconds);
      if (ready > 0) return;
      if (ready < 0 && errno != EINTR) throw io_error("read", name_);
    }
  }

  std::string name_;
  const std::atomic<bool>* stop_;
  Progress* progress_;
  int fd_ = -1;
  bool owned_ = false, regular_ = false;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string_view bytes, Progress* progress) : rest_(bytes), progress_(progress) {
    if (progress_) progress_->bytes_total += bytes.size();
  }
  std::size_t read(char* out, std::size_t size) override {
    const std::size_t n = std::min(size, rest_.size());
    if (n != 0) std::memcpy(out, rest_.data(), n);
    rest_.remove_prefix(n);
    if (progress_) progress_->bytes_read += n;
    return n;
  }

 private:
  std::string_view rest_;
  Progress* progress_;
};

}  // namespace

std::unique_ptr<ByteSource> open_file(const std::string& path, const std::atomic<bool>* stop,
                                      Progress* progress) {
  return std::make_unique<FileSource>(path, stop, progress);
}

std::unique_ptr<ByteSource> open_memory(std::string_view bytes, Progress* progress) {
  return std::make_unique<MemorySource>(bytes, progress);
}

}  // namespace crossent::io
