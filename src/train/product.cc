#include "train/product.h"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace crossent::training {
namespace {

struct Layout {
  char transposed;
  dnnl_dim_t leading;
};

// A row or a column alone has a stride that means nothing and may be too small for BLAS.
Layout layout_of(const MatrixView<const float>& m) {
  const auto at_least = [](std::ptrdiff_t stride, std::size_t size) {
    return std::max<dnnl_dim_t>(stride, static_cast<dnnl_dim_t>(size));
  };
  if (m.col_stride == 1) return {'N', at_least(m.row_stride, m.cols)};
  return {'T', at_least(m.col_stride, m.rows)};
}

}  // namespace

void product(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
             bool accumulate) {
  const Layout la = layout_of(a), lb = layout_of(b), lc = layout_of(c);
  const dnnl_status_t status =
      dnnl_sgemm(la.transposed, lb.transposed, static_cast<dnnl_dim_t>(c.rows),
                 static_cast<dnnl_dim_t>(c.cols), static_cast<dnnl_dim_t>(a.cols), 1, a.data,
                 la.leading, b.data, lb.leading, accumulate ? 1 : 0, c.data, lc.leading);
  if (status == dnnl_out_of_memory) throw std::bad_alloc();
  if (status != dnnl_success) throw std::logic_error("oneDNN refuses a matrix product");
}

}  // namespace crossent::training
