#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crossent::test {

/// The bytes of an IDX file.
inline std::string idx_file(int type, const std::vector<std::uint32_t>& sizes,
                            std::string_view data) {
  std::string bytes(2, '\0');
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(sizes.size());
  for (const std::uint32_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 255);
  return bytes + std::string(data);
}

}  // namespace crossent::test
