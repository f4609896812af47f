// Structure of CSV text: 64 bytes at a time as bit masks, quotes by a prefix exclusive-or
// (G. Langdale and D. Lemire, "Parsing gigabytes of JSON per second", VLDB Journal 28, 2019).
#include "kernels/csv_scan.h"

#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/csv_scan.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kBlock = 64;
using D = hn::CappedTag<std::uint8_t, kBlock>;

// Bit i is set where text[i] == c.
HWY_INLINE std::uint64_t equal_mask(const std::uint8_t* text, char c) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const auto wanted = hn::Set(d, static_cast<std::uint8_t>(c));
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < kBlock; i += lanes) {
    std::uint8_t bits[8 + 8] = {};
    hn::StoreMaskBits(d, hn::Eq(hn::LoadU(d, text + i), wanted), bits);
    std::uint64_t word;
    std::memcpy(&word, bits, sizeof word);
    mask |= word << i;
  }
  return mask;
}

// Bit i is the exclusive-or of bits 0..i.
HWY_INLINE std::uint64_t prefix_xor(std::uint64_t x) {
  for (int shift = 1; shift < 64; shift *= 2) x ^= x << shift;
  return x;
}

// The bytes inside quotes (the opening quote included); `carry` is all ones inside quotes.
HWY_INLINE std::uint64_t quoted_mask(std::uint64_t quotes, std::uint64_t* carry) {
  if (quotes == 0) return *carry;
  const std::uint64_t inside = prefix_xor(quotes) ^ *carry;
  *carry = std::uint64_t{0} - (inside >> 63);
  return inside;
}

// Calls use(block, offset) for every 64 bytes; the last block is padded with a byte that means
// nothing.
template <class Use>
HWY_INLINE void for_blocks(const char* text, std::size_t size, Use& use) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text);
  std::size_t i = 0;
  for (; i + kBlock <= size; i += kBlock) use(bytes + i, i);
  if (i == size) return;
  std::uint8_t tail[kBlock];
  std::memset(tail, use.delimiter == 'x' ? 'y' : 'x', sizeof tail);
  std::memcpy(tail, bytes + i, size - i);
  use(tail, i);
}

struct CountLines {
  static constexpr char delimiter = 0;
  kernels::LineCount count;
  std::uint64_t carry;

  HWY_INLINE void operator()(const std::uint8_t* block, std::size_t offset) {
    const std::uint64_t feeds = equal_mask(block, '\n');
    const std::uint64_t ends = feeds & ~quoted_mask(equal_mask(block, '"'), &carry);
    count.lines += static_cast<std::size_t>(std::popcount(feeds));
    count.records += static_cast<std::size_t>(std::popcount(ends));
    if (ends != 0) count.boundary = offset + 64 - static_cast<std::size_t>(std::countl_zero(ends));
  }
};

struct FindSeparators {
  char delimiter;
  std::uint32_t *positions, *record_ends;
  kernels::Separators found{};
  std::uint64_t carry = 0, quotes = 0, suspicious = 0, return_before = 0;

  HWY_INLINE void operator()(const std::uint8_t* block, std::size_t offset) {
    const std::uint64_t feeds = equal_mask(block, '\n'), returns = equal_mask(block, '\r');
    const std::uint64_t quote = equal_mask(block, '"');
    const std::uint64_t outside = ~quoted_mask(quote, &carry);
    quotes |= quote;
    suspicious |= equal_mask(block, '\0') | ((returns << 1 | return_before) & ~feeds);
    return_before = returns >> 63;

    std::uint64_t all = (feeds | equal_mask(block, delimiter)) & outside;
    for (std::uint64_t ends = feeds & outside; ends != 0; ends &= ends - 1) {
      const std::uint64_t before = (ends & (0 - ends)) - 1;
      record_ends[found.records++] = static_cast<std::uint32_t>(found.separators) +
                                     static_cast<std::uint32_t>(std::popcount(all & before));
    }
    for (; all != 0; all &= all - 1)
      positions[found.separators++] =
          static_cast<std::uint32_t>(offset) + static_cast<std::uint32_t>(std::countr_zero(all));
  }
};

void count_lines(const char* text, std::size_t size, bool* in_quote, kernels::LineCount* count) {
  CountLines state{{}, *in_quote ? ~std::uint64_t{0} : 0};
  for_blocks(text, size, state);
  *in_quote = state.carry != 0;
  *count = state.count;
}

void find_separators(const char* text, std::size_t size, char delimiter, std::uint32_t* positions,
                     std::uint32_t* record_ends, kernels::Separators* found) {
  FindSeparators state{delimiter, positions, record_ends};
  for_blocks(text, size, state);
  *found = state.found;
  found->quotes = state.quotes != 0;
  found->suspicious =
      state.suspicious != 0 || state.return_before != 0 || (size != 0 && text[size - 1] == '\r');
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(count_lines);
HWY_EXPORT(find_separators);

kernels::LineCount kernels::count_lines(const char* text, std::size_t size, bool* in_quote) {
  LineCount count;
  HWY_DYNAMIC_DISPATCH(count_lines)(text, size, in_quote, &count);
  return count;
}

kernels::Separators kernels::find_separators(const char* text, std::size_t size, char delimiter,
                                             std::uint32_t* positions, std::uint32_t* record_ends) {
  Separators found;
  HWY_DYNAMIC_DISPATCH(find_separators)(text, size, delimiter, positions, record_ends, &found);
  return found;
}
}  // namespace crossent
#endif  // HWY_ONCE
