#include "cli/output/sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "crossent/error.h"

namespace crossent::cli {
namespace {

bool stdout_was_closed = false;

// errno of the failure, 0 when everything was written.
int write_all(int descriptor, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = write(descriptor, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {  // a pipe that somebody made non-blocking
      pollfd ready{descriptor, POLLOUT, 0};
      poll(&ready, 1, -1);
      continue;
    }
    if (n < 0) return errno;
    done += static_cast<std::size_t>(n);
  }
  return 0;
}

}  // namespace

void keep_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    if (descriptor == STDOUT_FILENO) stdout_was_closed = true;
    if (open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY) < 0) return;
  }
}

bool write_stdout(const std::string& text) {
  if (text.empty()) return true;
  const int error = stdout_was_closed ? EBADF : write_all(STDOUT_FILENO, text);
  if (error == EPIPE) return false;
  if (error != 0) throw IoError(error, std::generic_category(), "cannot write to standard output");
  return true;
}

void write_stderr(const std::string& text) { write_all(STDERR_FILENO, text); }

}  // namespace crossent::cli
