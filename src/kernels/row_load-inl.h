// Blocks of a row in the compute type, whatever the matrix holds: types, strides, masks and element
// transforms end here. Compiled once per SIMD target, hence the toggle guard.
#if defined(CROSSENT_KERNELS_ROW_LOAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_LOAD_INL_H_
#undef CROSSENT_KERNELS_ROW_LOAD_INL_H_
#else
#define CROSSENT_KERNELS_ROW_LOAD_INL_H_
#endif

#include <algorithm>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/math-inl.h"
#include "kernels/row_elements-inl.h"
#include "kernels/row_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kBlock = 256;  // elements between two additions into f64
constexpr std::size_t kNone = ~std::size_t{0};

// Which element(s) of the row to leave out, and whether the row is replaced by its one-sided limit.
struct View {
  std::size_t skip = kNone, skip_too = kNone;
  bool limit = false;  // +inf becomes 0, everything else -inf
};

// Up to kBlock elements: `groups` times kLanes from body, then one group from tail if not null.
template <class T, class From = T>
struct Block {
  const From* body;
  std::size_t groups;
  const T* tail;
};

template <class T>
struct Scratch {
  HWY_ALIGN T values[kBlock];
  HWY_ALIGN T tail[kLanes];
};

template <class T>
void load_raw(const Source& s, std::size_t row, std::size_t begin, std::size_t n, T* out) {
  const std::ptrdiff_t offset = offset_of(s, row, begin);
  switch (s.type) {
    case Element::f32:
      return convert<T, float>(s.data, offset, s.col_stride, n, out);
    case Element::f64:
      return convert<T, double>(s.data, offset, s.col_stride, n, out);
    case Element::f16:
      return convert<T, f16>(s.data, offset, s.col_stride, n, out);
    case Element::bf16:
      return convert<T, bf16>(s.data, offset, s.col_stride, n, out);
  }
}

// z' = cap tanh(z / temperature / cap), in place; n a multiple of kLanes. -inf (a masked class, the
// padding) stays -inf.
HWY_INLINE void transform(const Source& s, double* z, std::size_t n) {
  const hn::CappedTag<double, kLanes> d;
  const auto temperature = hn::Set(d, s.temperature);
  const auto cap = hn::Set(d, s.softcap);
  const auto none = hn::Set(d, -std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    auto v = hn::Div(hn::Load(d, z + i), temperature);
    if (s.softcap != 0)
      v = hn::IfThenElse(hn::Eq(v, none), v, hn::Mul(cap, tanh(d, hn::Div(v, cap))));
    hn::Store(v, d, z + i);
  }
}

// The elements [begin, begin + n) in `scratch`, padded with -inf to whole groups.
template <class T>
void stage(const Source& s, std::size_t row, std::size_t begin, std::size_t n, const View& view,
           T* scratch) {
  constexpr T kNegInf = -std::numeric_limits<T>::infinity();
  load_raw(s, row, begin, n, scratch);
  const std::size_t padded = in_groups(n);
  for (std::size_t i = n; i < padded; ++i) scratch[i] = kNegInf;
  if constexpr (std::is_same_v<T, double>)
    if (s.transforms()) transform(s, scratch, padded);
  if (s.class_mask != nullptr)
    for (std::size_t i = 0; i < n; ++i)
      if (s.class_mask[begin + i] == 0) scratch[i] = kNegInf;
  if (view.limit)
    for (std::size_t i = 0; i < n; ++i) scratch[i] = scratch[i] == -kNegInf ? T{0} : kNegInf;
  if (view.skip - begin < n) scratch[view.skip - begin] = kNegInf;
  if (view.skip_too - begin < n) scratch[view.skip_too - begin] = kNegInf;
}

// The block that starts at `begin`: straight from memory where nothing has to be done to it.
template <class T, class From>
HWY_INLINE Block<T, From> direct_block(const From* row, std::size_t cols, std::size_t begin,
                                       Scratch<T>& scratch) {
  const std::size_t n = std::min(kBlock, cols - begin);
  const From* p = row + begin;
  const std::size_t groups = n / kLanes, left = n % kLanes;
  if (left == 0) return {p, groups, nullptr};
  for (std::size_t i = 0; i < kLanes; ++i)
    scratch.tail[i] =
        i < left ? value_of<T>(p[groups * kLanes + i]) : -std::numeric_limits<T>::infinity();
  return {p, groups, scratch.tail};
}
template <class T>
HWY_INLINE Block<T> staged_block(const Source& s, std::size_t row, std::size_t begin,
                                 const View& view, Scratch<T>& scratch) {
  const std::size_t n = std::min(kBlock, s.cols - begin);
  stage(s, row, begin, n, view, scratch.values);
  return {scratch.values, (n + kLanes - 1) / kLanes, nullptr};
}
template <class T>
HWY_INLINE Block<T> load_block(const Source& s, bool direct, std::size_t row, std::size_t begin,
                               const View& view, Scratch<T>& scratch) {
  const std::size_t n = std::min(kBlock, s.cols - begin);
  if (direct && !view.limit && view.skip - begin >= n && view.skip_too - begin >= n)
    return direct_block<T>(static_cast<const T*>(s.data) + offset_of(s, row, 0), s.cols, begin,
                           scratch);
  return staged_block(s, row, begin, view, scratch);
}

// A block's elements in f64, whole groups.
template <class T>
HWY_INLINE void widen(const Block<T>& block, double* HWY_RESTRICT out) {
  const std::size_t body = block.groups * kLanes;
  for (std::size_t i = 0; i < body; ++i) out[i] = double{block.body[i]};
  for (std::size_t i = 0; block.tail != nullptr && i < kLanes; ++i)
    out[body + i] = double{block.tail[i]};
}

template <class T>
T load_one(const Source& s, std::size_t row, std::size_t col, const View& view) {
  HWY_ALIGN T value[kLanes] = {};
  stage(s, row, col, 1, view, value);
  return value[0];
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
