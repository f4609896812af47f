#include "train/product.h"

#include <oneapi/dnnl/dnnl.h>

namespace crossent::training {

void product(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
             bool accumulate) {
  const auto transposed_of = [](const auto& m) { return m.col_stride == 1 ? 'N' : 'T'; };
  const auto leading = [](const auto& m) {
    return m.col_stride == 1 ? m.row_stride : m.col_stride;
  };
  // Fails only for arguments that are impossible here.
  dnnl_sgemm(transposed_of(a), transposed_of(b), static_cast<dnnl_dim_t>(c.rows),
             static_cast<dnnl_dim_t>(c.cols), static_cast<dnnl_dim_t>(a.cols), 1, a.data,
             leading(a), b.data, leading(b), accumulate ? 1 : 0, c.data, c.row_stride);
}

}  // namespace crossent::training
