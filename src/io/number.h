#pragma once
#include <cstdint>
#include <string_view>

namespace crossent::io {

enum class NumberFault {
  none,
  empty,
  text,       ///< not a number
  too_large,  ///< beyond the type's range
  fraction    ///< a real number where an integer is wanted
};

/// Decimal text as the nearest f64; nan, inf and infinity in any case; blanks around it and a
/// leading sign are accepted. Text below the smallest subnormal rounds to 0.
NumberFault parse_real(std::string_view text, double* value);
/// Whether the text is empty or one of the words that stand for a missing value, in any case and
/// with blanks around it: NA, N/A, #N/A, <NA>, NaN, null, none, ?.
bool is_missing(std::string_view text);
/// Whether a comma stands where a number has its point: "1,5".
bool has_decimal_comma(std::string_view text);
/// Decimal text as an int64, blanks and sign as above.
NumberFault parse_integer(std::string_view text, std::int64_t* value);

}  // namespace crossent::io
