// Cross-entropy of rows in f64 arithmetic.
#include "kernels/cross_entropy.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cross_entropy_f64.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/cross_entropy-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

void cross_entropy_f64(const CrossEntropyTask& task, Rows& rows) {
  cross_entropy_rows<double>(task, rows);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(cross_entropy_f64);

void kernels::cross_entropy_f64(const CrossEntropyTask& task, Rows& rows) {
  HWY_DYNAMIC_DISPATCH(cross_entropy_f64)(task, rows);
}
}  // namespace crossent
#endif  // HWY_ONCE
