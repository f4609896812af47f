#pragma once
#include <string>

namespace crossent::cli {

/// Opens /dev/null on each of the descriptors 0..2 that is closed, so that no file of ours takes
/// its place; remembers whether stdout was.
void keep_standard_descriptors();

/// Writes to stdout; returns false when the reader has gone (a closed pipe).
/// Errors  IoError, as for a full disk or a closed stdout
bool write_stdout(const std::string& text);

/// Writes to stderr, whatever becomes of it.
void write_stderr(const std::string& text);

}  // namespace crossent::cli
