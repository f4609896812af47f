#pragma once

// Numbers that several operations use.
namespace crossent {

inline constexpr double kHalfLog2Pi = 0.918938533204672741780329736406;  ///< log(2 pi) / 2

}  // namespace crossent
