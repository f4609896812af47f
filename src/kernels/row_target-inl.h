// What a row is compared with: labels, soft targets, smoothing, class weights. Toggle guard: once
// per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_TARGET_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_TARGET_INL_H_
#undef CROSSENT_KERNELS_ROW_TARGET_INL_H_
#else
#define CROSSENT_KERNELS_ROW_TARGET_INL_H_
#endif

#include <algorithm>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_load-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// factor x, but 0 where the factor is 0 and x infinite.
template <class D>
HWY_INLINE hn::Vec<D> factor_times(D d, hn::Vec<D> factor, hn::Vec<D> x) {
  return hn::IfThenZeroElse(hn::Eq(factor, hn::Zero(d)), hn::Mul(factor, x));
}

HWY_INLINE double factor_times(double factor, double x) { return factor == 0 ? 0 : factor * x; }

// keep t + spread, rounded once.
template <class D>
HWY_INLINE hn::Vec<D> smoothed(D d, const Target& target, hn::Vec<D> t, hn::Vec<D> spread) {
  return hn::MulAdd(hn::Set(d, target.keep), t, spread);
}

// Where a block's whole groups end, and how many groups follow: one where its row ends within it.
struct Extent {
  std::size_t begin, n, groups = n / kLanes, whole = groups * kLanes, rest = n == whole ? 0 : 1;
};

// t_j of one block in f64, zeros to a whole group.
HWY_INLINE void load_plain_target(const Target& target, const Row& row, std::size_t begin,
                                  std::size_t n, double* HWY_RESTRICT t) {
  const bool soft = target.soft.data != nullptr;
  std::fill(t + (soft ? n : 0), t + in_groups(n), 0.0);
  if (soft) return load_raw(target.soft, row.index, begin, n, t);
  const std::size_t y = static_cast<std::size_t>(row.label) - begin;
  if (y < n) t[y] = 1;
}

// Multiplies by c_j, in place.
HWY_INLINE void times_class_weight(const Target& target, std::size_t begin, std::size_t n,
                                   double* HWY_RESTRICT q) {
  const hn::CappedTag<double, kLanes> d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    hn::Store(hn::Mul(hn::Load(d, q + i), hn::LoadU(d, target.class_weight + begin + i)), d, q + i);
}

// t_j to q_j = (keep t_j + spread) c_j, in place; masked classes have no spread.
HWY_INLINE void weigh_target(const Target& target, const std::uint8_t* class_mask,
                             std::size_t begin, std::size_t n, double* HWY_RESTRICT q) {
  const hn::CappedTag<double, kLanes> d;
  const std::size_t padded = in_groups(n);
  if (target.keep != 1 || target.spread != 0) {
    const auto same = hn::Set(d, target.spread);
    HWY_ALIGN double spread[kBlock];
    const bool varies = n != padded || class_mask != nullptr;
    for (std::size_t i = 0; varies && i < padded; ++i)
      spread[i] =
          i >= n || (class_mask != nullptr && class_mask[begin + i] == 0) ? 0 : target.spread;
    for (std::size_t i = 0; i < padded; i += hn::Lanes(d)) {
      const auto part = varies ? hn::Load(d, spread + i) : same;
      hn::Store(smoothed(d, target, hn::Load(d, q + i), part), d, q + i);
    }
  }
  if (target.class_weight != nullptr) times_class_weight(target, begin, n, q);
}

// Whether each of `groups` groups of f32, at(g), is 0 or a normal number up to 1: it widens alike
// whether or not the CPU takes subnormal numbers for 0.
template <class At>
HWY_INLINE bool are_regular(std::size_t groups, const At& at) {
  const hn::CappedTag<std::uint32_t, kLanes> d;
  const hn::CappedTag<float, kLanes> values;
  const auto one = hn::Set(d, 1U);
  auto most = hn::Zero(d), least = hn::Set(d, ~0U);  // of the bits, and of the bits less 1
  for (std::size_t g = 0; g < groups; ++g) {
    const float* p = at(g);
    for (std::size_t i = 0; i < kLanes; i += hn::Lanes(d)) {
      const auto bits = hn::BitCast(d, hn::LoadU(values, p + i));
      most = hn::Max(most, bits);
      least = hn::Min(least, hn::Sub(bits, one));
    }
  }
  return hn::AllFalse(d, hn::Gt(most, hn::Set(d, 0x3f800000U))) &&
         hn::AllFalse(d, hn::Lt(least, hn::Set(d, 0x007fffffU)));
}

// The block's targets in the matrix, `groups` whole groups of them, where an f32 loop may take them
// as they lie; else null.
template <class T>
HWY_INLINE const T* regular_targets(const Source& soft, const Row& row, std::size_t begin,
                                    std::size_t groups) {
  if constexpr (sizeof(T) == 4) {
    if (!is_direct<T>(soft)) return nullptr;
    const T* p = static_cast<const T*>(soft.data) + offset_of(soft, row.index, begin);
    const bool regular = are_regular(groups, [p](std::size_t g) {
      fetch_ahead<sizeof(float) * kLanes>(p + g * kLanes, kStream);
      return p + g * kLanes;
    });
    return regular ? p : nullptr;
  } else {
    return nullptr;
  }
}

HWY_INLINE double mul_add(double a, double b, double c) {
  const hn::CappedTag<double, 1> d;
  return hn::GetLane(hn::MulAdd(hn::Set(d, a), hn::Set(d, b), hn::Set(d, c)));
}

// q of one class whose t is known.
HWY_INLINE double weigh_one(const Target& target, const std::uint8_t* class_mask, std::size_t col,
                            double t) {
  const bool counts = class_mask == nullptr || class_mask[col] != 0;
  const double q = mul_add(target.keep, t, counts ? target.spread : 0);
  return q * target.weight_of(col);
}

// q of one class.
inline double target_at(const Target& target, const Source& logits, const Row& row,
                        std::size_t col) {
  const double t = target.soft.data != nullptr
                       ? load_one<double>(target.soft, row.index, col, {})
                       : static_cast<double>(col == static_cast<std::size_t>(row.label));
  return weigh_one(target, logits.class_mask, col, t);
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
