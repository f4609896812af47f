#include "io/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

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

// Whether the open file is still the one of that name.
bool is_named(int fd, const std::string& path) {
  struct stat open {
  }, named{};
  return ::fstat(fd, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

// Removes what a process left behind that was killed: a plain file that nobody holds locked. The
// kernel takes the lock from a process that ends, however it ends. False: it is in use.
bool remove_abandoned(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return errno == ENOENT;
  struct stat status {};
  const bool plain = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  const bool abandoned = plain && ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  // Its name may have gone to another file, or to its place, before it was locked.
  const bool removed = abandoned && (!is_named(fd, path) || ::unlink(path.c_str()) == 0);
  ::close(fd);
  return removed;
}

// A rename is lasting once the folder is on the disk too. Folders that cannot be read, and file
// systems that know no such thing, keep what they promise without.
bool sync_folder(const std::string& place) {
  const std::size_t slash = place.rfind('/');
  const std::string folder = slash == place.npos ? "." : place.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  if (fd < 0) return true;
  const bool failed = ::fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP;
  const int error = errno;
  ::close(fd);
  errno = error;
  return !failed;
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
  for (int i = 0; fd_ < 0;) {
    temporary_ = place_ + ".crossent-part" + (i > 0 ? "-" + std::to_string(i) : "");
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, kEveryone);
    if (fd_ < 0 && errno == EEXIST) {
      i += remove_abandoned(temporary_) ? 0 : 1;
    } else if (fd_ < 0) {
      temporary_.clear();
      throw io_error("write", path_);
    } else if (::flock(fd_, LOCK_EX) == 0 && !is_named(fd_, temporary_)) {
      ::close(fd_);  // another process took it for abandoned before it was locked
      fd_ = -1;
    }
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
  const bool beside = !temporary_.empty();
  if (beside && ::fsync(fd_) != 0) fail();
  // Renamed while it is locked: no other process takes it for abandoned in between.
  if (beside && std::rename(temporary_.c_str(), place_.c_str()) != 0) fail();
  temporary_.clear();
  const int fd = fd_;
  fd_ = -1;
  if (owned_ && ::close(fd) != 0) fail();
  if (!beside) return;
  if (!sync_folder(place_)) throw io_error("write", path_);
}

}  // namespace crossent::io
