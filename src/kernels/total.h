#pragma once
#include <cstddef>

namespace crossent::kernels {

// A sum as high + low.
struct Total {
  double high = 0, low = 0;
};

// x[0] + .. + x[n - 1] by TwoSum, in eight sums that are joined at the end. Infinite or NaN terms
// make it infinite or NaN.
Total total(const double* x, std::size_t n);

}  // namespace crossent::kernels
