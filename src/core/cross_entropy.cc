#include "crossent/cross_entropy.h"

#include <vector>

#include "core/cross_entropy_call.h"
#include "core/matrix_checks.h"

namespace crossent {

template <class T>
Result cross_entropy(MatrixView<const T> x, Labels label, const Options& options,
                     const Outputs<T>& outputs) {
  core::check_length("cross_entropy", "label", label.size(), x.rows, "rows");
  if (!outputs.target_gradient.empty())
    refuse("cross_entropy", "target_gradient",
           "target_gradient needs soft targets: labels are no variables");
  return core::CrossEntropyCall<T>(x, label, {}, options, outputs).run();
}

template <class T>
Result cross_entropy(MatrixView<const T> x, MatrixView<const T> target, const Options& options,
                     const Outputs<T>& outputs) {
  if (target.rows != x.rows || target.cols != x.cols)
    refuse("cross_entropy", "target",
           "target is " + std::to_string(target.rows) + " x " + std::to_string(target.cols) +
               ", but x is " + std::to_string(x.rows) + " x " + std::to_string(x.cols));
  if (options.ignore_index)
    refuse("cross_entropy", "ignore_index",
           "ignore_index = " + std::to_string(*options.ignore_index) +
               " does not apply to soft targets: use row_mask or class_mask");
  return core::CrossEntropyCall<T>(x, {}, target, options, outputs).run();
}

#define CROSSENT_INSTANTIATE(T)                                                              \
  template Result cross_entropy<T>(MatrixView<const T>, Labels, const Options&,              \
                                   const Outputs<T>&);                                       \
  template Result cross_entropy<T>(MatrixView<const T>, MatrixView<const T>, const Options&, \
                                   const Outputs<T>&);
CROSSENT_INSTANTIATE(float)
CROSSENT_INSTANTIATE(double)
CROSSENT_INSTANTIATE(f16)
CROSSENT_INSTANTIATE(bf16)
#undef CROSSENT_INSTANTIATE

}  // namespace crossent
