// Tiles of a matrix product: lanes are columns of c, and a tile of c stays in registers over many
// terms. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_PRODUCT_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_PRODUCT_TILE_INL_H_
#undef CROSSENT_KERNELS_PRODUCT_TILE_INL_H_
#else
#define CROSSENT_KERNELS_PRODUCT_TILE_INL_H_
#endif

#include <cstddef>

#include "crossent/view.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Full = hn::ScalableTag<T>;
// Sixteen vector registers hold 6 x 2 sums, the row of b and an element of a; 32 hold 8 x 2.
constexpr std::size_t kTileRows = hn::MaxLanes(Full<double>()) >= 8 ? 8 : 6;
constexpr std::size_t kTileVectors = 2;

// Rows of c that take `depth` terms from rows of b; b_row is the distance of those.
template <class T>
struct Block {
  MatrixView<const T> a;
  const T* b;
  std::ptrdiff_t b_row;
  MatrixView<T> c;
  bool accumulate;
};

template <std::size_t kRowsOfTile, std::size_t kVectors, class D>
HWY_INLINE void tile(D d, const Block<hn::TFromD<D>>& x, std::size_t row) {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  constexpr std::size_t N = hn::MaxLanes(D());
  const T* a = &x.a(row, 0);
  const T* b = x.b;
  T* c = &x.c(row, 0);
  const std::ptrdiff_t a_row = x.a.row_stride, c_row = x.c.row_stride;
  V sum[kRowsOfTile][kVectors];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRowsOfTile; ++i)
#pragma GCC unroll 16
    for (std::size_t j = 0; j < kVectors; ++j)
      sum[i][j] = x.accumulate ? hn::LoadU(d, c + static_cast<std::ptrdiff_t>(i) * c_row + j * N)
                               : hn::Zero(d);
  for (std::size_t p = 0; p < x.a.cols; ++p, a += x.a.col_stride, b += x.b_row) {
    V v[kVectors];
#pragma GCC unroll 16
    for (std::size_t j = 0; j < kVectors; ++j) v[j] = hn::LoadU(d, b + j * N);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kRowsOfTile; ++i) {
      const V factor = hn::Set(d, a[static_cast<std::ptrdiff_t>(i) * a_row]);
#pragma GCC unroll 16
      for (std::size_t j = 0; j < kVectors; ++j) sum[i][j] = hn::MulAdd(factor, v[j], sum[i][j]);
    }
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kRowsOfTile; ++i)
#pragma GCC unroll 16
    for (std::size_t j = 0; j < kVectors; ++j)
      hn::StoreU(sum[i][j], d, c + static_cast<std::ptrdiff_t>(i) * c_row + j * N);
}

template <std::size_t kVectors, class D>
void panel(D d, const Block<hn::TFromD<D>>& x) {
  const std::size_t rows = x.c.rows;
  std::size_t row = 0;
  if constexpr (kVectors <= kTileVectors) {
    for (; rows - row >= kTileRows; row += kTileRows) tile<kTileRows, kVectors>(d, x, row);
    for (; rows - row >= 4; row += 4) tile<4, kVectors>(d, x, row);
    for (; rows - row >= 2; row += 2) tile<2, kVectors>(d, x, row);
  }
  for (; row < rows; ++row) tile<1, kVectors>(d, x, row);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
