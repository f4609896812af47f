#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace crossent::cli {

/// What the program is connected to. The default is a pipe: no colour, no progress, ASCII.
struct Terminal {
  bool stdout_is_tty = false;
  bool stderr_is_tty = false;
  bool no_color = false;  ///< NO_COLOR is set, or TERM is dumb
  bool utf8 = false;      ///< the locale's encoding
  int columns = 80;

  /// Of this process; sets LC_CTYPE to the user's locale.
  static Terminal detect();
};

/// Takes text as it comes, for a verb that runs long.
struct Live {
  std::function<bool(const std::string&)> out;  ///< false: the reader has gone
  std::function<void(const std::string&)> err;
};

/// What a verb gets (the options that every verb has) and what it gives: text that is written once
/// it has returned. Progress goes to stderr directly, through output/progress.h.
struct Context {
  Terminal terminal;
  bool json = false;
  bool color = false;  ///< of stdout: decided from --color, NO_COLOR and the terminal
  int digits = 0;      ///< significant digits (1..17); 0: the usual six decimals
  int threads = 0;     ///< 0: OMP_NUM_THREADS, else every core
  std::vector<std::string> arguments;  ///< as they were typed

  std::string out;                 ///< for stdout; dropped when the verb throws
  std::vector<std::string> notes;  ///< for stderr: "crossent: VERB: note: ..." each

  /// Hands `out` and `notes` over now, where somebody takes them: only what no later check could
  /// have refused. Returns false when the reader of stdout has gone; the text is dropped then.
  bool flush();
  std::function<bool(Context&)> live;  ///< empty: everything waits for the end
};

/// Set by Ctrl-C and SIGTERM; long verbs look at it, stop, and throw Interrupted or return exit
/// code 130. A later second one kills.
extern std::atomic<bool> stop_requested;
/// Makes SIGINT and SIGTERM set stop_requested and SIGPIPE an error of write().
void install_signal_handlers();

}  // namespace crossent::cli
