// A row from the compute type into whatever matrix receives it, each value rounded once. Toggle
// guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_STORE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_STORE_INL_H_
#undef CROSSENT_KERNELS_ROW_STORE_INL_H_
#else
#define CROSSENT_KERNELS_ROW_STORE_INL_H_
#endif

#include <algorithm>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_load-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

template <class T, class To>
HWY_INLINE void convert_out(void* data, std::ptrdiff_t offset, std::ptrdiff_t stride, std::size_t n,
                            const T* HWY_RESTRICT in) {
  To* p = static_cast<To*>(data) + offset;
  if (stride == 1)
    for (std::size_t i = 0; i < n; ++i) put(p[i], in[i]);
  else
    for (std::size_t i = 0; i < n; ++i) put(p[static_cast<std::ptrdiff_t>(i) * stride], in[i]);
}

// Ordinary values whose upper halves are bf16, to nearest, ties to even.
template <class DU, class V>
HWY_INLINE hn::Vec<DU> round_to_bf16(DU du, V v) {
  const auto bits = hn::BitCast(du, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
  return hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fffu)));
}

// A vector of ordinary values, none subnormal, each rounded once.
template <class D, class To>
HWY_INLINE void store_vector(D d, hn::Vec<D> v, To* to) {
  if constexpr (std::is_same_v<To, bf16>) {
    const hn::RebindToUnsigned<D> du;
    const hn::Rebind<std::uint16_t, D> narrow;
    const auto upper = hn::ShiftRight<16>(round_to_bf16(du, v));
    hn::StoreU(hn::TruncateTo(narrow, upper), narrow, &to->bits);
  } else {
    hn::StoreU(v, d, to);
  }
}

// Two of them, side by side.
template <class D, class To>
HWY_INLINE void store_pair(D d, hn::Vec<D> first, hn::Vec<D> second, To* to) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (std::is_same_v<To, bf16>) {
    const hn::RebindToUnsigned<D> du;
    const hn::Repartition<std::uint16_t, D> halves;
    const auto low = hn::BitCast(halves, round_to_bf16(du, first));
    const auto high = hn::BitCast(halves, round_to_bf16(du, second));
    return hn::StoreU(hn::ConcatOdd(halves, high, low), halves, &to->bits);
  }
#endif
  store_vector(d, first, to);
  store_vector(d, second, to + hn::Lanes(d));
}

// n values from the compute type into the sink, each rounded once.
template <class T>
void store(const Sink& s, std::size_t row, std::size_t begin, std::size_t n, const T* in) {
  const std::ptrdiff_t offset = offset_of(s, row, begin);
  switch (s.type) {
    case Element::f32:
      return convert_out<T, float>(s.data, offset, s.col_stride, n, in);
    case Element::f64:
      return convert_out<T, double>(s.data, offset, s.col_stride, n, in);
    case Element::f16:
      return convert_out<T, f16>(s.data, offset, s.col_stride, n, in);
    case Element::bf16:
      return convert_out<T, bf16>(s.data, offset, s.col_stride, n, in);
  }
}

// From an element to where its gradient goes, in bytes; 0: nowhere, to its own place, or to another
// distance from each.
inline std::size_t bytes_apart(const Source& from, const Sink& to) {
  if (to.data == nullptr || to.type != from.type || to.row_stride != from.row_stride ||
      to.col_stride != from.col_stride)
    return 0;
  return reinterpret_cast<std::uintptr_t>(to.data) - reinterpret_cast<std::uintptr_t>(from.data);
}

inline void store_one(const Sink& s, std::size_t row, std::size_t col, double value) {
  store(s, row, col, 1, &value);
}

inline void fill(const Sink& s, std::size_t row, std::size_t cols, double value) {
  HWY_ALIGN double values[kBlock];
  std::fill_n(values, std::min(kBlock, cols), value);
  for (std::size_t begin = 0; begin < cols; begin += kBlock)
    store(s, row, begin, std::min(kBlock, cols - begin), values);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
