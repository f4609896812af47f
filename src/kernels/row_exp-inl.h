// exp(z - c) 2^-k of a vector without ever forming z - m: the heart of the row kernels, after
// docs/math.md#row-kernel. Compiled once per SIMD target, hence the toggle guard.
#if defined(CROSSENT_KERNELS_ROW_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_EXP_INL_H_
#undef CROSSENT_KERNELS_ROW_EXP_INL_H_
#else
#define CROSSENT_KERNELS_ROW_EXP_INL_H_
#endif

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_origin-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Max that keeps a NaN of z. On x86 the second operand is returned when one is NaN.
template <class V>
HWY_INLINE V at_least(V lo, V z) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Max(lo, z);
#else
  return hn::IfThenElse(hn::Lt(z, lo), lo, z);
#endif
}

// f32: 2 * 2^(i/8) twice, for vectors of 8 and of 16 lanes. scripts/kernel_constants.py derives it,
// as every table and polynomial here.
HWY_ALIGN constexpr float kEighths[16] = {
    0x1.000000p+1f, 0x1.172b84p+1f, 0x1.306fe0p+1f, 0x1.4bfdaep+1f, 0x1.6a09e6p+1f, 0x1.8ace54p+1f,
    0x1.ae89fap+1f, 0x1.d5818ep+1f, 0x1.000000p+1f, 0x1.172b84p+1f, 0x1.306fe0p+1f, 0x1.4bfdaep+1f,
    0x1.6a09e6p+1f, 0x1.8ace54p+1f, 0x1.ae89fap+1f, 0x1.d5818ep+1f};

// The eighths as a vector where an instruction looks lanes up, else 1; both times `factor`.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V eighths(D d, float factor) {
  V table = hn::Set(d, 1.0f);
  if constexpr (HWY_TARGET <= HWY_AVX2 && hn::MaxLanes(D()) >= 8) table = hn::Load(d, kEighths);
  return hn::Mul(table, hn::Set(d, factor));
}

// The factor of eighths() times kEighths[bits mod 8] of each lane.
template <class D, class V = hn::Vec<D>, class VU>
HWY_INLINE V lookup_eighth(D d, V table, VU bits) {
#if HWY_TARGET <= HWY_AVX2
  if constexpr (hn::MaxLanes(D()) >= 8)  // the instruction ignores the higher bits
    return hn::TableLookupLanes(table, decltype(hn::IndicesFromVec(d, bits)){bits.raw});
#endif
  const hn::RebindToUnsigned<D> du;
  HWY_ALIGN std::uint32_t index[hn::MaxLanes(D())];
  HWY_ALIGN float value[hn::MaxLanes(D())];
  hn::Store(bits, du, index);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) value[i] = kEighths[index[i] % 8];
  return hn::Mul(table, hn::Load(d, value));
}

// No other factor.
struct Unchanged {
  template <class V>
  HWY_INLINE V operator()(V v) const {
    return v;
  }
};

// f32: 2^(n/8) e^r = p * scale / 2 of the n that `bits` hold, |r| <= ln 2 / 16: a weighted minimax
// cubic, within 2^-25.2 before rounding. `times` multiplies p before its last rounding.
template <class D, class VU, class Times, class V = hn::Vec<D>>
HWY_INLINE V power_by_eighths(D d, V table, VU bits, V r, V& scale, const Times& times) {
  const hn::RebindToUnsigned<D> du;
  scale = hn::BitCast(d, hn::And(hn::ShiftLeft<20>(bits), hn::Set(du, std::uint32_t{0xff800000})));
  const auto eighth = times(lookup_eighth(d, table, bits));
  const auto q = hn::MulAdd(r, hn::Set(d, 0x1.555658p-3f), hn::Set(d, 0x1.000876p-1f));
  return hn::MulAdd(hn::Mul(eighth, r), hn::MulAdd(q, r, hn::Set(d, 1.0f)), eighth);
}

// The constants of a pass: terms exp(z - c) 2^-k, exactly 0 where z - c <= lo.
template <class T>
struct Pass {
  T c, magic, lo;
  Pass(T origin_c, int k)
      : c(origin_c),
        magic(Format<T>::kMagic + static_cast<T>(Format<T>::kSteps * (Format<T>::kBias - k))),
        lo(static_cast<T>((k - Format<T>::kBias) * 0.6931471805599453)) {}
};

// exp(z - c) 2^-k = p * scale / 2; scale is a power of two or +0. f32: n = round(8 z / ln 2), r =
// z - n ln2 / 8, p = 2 * 2^((n mod 8) / 8) e^r in [1.9, 4.1]. f64: n = round(z / ln 2), p in
// [1.41, 2.83].
// Without ln 2's second part (kWhole = false) it lacks a factor that sums make good.
template <class D, bool kWhole = true>
struct Exponential {
  using V = hn::Vec<D>;
  using T = hn::TFromD<D>;
  V c, magic, lo, table;

  // f32: all results times `factor`.
  HWY_INLINE explicit Exponential(const Pass<T>& pass, T factor = 1)
      : Exponential(hn::Set(D(), pass.c), hn::Set(D(), pass.magic), hn::Set(D(), pass.lo), factor) {
  }
  HWY_INLINE Exponential(V c_, V magic_, V lo_, T factor = 1) : c(c_), magic(magic_), lo(lo_) {
    if constexpr (sizeof(T) == 4)
      table = eighths(D(), factor);
    else
      table = hn::Zero(D());
  }

  // `times` multiplies p by another factor, before its last rounding.
  template <class Times>
  HWY_INLINE V operator()(V z, V& scale, const Times& times) const {
    constexpr D d;
    constexpr T kSteps = Format<T>::kSteps;
    const hn::RebindToUnsigned<D> du;
    const auto x = at_least(lo, hn::Sub(z, c));
    const auto t = hn::MulAdd(x, hn::Set(d, static_cast<T>(kSteps * 1.4426950408889634)), magic);
    const auto n = hn::Sub(t, magic);
    auto r = hn::NegMulAdd(n, hn::Set(d, Ln2<T>::kHigh / kSteps), x);
    if constexpr (kWhole || !kMayLackLow<T>)
      r = hn::NegMulAdd(n, hn::Set(d, Ln2<T>::kLow / kSteps), r);
    const auto bits = hn::BitCast(du, t);
    if constexpr (sizeof(T) == 8) {
      scale = hn::BitCast(d, hn::ShiftLeft<52>(bits));
      return times(two_exp(d, r));
    } else {
      return power_by_eighths(d, table, bits, r, scale, times);
    }
  }
  HWY_INLINE V operator()(V z, V& scale) const { return (*this)(z, scale, Unchanged()); }
};

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
