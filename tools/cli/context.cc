#include "cli/context.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <thread>

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

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

// The first signal asks to stop; from then on they have their default action.
void wait_for_signals() {
  const sigset_t set = stop_signals();
  int number = 0;
  sigwait(&set, &number);
  stop_requested.store(true, std::memory_order_relaxed);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  for (;;) pause();
}

}  // namespace

// No thread that computes may run a signal handler: the frame of one that interrupts a product of
// oneDNN (2.6) overwrites memory that the product uses.
void install_signal_handlers() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // of all threads to come, too
  try {
    std::thread(wait_for_signals).detach();
  } catch (const std::system_error&) {  // no more threads: a signal ends the program
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }
}

}  // namespace crossent::cli
