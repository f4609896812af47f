// Decimal text to f64, correctly rounded and nearly without branches. The digits are summed as
// vectors, from the end of the number; the integer that they make is scaled by 128 bits of a power
// of ten, which nearly always decide the rounding (D. Lemire, "Number parsing at a gigabyte per
// second", Software: Practice and Experience 51, 2021).
#include "kernels/decimal.h"

#include <algorithm>
#include <bit>

#include "kernels/decimal_scale.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/decimal.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/decimal_digits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
constexpr std::uint64_t kTen8 = 100'000'000;

// Takes an exponent of up to three digits off the end of the text.
bool take_exponent(const char* begin, const char** end, int* exponent) {
  const char* at = *end;
  int value = 0, ten = 1;
  for (; at > begin && *end - at < 3 && at[-1] >= '0' && at[-1] <= '9'; ten *= 10)
    value += ten * (*--at - '0');
  if (at == *end || at - begin < 2) return false;
  const bool minus = at[-1] == '-';
  at -= minus || at[-1] == '+' ? 1 : 0;
  if (at - begin < 2 || (at[-1] != 'e' && at[-1] != 'E')) return false;
  *exponent = minus ? -value : value;
  *end = at - 1;
  return true;
}

HWY_INLINE bool read_number(const char* begin, const char* end, Number* number) {
  number->minus = begin != end && *begin == '-' ? 1 : 0;
  begin += number->minus;
  if (HWY_LIKELY(read_digits(begin, end, number))) return true;
  int exponent;
  if (!take_exponent(begin, &end, &exponent) || !read_digits(begin, end, number)) return false;
  number->power += exponent;
  return true;
}

// The numbers of fields [from, from + count) as far as they are known; *begin is where they begin.
HWY_NOINLINE std::size_t read(const kernels::DecimalFields& fields, std::size_t from,
                              std::size_t count, std::size_t* begin, Number* numbers) {
  const char* text = fields.text;
  const std::uint32_t* ends = fields.ends + from;
  const std::size_t last = fields.count - from - 1;
  std::size_t at = *begin, i = 0;
  for (; i < count; ++i) {
    const std::size_t end = i == last ? fields.last_end : ends[i];
    if (end < kernels::kDecimalWindow || !read_number(text + at, text + end, numbers + i)) break;
    at = end + 1;
  }
  *begin = at;
  return i;
}

HWY_NOINLINE std::size_t scale(const Number* numbers, std::size_t count, double* values) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t* eights = numbers[i].eights;
    const std::uint64_t integer = (eights[1] * kTen8 + eights[2]) * kTen8 + eights[3];
    double magnitude;
    if (HWY_UNLIKELY(eights[0] != 0 || eights[1] > 999 ||
                     !kernels::scale_decimal(integer, numbers[i].power, &magnitude)))
      return i;
    values[i] = std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) |
                                      std::uint64_t{numbers[i].minus} << 63);
  }
  return count;
}

// Integers and products in turns: either chain of instructions is long, and a CPU overlaps more of
// them, and a compiler has registers enough, when they are apart.
void parse_decimals(const kernels::DecimalFields& fields, double* values, std::size_t* parsed) {
  constexpr std::size_t kBatch = 16;
  Number numbers[kBatch];
  std::size_t begin = fields.begin, done = 0, wanted = 0, got = 0;
  for (; got == wanted && done < fields.count; done += got) {
    wanted = std::min(kBatch, fields.count - done);
    got = scale(numbers, read(fields, done, wanted, &begin, numbers), values + done);
  }
  *parsed = done;
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
