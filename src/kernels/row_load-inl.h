// Blocks of a row in the compute type, whatever the matrix holds: types, strides, masks and element
// transforms end here. Compiled once per SIMD target, hence the toggle guard.
#if defined(CROSSENT_KERNELS_ROW_LOAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_LOAD_INL_H_
#undef CROSSENT_KERNELS_ROW_LOAD_INL_H_
#else
#define CROSSENT_KERNELS_ROW_LOAD_INL_H_
#endif

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/half.h"
#include "kernels/rows.h"
// After highway.h.
#include "kernels/math-inl.h"
#include "kernels/row_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using namespace kernels;  // NOLINT: plain data of rows.h

constexpr std::size_t kBlock = 256;  // elements between two additions into f64
constexpr std::size_t kNone = ~std::size_t{0};

// Which element(s) of the row to leave out, and whether the row is replaced by its one-sided limit.
struct View {
  std::size_t skip = kNone, skip_too = kNone;
  bool limit = false;  // +inf becomes 0, everything else -inf
};

// Asks for the `kLength` bytes that begin `kAhead` bytes on; past the end of an array is harmless.
template <std::size_t kAhead, std::size_t kLength, class T>
HWY_INLINE void prefetch(const T* p) {
  for (std::size_t line = 0; line < kLength; line += 64)
    hwy::Prefetch(reinterpret_cast<const T*>(reinterpret_cast<std::uintptr_t>(p) + kAhead + line));
}

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

template <class T, class From>
HWY_INLINE T value_of(From x) {
  if constexpr (std::is_same_v<From, double>)
    return static_cast<T>(x);
  else if constexpr (std::is_same_v<T, double>)
    return to_f64(to_f32(x));
  else
    return to_f32(x);
}

// A vector of the compute type from what the matrix holds.
template <class D, class From, class V = hn::Vec<D>>
HWY_INLINE V load_vector(D d, const From* p) {
  using T = hn::TFromD<D>;
  if constexpr (std::is_same_v<T, From>) {
    return hn::LoadU(d, p);
  } else if constexpr (std::is_same_v<From, bf16>) {
    const hn::RebindToUnsigned<D> du;
    const auto bits = hn::LoadU(hn::Rebind<std::uint16_t, D>(), &p->bits);
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(du, bits)));
  } else {
#if HWY_TARGET <= HWY_AVX2 && !defined(HWY_DISABLE_F16C)
    const hn::Rebind<hwy::float16_t, D> d16;
    return hn::PromoteTo(d, hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(p)));
#else
    HWY_ALIGN T value[hn::MaxLanes(D())];
    for (std::size_t i = 0; i < hn::Lanes(d); ++i) value[i] = value_of<T>(p[i]);
    return hn::Load(d, value);
#endif
  }
}

// The same of f32 or f64 values, in f64.
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE V load_vector_f64(D d, const T* p) {
  if constexpr (sizeof(T) == 8)
    return hn::LoadU(d, p);
  else
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), p));
}

template <class T, class From>
HWY_INLINE void convert(const void* data, std::ptrdiff_t offset, std::ptrdiff_t stride,
                        std::size_t n, T* HWY_RESTRICT out) {
  const From* p = static_cast<const From*>(data) + offset;
  if (stride == 1)
    for (std::size_t i = 0; i < n; ++i) out[i] = value_of<T>(p[i]);
  else
    for (std::size_t i = 0; i < n; ++i)
      out[i] = value_of<T>(p[static_cast<std::ptrdiff_t>(i) * stride]);
}

template <class T>
HWY_INLINE std::ptrdiff_t offset_of(const T& matrix, std::size_t row, std::size_t col) {
  return static_cast<std::ptrdiff_t>(row) * matrix.row_stride +
         static_cast<std::ptrdiff_t>(col) * matrix.col_stride;
}

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
  const std::size_t padded = (n + kLanes - 1) / kLanes * kLanes;
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

template <class From>
constexpr Element kElement = std::is_same_v<From, float>    ? Element::f32
                             : std::is_same_v<From, double> ? Element::f64
                             : std::is_same_v<From, f16>    ? Element::f16
                                                            : Element::bf16;

// Whether the rows are values of From, side by side, with nothing to be done to them.
template <class From>
bool is_plain(const Source& s) {
  return s.type == kElement<From> && s.class_mask == nullptr && !s.transforms();
}
template <class From>
bool is_direct(const Source& s) {
  return is_plain<From>(s) && s.col_stride == 1;
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

// body(row's first element of its own type), or body(nullptr of T) for what has to be staged.
template <class T, class Body>
HWY_INLINE auto with_elements(const Source& s, std::size_t row, bool staged, const Body& body) {
  const auto first = [&](auto* p) HWY_ATTR { return body(p + offset_of(s, row, 0)); };
  if (!staged && is_direct<T>(s)) return first(static_cast<const T*>(s.data));
  if constexpr (sizeof(T) == 4) {
    if (!staged && is_direct<bf16>(s)) return first(static_cast<const bf16*>(s.data));
    if (!staged && is_direct<f16>(s)) return first(static_cast<const f16*>(s.data));
  }
  return body(static_cast<const T*>(nullptr));
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
