// Decimal text to f64, correctly rounded and nearly without branches. The digits are summed as
// vectors, from the end of the number; the integer that they make is scaled by 128 bits of a power
// of ten, which nearly always decide the rounding (D. Lemire, "Number parsing at a gigabyte per
// second", Software: Practice and Experience 51, 2021).
#include "kernels/decimal.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/decimal_powers.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/decimal.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

static_assert(std::endian::native == std::endian::little);

// The digits looked at: a byte before them is read too, and an exponent of 5 bytes may follow.
constexpr std::size_t kDigits = kernels::kDecimalWindow - 1 - 5;
using D = hn::CappedTag<std::uint8_t, kDigits>;
struct Number {
  std::uint64_t integer;
  int power;  // of ten
};

template <class M>
HWY_INLINE std::uint32_t bits_of(M mask) {
  const D d;
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint32_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits;
}

// Which of 32 bytes are no digits, and which are points.
HWY_INLINE void classify(const std::uint8_t* bytes, std::uint32_t* others, std::uint32_t* points) {
  const D d;
  std::uint32_t digits = 0;
  *points = 0;
  for (std::size_t i = 0; i < kDigits; i += hn::Lanes(d)) {
    const auto text = hn::LoadU(d, bytes + i);
    const auto value = hn::Sub(text, hn::Set(d, '0'));
    digits |= bits_of(hn::Eq(hn::Min(value, hn::Set(d, 9)), value)) << i;
    *points |= bits_of(hn::Eq(text, hn::Set(d, '.'))) << i;
  }
  *others = ~digits;
}

// The numbers that the digits make 8 by 8. Those up to `point` stand a byte further left, unless it
// is 32; those before `first` are 0.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void sum_digits(const std::uint8_t* bytes, int point, int first, std::uint64_t* eights) {
  const std::uint8_t* left = bytes - (point < static_cast<int>(kDigits) ? 1 : 0);
  for (int i = 0; i < static_cast<int>(kDigits); ++i) {
    const int digit = i < first ? 0 : (i > point ? bytes : left)[i] - '0';
    eights[i / 8] = (i % 8 == 0 ? 0 : eights[i / 8] * 10) + static_cast<std::uint64_t>(digit);
  }
}
#else
using Signed = hn::RebindToSigned<D>;
using Pairs = hn::Repartition<std::uint16_t, D>;
using SignedPairs = hn::Repartition<std::int16_t, D>;
using Fours = hn::Repartition<std::int32_t, D>;
using Eights = hn::Repartition<std::uint64_t, D>;

HWY_INLINE void sum_digits(const std::uint8_t* bytes, int point, int first, std::uint64_t* eights) {
  const D d;
  const Signed signed_d;
  const std::uint8_t* left = bytes - (point < static_cast<int>(kDigits) ? 1 : 0);
  const auto ten = hn::Set(Pairs(), std::uint16_t{10 * 256 + 1});
  const auto hundred = hn::BitCast(SignedPairs(), hn::Set(Fours(), 1 << 16 | 100));
  for (std::size_t i = 0; i < kDigits; i += hn::Lanes(d)) {
    const auto at = hn::Iota(signed_d, static_cast<std::int8_t>(i));
    const auto after = hn::Gt(at, hn::Set(signed_d, static_cast<std::int8_t>(point)));
    const auto used = hn::Gt(at, hn::Set(signed_d, static_cast<std::int8_t>(first - 1)));
    const auto text =
        hn::IfThenElse(hn::RebindMask(d, after), hn::LoadU(d, bytes + i), hn::LoadU(d, left + i));
    const auto digits = hn::IfThenElseZero(hn::RebindMask(d, used), hn::Sub(text, hn::Set(d, '0')));
    const auto pairs = hn::ShiftRight<8>(hn::Mul(hn::BitCast(Pairs(), digits), ten));
    auto odd = hn::Zero(Fours());
    const auto even = hn::ReorderWidenMulAccumulate(Fours(), hn::BitCast(SignedPairs(), pairs),
                                                    hundred, hn::Zero(Fours()), odd);
    const auto fours =
        hn::BitCast(hn::Repartition<std::uint32_t, D>(), hn::RearrangeToOddPlusEven(even, odd));
    const auto high = hn::MulEven(fours, hn::Set(hn::Repartition<std::uint32_t, D>(), 10000));
    hn::StoreU(hn::Add(high, hn::ShiftRight<32>(hn::BitCast(Eights(), fours))), Eights(),
               eights + i / 8);
  }
}
#endif

// A number without sign and exponent.
HWY_INLINE bool read_digits(const char* begin, const char* end, Number* number) {
  const auto size = static_cast<std::size_t>(end - begin);
  if (size - 1 >= kDigits) return false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(end - kDigits);
  std::uint32_t others, points;
  classify(bytes, &others, &points);
  const std::uint32_t inside = ~std::uint32_t{0} << (kDigits - size);
  others &= inside;
  if (others != (points & inside) || (others & (others - 1)) != 0) return false;
  const int has_point = others != 0 ? 1 : 0;
  const int point = std::countr_zero(std::uint64_t{others} | std::uint64_t{1} << kDigits);
  std::uint64_t eights[kDigits / 8];
  sum_digits(bytes, point, static_cast<int>(kDigits - size) + has_point, eights);
  if (eights[0] != 0 || eights[1] > 999 || (size == 1 && has_point != 0)) return false;
  constexpr std::uint64_t kTen8 = 100'000'000;
  number->integer = (eights[1] * kTen8 + eights[2]) * kTen8 + eights[3];
  number->power = point + has_point - static_cast<int>(kDigits);
  return true;
}

// w / 10^n where that is an integer over a power of two: halfway cases, and what doubles hold
// exactly, which a rounded power of ten leaves undecided.
bool divide_exactly(std::uint64_t w, int n, double* value) {
  if (n < 0 || n >= static_cast<int>(kernels::kPowersOfFive.size())) return false;
  const std::uint64_t five = kernels::kPowersOfFive[static_cast<std::size_t>(n)];
  if (w % five != 0) return false;
  *value = std::ldexp(static_cast<double>(w / five), -n);
  return true;
}

HWY_INLINE bool scale(Number number, double* value) {
  using kernels::kLargestPower;
  *value = 0;
  if (number.integer == 0) return true;
  if (number.power < -kLargestPower || number.power > kLargestPower) return false;
  const kernels::Power& power =
      kernels::kPowersOfTen[static_cast<std::size_t>(number.power + kLargestPower)];
  const int zeros = std::countl_zero(number.integer);
  const kernels::DecimalProduct w = number.integer << zeros;
  const kernels::DecimalProduct product = w * power.high + (w * power.low >> 64);
  const int up = static_cast<int>(product >> 127);
  // A mantissa of 53 bits, a bit to round by and a rest: the exact one is less than 4 above it.
  const auto high = static_cast<std::uint64_t>(product << (1 - up) >> 64);
  const auto low = static_cast<std::uint64_t>(product << (1 - up));
  constexpr std::uint64_t kRest = (1 << 10) - 1;
  const std::uint64_t mantissa = high >> 10, rest = high & kRest;
  const bool above = rest == kRest && low >= ~std::uint64_t{3};
  const bool halfway = rest == 0 && low == 0 && (mantissa & 1) != 0;
  if (HWY_UNLIKELY(above || halfway)) return divide_exactly(number.integer, -number.power, value);
  const auto exponent = static_cast<std::uint64_t>(power.exponent + up - zeros);
  // The mantissa's leading bit, and a carry out of it, add to the exponent.
  *value = std::bit_cast<double>(((exponent - 1) << 52) + (mantissa >> 1) + (mantissa & 1));
  return true;
}

// Takes an exponent of up to three digits off the end of the text.
bool take_exponent(const char* begin, const char** end, int* exponent) {
  const char* at = *end;
  int value = 0, ten = 1;
  for (; at > begin && *end - at < 3 && at[-1] >= '0' && at[-1] <= '9'; ten *= 10)
    value += ten * (*--at - '0');
  if (at == *end || at - begin < 2) return false;
  const bool minus = at[-1] == '-';
  if (minus || at[-1] == '+') --at;
  if (at - begin < 2 || (at[-1] != 'e' && at[-1] != 'E')) return false;
  *exponent = minus ? -value : value;
  *end = at - 1;
  return true;
}

HWY_INLINE bool parse(const char* begin, const char* end, double* value) {
  const std::uint64_t minus = begin != end && *begin == '-' ? 1 : 0;
  begin += minus;
  Number number;
  if (HWY_UNLIKELY(!read_digits(begin, end, &number))) {
    int exponent;
    if (!take_exponent(begin, &end, &exponent) || !read_digits(begin, end, &number)) return false;
    number.power += exponent;
  }
  double magnitude;
  if (!scale(number, &magnitude)) return false;
  *value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) | minus << 63);
  return true;
}

void parse_decimals(const kernels::DecimalFields& fields, double* values, std::size_t* parsed) {
  std::size_t begin = fields.begin, i = 0;
  for (; i < fields.count; ++i) {
    const std::size_t end = i + 1 == fields.count ? fields.last_end : fields.ends[i];
    if (end < kernels::kDecimalWindow) break;
    if (!parse(fields.text + begin, fields.text + end, values + i)) break;
    begin = end + 1;
  }
  *parsed = i;
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(parse_decimals);

std::size_t kernels::parse_decimals(const DecimalFields& fields, double* values) {
  std::size_t parsed;
  HWY_DYNAMIC_DISPATCH(parse_decimals)(fields, values, &parsed);
  return parsed;
}
}  // namespace crossent
#endif  // HWY_ONCE
