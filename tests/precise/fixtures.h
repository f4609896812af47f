#pragma once
#include <gtest/gtest.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "crossent/cpu.h"
#include "crossent/view.h"

namespace crossent::precise {

using Types = testing::Types<float, double, f16, bf16>;

/// A test of every element type; the SIMD target that it chooses ends with it.
template <class T>
class EveryType : public testing::Test {
 protected:
  void TearDown() override { set_simd_target(""); }
};

#if defined(__SSE2__)
/// While it lives, this thread's subnormals are zeros, as results and as inputs.
class FlushToZero {
 public:
  FlushToZero() { _mm_setcsr(before_ | 0x8040); }
  ~FlushToZero() { _mm_setcsr(before_); }
  FlushToZero(const FlushToZero&) = delete;
  FlushToZero& operator=(const FlushToZero&) = delete;

 private:
  unsigned before_ = _mm_getcsr();
};
#endif

}  // namespace crossent::precise
