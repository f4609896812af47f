#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "crossent/error.h"

namespace crossent::io {

/// An error at line_text[offset, offset + width) of a line, its excerpt cut to about 100 bytes
/// around that place when the line is longer.
DataError line_error(const std::string& file, std::int64_t line, const std::string& what,
                     const std::string& hint, std::string_view line_text, std::size_t offset,
                     std::size_t width);

/// `text` in quotes for a message, shortened when long.
std::string quoted_text(std::string_view text);

}  // namespace crossent::io
