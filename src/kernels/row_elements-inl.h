// A matrix's elements as vectors of the compute type, and which matrices allow it. Toggle guard:
// once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_ELEMENTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_ELEMENTS_INL_H_
#undef CROSSENT_KERNELS_ROW_ELEMENTS_INL_H_
#else
#define CROSSENT_KERNELS_ROW_ELEMENTS_INL_H_
#endif

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "hwy/highway.h"
#include "kernels/half.h"
#include "kernels/rows.h"
// After highway.h.
#include "kernels/ahead-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using namespace kernels;  // NOLINT: plain data of rows.h

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

// Elements in f64. Exact: whether or not the CPU takes subnormal numbers for 0.
template <bool kExact, class D, class From, class V = hn::Vec<D>>
HWY_INLINE V load_wide(D d, const From* p) {
  if constexpr (std::is_same_v<From, double>) {
    return hn::LoadU(d, p);
  } else {
    const hn::Rebind<float, D> narrow;
    const hn::RebindToSigned<decltype(narrow)> bits;
    const auto v = load_vector(narrow, p);
    const auto wide = hn::PromoteTo(d, v);
    if constexpr (!kExact) return wide;
    const auto magnitude = hn::PromoteTo(d, hn::BitCast(bits, hn::Abs(v)));
    const auto subnormal = hn::Lt(magnitude, hn::Set(d, 0x1p23));
    const auto exact = hn::CopySign(hn::Mul(magnitude, hn::Set(d, 0x1p-149)), wide);
    return hn::IfThenElse(subnormal, exact, wide);
  }
}

template <class T, class From>
HWY_INLINE void convert(const void* data, std::ptrdiff_t offset, std::ptrdiff_t stride,
                        std::size_t n, T* HWY_RESTRICT out) {
  const From* p = static_cast<const From*>(data) + offset;
  if (stride == 1) {
    std::size_t i = 0;
    if constexpr (std::is_same_v<T, double>) {
      const hn::ScalableTag<double> d;
      for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
        hn::StoreU(load_wide<true>(d, p + i), d, out + i);
    }
    for (; i < n; ++i) out[i] = value_of<T>(p[i]);
  } else {
    for (std::size_t i = 0; i < n; ++i)
      out[i] = value_of<T>(p[static_cast<std::ptrdiff_t>(i) * stride]);
  }
}

template <class T>
HWY_INLINE std::ptrdiff_t offset_of(const T& matrix, std::size_t row, std::size_t col) {
  return static_cast<std::ptrdiff_t>(row) * matrix.row_stride +
         static_cast<std::ptrdiff_t>(col) * matrix.col_stride;
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

// Whether the body of with_elements got nothing to read from.
template <class P>
constexpr bool kStaged = std::is_same_v<P, std::nullptr_t>;

// body(pointer to the row's first element, of its own type), or body(nullptr) where a row has to be
// staged.
template <class T, class Body>
HWY_INLINE auto with_elements(const Source& s, std::size_t row, bool staged, const Body& body) {
  const auto first = [&](auto* p) HWY_ATTR { return body(p + offset_of(s, row, 0)); };
  if (!staged && is_direct<T>(s)) return first(static_cast<const T*>(s.data));
  if constexpr (sizeof(T) == 4) {
    if (!staged && is_direct<bf16>(s)) return first(static_cast<const bf16*>(s.data));
    if (!staged && is_direct<f16>(s)) return first(static_cast<const f16*>(s.data));
  }
  return body(nullptr);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
