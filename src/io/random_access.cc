#include "io/random_access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/byte_source.h"

namespace crossent::io {
namespace {

class FileAccess final : public RandomAccess {
 public:
  FileAccess(int fd, std::uint64_t size, std::string name)
      : fd_(fd), size_(size), name_(std::move(name)) {}
  ~FileAccess() override { ::close(fd_); }
  std::uint64_t size() const override { return size_; }

  void read(std::uint64_t offset, char* out, std::size_t size) override {
    for (std::size_t done = 0; done < size;) {
      const ssize_t got = ::pread(fd_, out + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw io_error("read", name_);
      if (got == 0) throw DataError("the file became shorter while it was read", name_);
      done += static_cast<std::size_t>(got);
    }
  }

 private:
  int fd_;
  std::uint64_t size_;
  std::string name_;
};

class MemoryAccess final : public RandomAccess {
 public:
  MemoryAccess(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, char* out, std::size_t size) override {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      throw DataError("the data is truncated", name_);
    if (size != 0) std::memcpy(out, bytes_.data() + offset, size);
  }

 private:
  std::string_view bytes_;
  std::string name_;
};

}  // namespace

std::unique_ptr<RandomAccess> open_regular_file(const std::string& path) {
  // A pipe must not even be opened: its writer would take this for the reader that comes after.
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) return nullptr;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw io_error("open", path);
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return nullptr;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  auto file = std::make_unique<FileAccess>(fd, size, path);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return file;
}

std::unique_ptr<RandomAccess> open_memory_at(std::string_view bytes, const std::string& name) {
  return std::make_unique<MemoryAccess>(bytes, name);
}

}  // namespace crossent::io
