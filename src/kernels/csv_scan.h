#pragma once
#include <cstddef>
#include <cstdint>

namespace crossent::kernels {

/// Lines of a piece of CSV text that may begin and end inside a quoted field.
struct LineCount {
  std::size_t records = 0;   ///< line feeds outside quotes
  std::size_t lines = 0;     ///< line feeds
  std::size_t boundary = 0;  ///< offset after the last line feed outside quotes; 0: there is none
};
/// Counts the lines of text[0, size). `in_quote` is the state before, and on return after, the
/// text: every quote toggles it, which is exact for well-formed text (a doubled quote toggles
/// twice).
LineCount count_lines(const char* text, std::size_t size, bool* in_quote);

/// The structure of a piece of CSV text that begins outside quotes.
struct Separators {
  std::size_t separators = 0;  ///< written to `positions`
  std::size_t records = 0;     ///< written to `record_ends`
  bool quotes = false;         ///< there is a quote
  bool suspicious = false;     ///< there is a NUL, or a carriage return without a line feed
};
/// Writes the offsets of the delimiters and line feeds outside quotes to positions[size], and for
/// each line feed outside quotes its index in `positions` to record_ends[size]. size < 2^32.
Separators find_separators(const char* text, std::size_t size, char delimiter,
                           std::uint32_t* positions, std::uint32_t* record_ends);

}  // namespace crossent::kernels
