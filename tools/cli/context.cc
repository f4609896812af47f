#include "cli/context.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace crossent::cli {

std::atomic<bool> stop_requested{false};

Terminal Terminal::detect() {
  Terminal t;
  t.stdout_is_tty = isatty(STDOUT_FILENO) == 1;
  t.stderr_is_tty = isatty(STDERR_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  t.no_color = (no_color && *no_color) || (term && std::string_view(term) == "dumb");
  std::setlocale(LC_CTYPE, "");  // the encoding only: numbers keep their point
  t.utf8 = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) t.columns = size.ws_col;
  return t;
}

bool Context::flush() { return !live || live(*this); }

namespace {

volatile std::sig_atomic_t first_second = 0;

std::sig_atomic_t seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::sig_atomic_t>(now.tv_sec);
}

// timeout(1) and others send a signal twice, to the program and to its group: only one that comes
// later is meant to end it at once.
void on_interrupt(int number) {
  if (!stop_requested.exchange(true, std::memory_order_relaxed)) {
    first_second = seconds_now();
  } else if (seconds_now() > first_second + 1) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit is an error of write(), too
}

}  // namespace crossent::cli
