#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace crossent::io {

/// A file that appears whole or not at all: written beside its place as NAME.crossent-part, brought
/// to the disk, then renamed, and the folder brought to the disk as well. What a killed process
/// left under that name goes with the next file for the same place. A symbolic link to a plain file
/// stays, and the file behind it is replaced in that way. What exists and is no plain file (a
/// device, a pipe, "-" for standard output) is written through instead and never replaced.
///
/// Errors  IoError naming the path and the reason (full disk, no permission, a directory); the
///         unfinished file is gone then, an older file of that name untouched.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  /// Without commit(): removes the unfinished file.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);  ///< buffered
  void commit();                       ///< writes the rest and puts the file in its place

 private:
  void open_beside();
  void flush();
  void discard() noexcept;

  std::string path_;       // as messages name it
  std::string place_;      // what is replaced: where a link to a plain file leads
  std::string temporary_;  // none: written through
  std::string buffer_;
  int fd_ = -1;
  bool owned_ = true;
};

}  // namespace crossent::io
