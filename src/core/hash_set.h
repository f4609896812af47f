#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace crossent {

/// A 64-bit hash of text: FNV-1a, then mixed so that every bit counts.
inline std::uint64_t text_hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93;
  return h ^ (h >> 32);
}

/// A set of 64-bit hashes that gives up (and empties itself) beyond a limit. Whether it gave up
/// depends only on the distinct hashes, not on their order.
class HashSet {
 public:
  explicit HashSet(std::size_t limit) : limit_(limit) {}

  bool dropped() const { return dropped_; }
  std::size_t size() const { return size_; }
  /// Slots looked at so far.
  std::uint64_t steps() const { return steps_; }

  void insert(std::uint64_t hash) {
    if (dropped_) return;
    if (hash == 0) hash = 1;  // 0 marks an empty slot
    if (size_ * 4 >= slots_.size() * 3) grow();
    std::uint64_t& slot = find(hash);
    if (slot == hash) return;
    if (size_ == limit_) return drop();
    slot = hash;
    ++size_;
  }
  void merge(const HashSet& other) {
    if (other.dropped_) drop();
    // Slots come in the order of their hashes: without room for all of them, the first ones would
    // pile up in one run.
    const std::size_t most = std::min(size_ + other.size_, limit_);
    while (!dropped_ && most * 4 >= slots_.size() * 3) grow();
    for (std::size_t i = 0; i < other.slots_.size() && !dropped_; ++i)
      if (other.slots_[i] != 0) insert(other.slots_[i]);
  }

 private:
  std::uint64_t& find(std::uint64_t hash) {
    std::size_t i = hash & (slots_.size() - 1);
    for (++steps_; slots_[i] != 0 && slots_[i] != hash; ++steps_) i = (i + 1) & (slots_.size() - 1);
    return slots_[i];
  }
  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? 1024 : 2 * slots_.size());
    old.swap(slots_);
    for (const std::uint64_t hash : old)
      if (hash != 0) find(hash) = hash;
  }
  void drop() {
    dropped_ = true;
    size_ = 0;
    slots_ = {};
  }

  std::size_t limit_, size_ = 0;
  std::uint64_t steps_ = 0;
  bool dropped_ = false;
  std::vector<std::uint64_t> slots_;  // a power of two, at most three quarters full
};

}  // namespace crossent
