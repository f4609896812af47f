#include "io/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "io/byte_source.h"

namespace crossent::io {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr mode_t kEveryone = 0666;  // less the umask

// The process's own stream where the path names one: opening it anew would write from its
// beginning.
int standard_stream(const std::string& path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  return path == "/dev/stderr" ? STDERR_FILENO : -1;
}

// Where a symbolic link to a plain file leads: the link stays, and the file behind it is whole, the
// old one or the new one. Other links, to devices say, are opened as they are.
std::string place_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return path;
  const std::unique_ptr<char, void (*)(void*)> target(::realpath(path.c_str(), nullptr), std::free);
  return target ? target.get() : path;
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  fd_ = standard_stream(path_);
  if (fd_ >= 0) {
    owned_ = false;
    if (path_ == "-") path_ = "<stdout>";
    return;
  }
  place_ = place_of(path_);
  const bool exists = ::lstat(place_.c_str(), &status) == 0;
  if (path_.empty() || (exists && !S_ISREG(status.st_mode))) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | O_TRUNC, kEveryone);
    if (fd_ < 0) throw io_error("write", path_);
    return;
  }
  // A file that may not be written is not replaced either, although its folder would allow it.
  if (exists && ::access(place_.c_str(), W_OK) != 0) throw io_error("write", path_);
  open_beside();
  if (exists) (void)!::fchmod(fd_, status.st_mode & 07777u);  // some file systems have no modes
}

void OutputFile::open_beside() {
  const std::string stem = place_ + "." + std::to_string(::getpid()) + ".";
  for (int i = 0; fd_ < 0; ++i) {
    temporary_ = stem + std::to_string(i);
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, kEveryone);
    if (fd_ >= 0 || errno == EEXIST) continue;
    temporary_.clear();
    throw io_error("write", path_);
  }
}

OutputFile::~OutputFile() { discard(); }

void OutputFile::discard() noexcept {
  if (fd_ >= 0 && owned_) ::close(fd_);
  fd_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void OutputFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBufferBytes) flush();
}

void OutputFile::flush() {
  for (std::size_t done = 0; done < buffer_.size();) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0) {
      if (errno == EINTR) continue;
      const IoError error = io_error("write", path_);
      discard();
      throw error;
    }
    done += static_cast<std::size_t>(n);
  }
  buffer_.clear();
}

void OutputFile::commit() {
  flush();
  const auto fail = [this] {
    const IoError error = io_error("write", path_);
    discard();
    throw error;
  };
  if (!temporary_.empty() && ::fsync(fd_) != 0) fail();
  const int fd = fd_;
  fd_ = -1;
  if (owned_ && ::close(fd) != 0) fail();
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), place_.c_str()) != 0) fail();
  temporary_.clear();
}

}  // namespace crossent::io
