// The sum of a row's exponentials beside its maximum, in one pass over memory: 16 partial sums, the
// block that holds the maximum kept apart. docs/math.md#row-kernel. Toggle guard: once per target.
#if defined(CROSSENT_KERNELS_ROW_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_SUM_INL_H_
#undef CROSSENT_KERNELS_ROW_SUM_INL_H_
#else
#define CROSSENT_KERNELS_ROW_SUM_INL_H_
#endif

#include "hwy/highway.h"
// After highway.h.
#include "kernels/row_exp-inl.h"
#include "kernels/row_lanes-inl.h"
#include "kernels/row_load-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The largest lane. EMU128's MaxOfLanes starts at the lowest finite value, above a row of -inf.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE T max_of_lanes(D d, V v) {
  const T max = hn::GetLane(hn::MaxOfLanes(d, v));
  const T none = -std::numeric_limits<T>::infinity();
  const bool lowest = max == std::numeric_limits<T>::lowest();
  return lowest && hn::AllTrue(d, hn::Eq(v, hn::Set(d, none))) ? none : max;
}

// One group of 16 elements into the running sums: plain in f32 (a block is short), TwoSum in f64.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void add_group(D d, const hn::TFromD<D>* p, const Pass<hn::TFromD<D>>& pass, V& max,
                          V* sum, V* low) {
  constexpr std::size_t N = hn::MaxLanes(D());
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes / N; ++i) {
    const auto z = hn::LoadU(d, p + i * N);
    max = hn::Max(max, z);
    V scale;
    const auto e = exp_parts(d, z, pass, scale);
    if constexpr (sizeof(hn::TFromD<D>) == 4) {
      sum[i] = hn::MulAdd(e, scale, sum[i]);
    } else {
      const auto term = hn::Mul(e, scale);
      const auto s = hn::Add(sum[i], term), back = hn::Sub(s, sum[i]);
      low[i] = hn::Add(low[i], hn::Add(hn::Sub(sum[i], hn::Sub(s, back)), hn::Sub(term, back)));
      sum[i] = s;
    }
  }
}

// Sums a block into `out` (replaced) and returns its maximum. Even and odd groups go apart, so that
// at most 8 terms meet in f32.
template <class T>
HWY_INLINE T sum_block(const Block<T>& block, const Pass<T>& pass, Lanes& out) {
  const hn::CappedTag<T, kLanes> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::size_t N = hn::MaxLanes(d), kVectors = kLanes / N;
  V even[kVectors], odd[kVectors], low[kVectors];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kVectors; ++i) even[i] = odd[i] = low[i] = hn::Zero(d);
  auto max = hn::Set(d, -std::numeric_limits<T>::infinity());
  const T* p = block.body;
  for (std::size_t g = 0; g + 2 <= block.groups; g += 2, p += 2 * kLanes) {
    prefetch<2048, 2 * kLanes * sizeof(T)>(p);
    add_group(d, p, pass, max, even, low);
    add_group(d, p + kLanes, pass, max, odd, low);
  }
  if (block.groups % 2 != 0) add_group(d, p, pass, max, even, low);
  if (block.tail != nullptr)  // where it would be as the last of the body's groups
    add_group(d, block.tail, pass, max, block.groups % 2 == 0 ? even : odd, low);
  HWY_ALIGN T evens[kLanes], odds[kLanes], lows[kLanes];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kVectors; ++i) {
    hn::Store(even[i], d, evens + i * N);
    hn::Store(odd[i], d, odds + i * N);
    hn::Store(low[i], d, lows + i * N);
  }
  for (std::size_t i = 0; i < kLanes; ++i) {
    out.high[i] = double{evens[i]};
    out.low[i] = double{lows[i]};
    add_to(out.high[i], out.low[i], double{odds[i]});
  }
  return max_of_lanes(d, max);
}

template <class T>
std::size_t first_equal(const Block<T>& block, std::size_t begin, T value) {
  for (std::size_t i = 0; i < block.groups * kLanes; ++i)
    if (block.body[i] == value) return begin + i;
  for (std::size_t i = 0; block.tail != nullptr && i < kLanes; ++i)
    if (block.tail[i] == value) return begin + block.groups * kLanes + i;
  return begin;
}

// What a row comes to: maximum m at index a (the lowest), S = sum over j != a of exp(z_j - m).
// total = exp(m - c) 2^-k (1 + S), doubled like every term.
template <class T>
struct RowSum {
  double m = -std::numeric_limits<double>::infinity();
  std::size_t a = 0;
  double S = 0;
  double total = 0;
  Origin<T> origin;
  bool ordinary = false;  // false: a NaN, a +inf, or nothing but -inf
};

template <class T>
RowSum<T> sum_row(const Source& source, std::size_t row, const View& view) {
  const bool direct = is_direct<T>(source);
  Scratch<T> scratch;
  Lanes others, with_max, lanes;
  Origin<T> origin;
  T max = -std::numeric_limits<T>::infinity();
  std::size_t max_block = 0;
  for (std::size_t begin = 0; begin < source.cols; begin += kBlock) {
    const Block<T> block = load_block(source, direct, row, begin, view, scratch);
    if (begin == 0) {
      T reference = max;
      const std::size_t n = block.groups == 0 ? 0 : std::min<std::size_t>(4, block.groups) * kLanes;
      for (std::size_t i = 0; i < n; ++i) reference = std::max(reference, block.body[i]);
      for (std::size_t i = 0; n == 0 && i < kLanes; ++i)
        reference = std::max(reference, block.tail[i]);
      if (reference < std::numeric_limits<T>::infinity()) origin = origin_at(reference);
    }
    T block_max = sum_block(block, Pass<T>(origin.c, origin.k), lanes);
    if (block_max > origin.limit) {
      if (block_max == std::numeric_limits<T>::infinity()) return {};
      const Origin<T> next = origin_at(block_max);
      const double factor = origin_ratio(origin, next);
      scale_lanes(others, factor);
      scale_lanes(with_max, factor);
      origin = next;
      block_max = sum_block(block, Pass<T>(origin.c, origin.k), lanes);
    }
    if (block_max > max) {
      add_lanes(others, with_max);
      with_max = lanes;
      max = block_max;
      max_block = begin;
    } else {
      add_lanes(others, lanes);
    }
  }
  RowSum<T> out;
  if (!(max > -std::numeric_limits<T>::infinity())) return out;
  const double u = two_exp_difference(double{max}, double{origin.c}, origin.k);
  const double rest = fold(others);
  double s = rest + fold_pair(with_max).minus(u).value();
  if (!(rest + fold(with_max) >= 0)) return out;  // NaN
  const Block<T> block = load_block(source, direct, row, max_block, view, scratch);
  out.a = first_equal(block, max_block, max);
  if (s < 8 * u) {  // the maximum's own rounding would show: leave it out instead
    View without = view;
    (view.skip == kNone ? without.skip : without.skip_too) = out.a;
    const Block<T> others_of_block = load_block(source, direct, row, max_block, without, scratch);
    sum_block(others_of_block, Pass<T>(origin.c, origin.k), lanes);
    s = rest + fold(lanes);
  }
  out.m = double{max};
  out.S = s / u;
  out.total = u + s;
  out.origin = origin;
  out.ordinary = true;
  return out;
}

// sum_row; a sum so small that terms may have been lost is taken again against the second maximum.
template <class T>
RowSum<T> sum_row_near(const Source& source, std::size_t row, bool limit) {
  RowSum<T> sum = sum_row<T>(source, row, View{kNone, kNone, limit});
  if (!sum.ordinary || sum.S >= Format<T>::kTiny || source.cols == 1) return sum;
  const RowSum<T> second = sum_row<T>(source, row, View{sum.a, kNone, limit});
  // 2^200 up and down again: the product is rounded once, also where it is subnormal.
  const double S = 0.5 * two_exp_difference(second.m, sum.m, -200) * (1 + second.S);
  sum.S = second.ordinary ? std::ldexp(S, -200) : 0;
  return sum;
}

// Names what is wrong with a row that has no ordinary sum; ok: a single +inf, the limit exists.
template <class T>
Status classify(const Source& source, std::size_t row, std::size_t* column) {
  std::size_t infinite = 0, left = 0;
  for (std::size_t j = 0; j < source.cols; ++j) {
    const T z = load_one<T>(source, row, j, {});
    *column = j;
    if (z != z) return Status::nan;
    if (z == std::numeric_limits<T>::infinity() && ++infinite == 2) return Status::two_infinities;
    left += z != -std::numeric_limits<T>::infinity();
  }
  *column = 0;
  return left == 0 ? Status::no_class_left : Status::ok;
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
