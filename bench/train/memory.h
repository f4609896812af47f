#pragma once
#include <cstddef>
#include <fstream>
#include <string>

namespace crossent::bench {

/// A line of /proc/self/status in bytes (VmRSS: memory in use, VmHWM: its peak); 0 where unknown.
inline std::size_t memory(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == key + ":" && status >> kib) return kib * 1024;
  }
  return 0;
}

/// The peak becomes what is in use now.
inline void reset_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

}  // namespace crossent::bench
