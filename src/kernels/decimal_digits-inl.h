// The digits of a number, summed as vectors from its end. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_DECIMAL_DIGITS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_DECIMAL_DIGITS_INL_H_
#undef CROSSENT_KERNELS_DECIMAL_DIGITS_INL_H_
#else
#define CROSSENT_KERNELS_DECIMAL_DIGITS_INL_H_
#endif

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernels/decimal.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

static_assert(std::endian::native == std::endian::little);

// The digits looked at: a byte before them is read too, and an exponent of 5 bytes may follow.
constexpr std::size_t kDigits = kernels::kDecimalWindow - 1 - 5;
using D = hn::CappedTag<std::uint8_t, kDigits>;

struct Number {
  std::uint64_t eights[kDigits / 8];  // the digits, 8 by 8
  int power;                          // of ten
  std::uint32_t minus;
};

template <class M>
HWY_INLINE std::uint32_t bits_of(M mask) {
  const D d;
  std::uint64_t bits = 0;
  hn::StoreMaskBits(d, mask, reinterpret_cast<std::uint8_t*>(&bits));
  return static_cast<std::uint32_t>(bits);
}

// Which of 32 bytes are no digits.
HWY_INLINE std::uint32_t other_bytes(const std::uint8_t* bytes) {
  const D d;
  std::uint32_t digits = 0;
  for (std::size_t i = 0; i < kDigits; i += hn::Lanes(d)) {
    const auto value = hn::Xor(hn::LoadU(d, bytes + i), hn::Set(d, '0'));
    digits |= bits_of(hn::Eq(hn::Min(value, hn::Set(d, 9)), value)) << i;
  }
  return ~digits;
}

// The 32 bytes from [33 - n] on keep the bytes from n on.
constexpr auto kKeep = [] {
  std::array<std::uint8_t, 2 * kDigits + 1> keep{};
  for (std::size_t i = kDigits + 1; i < keep.size(); ++i) keep[i] = 0xff;
  return keep;
}();

// The numbers that the digits make 8 by 8. Those up to `point` stand a byte further left, unless it
// is 32; those before `first` are 0.
HWY_INLINE void sum_digits(const std::uint8_t* bytes, std::size_t point, std::size_t first,
                           std::uint64_t* eights) {
  const std::uint8_t* left = bytes - (point < kDigits ? 1 : 0);
  const std::uint8_t *after = &kKeep[kDigits - point], *used = &kKeep[kDigits + 1 - first];
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < kDigits; ++i) {
    const int digit = ((after[i] != 0 ? bytes : left)[i] - '0') & used[i];
    eights[i / 8] = (i % 8 == 0 ? 0 : eights[i / 8] * 10) + static_cast<std::uint64_t>(digit);
  }
#else
  const D d;
  const hn::Repartition<std::uint16_t, D> pairs;
  const hn::Repartition<std::int16_t, D> signed_pairs;
  const hn::Repartition<std::int32_t, D> fours;
  const hn::Repartition<std::uint32_t, D> unsigned_fours;
  const hn::Repartition<std::uint64_t, D> longs;
  const auto even_weights = hn::BitCast(signed_pairs, hn::Set(fours, 10 << 16 | 1000));
  const auto odd_weights = hn::BitCast(signed_pairs, hn::Set(fours, 1 << 16 | 100));
  for (std::size_t i = 0; i < kDigits; i += hn::Lanes(d)) {
    const auto text =
        hn::IfVecThenElse(hn::LoadU(d, after + i), hn::LoadU(d, bytes + i), hn::LoadU(d, left + i));
    const auto digits = hn::And(hn::Xor(text, hn::Set(d, '0')), hn::LoadU(d, used + i));
    const auto even = hn::And(hn::BitCast(pairs, digits), hn::Set(pairs, std::uint16_t{0xff}));
    const auto odd = hn::ShiftRight<8>(hn::BitCast(pairs, digits));
    auto rest = hn::Zero(fours);
    auto sum = hn::ReorderWidenMulAccumulate(fours, hn::BitCast(signed_pairs, even), even_weights,
                                             hn::Zero(fours), rest);
    sum = hn::ReorderWidenMulAccumulate(fours, hn::BitCast(signed_pairs, odd), odd_weights, sum,
                                        rest);
    const auto all = hn::BitCast(unsigned_fours, hn::RearrangeToOddPlusEven(sum, rest));
    const auto high = hn::MulEven(all, hn::Set(unsigned_fours, 10000));
    const auto low = hn::ShiftRight<32>(hn::BitCast(longs, all));
    hn::StoreU(hn::Add(high, low), longs, eights + i / 8);
  }
#endif
}

// A number without sign and exponent.
HWY_INLINE bool read_digits(const char* begin, const char* end, Number* number) {
  const auto size = static_cast<std::size_t>(end - begin);
  if (size - 1 >= kDigits) return false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(end - kDigits);
  const std::uint32_t inside = ~std::uint32_t{0} << (kDigits - size);
  const std::uint32_t others = other_bytes(bytes) & inside;
  const auto point = static_cast<std::size_t>(
      std::countr_zero(std::uint64_t{others} | std::uint64_t{1} << kDigits));
  const std::size_t has_point = point / kDigits ^ 1;
  const bool several = (others & (others - 1)) != 0;
  if (several || others == inside || (others != 0 && bytes[point] != '.')) return false;
  sum_digits(bytes, point, kDigits - size + has_point, number->eights);
  number->power = static_cast<int>(point + has_point) - static_cast<int>(kDigits);
  return true;
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
