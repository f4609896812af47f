// Read, read + write and copy at the speed of memory.
#include "bench/stream.h"

#include <algorithm>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/stream.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "hwy/cache_control.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLine = 64;     // bytes; divides every part
constexpr std::size_t kAhead = 2048;  // bytes; far enough to cover the latency of memory

std::uint32_t read_part(const std::uint8_t* HWY_RESTRICT p, std::size_t bytes) {
  const hn::CappedTag<std::uint32_t, kLine / 4> d;
  const std::size_t step = hn::Lanes(d) * 4;
  const auto load = [d](const std::uint8_t* from) HWY_ATTR {
    return hn::LoadU(d, reinterpret_cast<const std::uint32_t*>(from));
  };
  // Four sums: one would wait for itself when the data are in L1.
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  std::size_t i = 0;
  for (; i + 4 * kLine <= bytes; i += 4 * kLine) {
    for (std::size_t k = 0; k < 4 * kLine; k += kLine) hwy::Prefetch(p + i + k + kAhead);
    for (std::size_t k = 0; k < 4 * kLine; k += 4 * step) {
      s0 = hn::Xor(s0, load(p + i + k));
      s1 = hn::Xor(s1, load(p + i + k + step));
      s2 = hn::Xor(s2, load(p + i + k + 2 * step));
      s3 = hn::Xor(s3, load(p + i + k + 3 * step));
    }
  }
  for (; i < bytes; i += step) s0 = hn::Xor(s0, load(p + i));
  HWY_ALIGN std::uint32_t lane[kLine / 4];
  hn::Store(hn::Xor(hn::Xor(s0, s1), hn::Xor(s2, s3)), d, lane);
  std::uint32_t result = 0;
  for (std::size_t k = 0; k < hn::Lanes(d); ++k) result ^= lane[k];
  return result;
}

void copy_part(const std::uint8_t* from, std::uint8_t* to, std::size_t bytes, std::uint32_t key) {
  const hn::CappedTag<std::uint32_t, kLine / 4> d;
  const std::size_t step = hn::Lanes(d) * 4;
  const auto mask = hn::Set(d, key);
  for (std::size_t i = 0; i < bytes; i += kLine) {
    hwy::Prefetch(from + i + kAhead);
    for (std::size_t k = 0; k < kLine; k += step) {
      const auto v = hn::LoadU(d, reinterpret_cast<const std::uint32_t*>(from + i + k));
      hn::StoreU(hn::Xor(v, mask), d, reinterpret_cast<std::uint32_t*>(to + i + k));
    }
  }
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(read_part);
HWY_EXPORT(copy_part);

namespace bench {
namespace {

// Part k of n: whole cache lines.
std::size_t part_begin(std::size_t bytes, int k, int n) {
  return bytes / 64 * static_cast<std::size_t>(k) / static_cast<std::size_t>(n) * 64;
}

}  // namespace

unsigned stream_read(const unsigned char* data, std::size_t bytes, int threads) {
  unsigned result = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(^ : result)
  for (int k = 0; k < threads; ++k) {
    const std::size_t begin = part_begin(bytes, k, threads);
    const std::size_t end = part_begin(bytes, k + 1, threads);
    result ^= HWY_DYNAMIC_DISPATCH(read_part)(data + begin, end - begin);
  }
  return result;
}

void stream_copy(const unsigned char* from, unsigned char* to, std::size_t bytes, unsigned key,
                 int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int k = 0; k < threads; ++k) {
    const std::size_t begin = part_begin(bytes, k, threads);
    const std::size_t end = part_begin(bytes, k + 1, threads);
    HWY_DYNAMIC_DISPATCH(copy_part)(from + begin, to + begin, end - begin, key);
  }
}

void stream_update(unsigned char* data, std::size_t bytes, unsigned key, int threads) {
  stream_copy(data, data, bytes, key, threads);
}

}  // namespace bench
}  // namespace crossent
#endif  // HWY_ONCE
