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
/// Decimal text as an int64, blanks and sign as above.
NumberFault parse_integer(std::string_view text, std::int64_t* value);

}  // namespace crossent::io
