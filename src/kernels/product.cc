// Matrix products, block by block and panel by panel, so that what tiles read stays in the caches.
#include "kernels/product.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/product.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
// After highway.h.
#include "kernels/product_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
constexpr std::size_t kPanel = kTileVectors* hn::MaxLanes(Full<T>());  // columns of a tile
constexpr std::size_t kWide = 8;     // vectors of a tile of one row: enough sums to hide latency
constexpr std::size_t kDepth = 128;  // terms of a block: a panel of b stays in the L1 cache
constexpr std::size_t kRows = 128;   // rows of a block: its part of a stays in the L2 cache

// Columns [0, columns) of b, side by side.
template <class T>
void pack(const MatrixView<const T>& b, std::size_t columns, T* HWY_RESTRICT out) {
  for (std::size_t j = 0; j < columns; ++j)
    for (std::size_t p = 0; p < b.rows; ++p) out[p * kPanel<T> + j] = b(p, j);
}

template <std::size_t kVectors, class D>
void panel_of(D d, Block<hn::TFromD<D>>& x, MatrixView<const hn::TFromD<D>>& b) {
  using T = hn::TFromD<D>;
  constexpr std::size_t kColumns = kVectors * hn::MaxLanes(D());
  HWY_ALIGN T packed[kDepth * kPanel<T>];
  x.b = b.data;
  x.b_row = b.row_stride;
  if constexpr (kColumns <= kPanel<T>)
    if (b.col_stride != 1) {
      pack(b, kColumns, packed);
      x.b = packed;
      x.b_row = kPanel<T>;
    }
  panel<kVectors>(d, x);
  x.c.data += kColumns;
  b.data += static_cast<std::ptrdiff_t>(kColumns) * b.col_stride;
  b.cols -= kColumns;
}

// Panels of ever fewer columns: no lane without a column of its own.
template <class D>
void columns(D d, Block<hn::TFromD<D>>& x, MatrixView<const hn::TFromD<D>>& b) {
  constexpr std::size_t N = hn::MaxLanes(D());
  while (x.c.rows < 4 && b.col_stride == 1 && b.cols >= kWide * N) panel_of<kWide>(d, x, b);
  while (b.cols >= kTileVectors * N) panel_of<kTileVectors>(d, x, b);
  while (b.cols >= N) panel_of<1>(d, x, b);
  if constexpr (N > 1)
    if (b.cols > 0) columns(hn::CappedTag<hn::TFromD<D>, N / 2>(), x, b);
}

template <class T>
MatrixView<T> part(const MatrixView<T>& x, std::size_t row, std::size_t rows, std::size_t col,
                   std::size_t cols) {
  return {&x(row, col), std::min(rows, x.rows - row), std::min(cols, x.cols - col), x.row_stride,
          x.col_stride};
}

template <class T>
void product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, bool accumulate) {
  for (std::size_t row = 0; row < c.rows; row += kRows) {
    std::size_t term = 0;
    do {  // once without terms too: then c is 0
      MatrixView<const T> terms = part(b, term, kDepth, 0, b.cols);
      Block<T> block = {part(a, row, kRows, term, kDepth), nullptr, 0,
                        part(c, row, kRows, 0, c.cols), accumulate || term > 0};
      columns(Full<T>(), block, terms);
      term += kDepth;
    } while (term < b.rows);
  }
}

void product_f32(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
                 bool accumulate) {
  product(a, b, c, accumulate);
}
void product_f64(MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c,
                 bool accumulate) {
  product(a, b, c, accumulate);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace crossent {
HWY_EXPORT(product_f32);
HWY_EXPORT(product_f64);

void kernels::product(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c,
                      bool accumulate) {
  HWY_DYNAMIC_DISPATCH(product_f32)(a, b, c, accumulate);
}
void kernels::product(MatrixView<const double> a, MatrixView<const double> b, MatrixView<double> c,
                      bool accumulate) {
  HWY_DYNAMIC_DISPATCH(product_f64)(a, b, c, accumulate);
}
}  // namespace crossent
#endif  // HWY_ONCE
