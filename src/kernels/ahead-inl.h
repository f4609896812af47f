// Asking for memory before it is used. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_AHEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_AHEAD_INL_H_
#undef CROSSENT_KERNELS_AHEAD_INL_H_
#else
#define CROSSENT_KERNELS_AHEAD_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// Where to look ahead from an element that is read, in bytes: what will be read there, and written.
// 0: nowhere.
struct Ahead {
  std::size_t read = 0, write = 0;
  // What is written so many bytes later.
  Ahead after(std::size_t bytes) const { return {read, write == 0 ? 0 : write + bytes}; }
};

// Of a pass straight through memory: closer is late, farther is gone again.
constexpr Ahead kStream{2048, 0};

// Asks the cache for the `kLength` bytes that lie ahead; past the end of an array is harmless.
template <std::size_t kLength>
HWY_INLINE void fetch_ahead(const void* p, const Ahead& ahead) {
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  if (ahead.read != 0)
    for (std::size_t line = 0; line < kLength; line += 64)
      __builtin_prefetch(reinterpret_cast<const void*>(at + ahead.read + line));
  if (ahead.write != 0)
    for (std::size_t line = 0; line < kLength; line += 64)
      __builtin_prefetch(reinterpret_cast<const void*>(at + ahead.write + line), 1);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
