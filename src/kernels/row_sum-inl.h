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
template <class D, class From, class V = hn::Vec<D>>
HWY_INLINE void add_group(D d, const From* p, const Exponential<D>& exponential, V* max, V* sum,
                          V* low) {
  constexpr std::size_t N = hn::MaxLanes(D());
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes / N; ++i) {
    const auto z = load_vector(d, p + i * N);
    max[i % 2] = hn::Max(max[i % 2], z);
    V scale;
    const auto e = exponential(z, scale);
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

// Sums a block into `out` (replaced); returns its maxima, lane by lane. Even and odd groups go
// apart, so that at most 8 terms meet in f32.
template <class D, class T, class From, class V = hn::Vec<D>>
HWY_INLINE V sum_block(D d, const Block<T, From>& block, const Exponential<D>& exponential,
                       Sums<T>& out) {
  constexpr std::size_t N = hn::MaxLanes(D()), kVectors = kLanes / N;
  V even[kVectors], odd[kVectors], low[kVectors], max[2];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kVectors; ++i) even[i] = odd[i] = low[i] = hn::Zero(d);
  max[0] = max[1] = hn::Set(d, -std::numeric_limits<T>::infinity());
  const From* p = block.body;
  for (std::size_t g = 0; g + 2 <= block.groups; g += 2, p += 2 * kLanes) {
    prefetch<2048, 2 * kLanes * sizeof(From)>(p);
    add_group(d, p, exponential, max, even, low);
    add_group(d, p + kLanes, exponential, max, odd, low);
  }
  if (block.groups % 2 != 0) add_group(d, p, exponential, max, even, low);
  if (block.tail != nullptr)  // where it would be as the last of the body's groups
    add_group(d, block.tail, exponential, max, block.groups % 2 == 0 ? even : odd, low);
  HWY_ALIGN T evens[kLanes], odds[kLanes], lows[kLanes];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kVectors; ++i) {
    hn::Store(even[i], d, evens + i * N);
    hn::Store(odd[i], d, odds + i * N);
    if (sizeof(T) == 8) hn::Store(low[i], d, lows + i * N);
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes; ++i) {
    if constexpr (sizeof(T) == 4) {
      out.high[i] = double{evens[i]} + double{odds[i]};
    } else {
      out.high[i] = evens[i];
      out.low[i] = lows[i];
      add_to(out.high[i], out.low[i], odds[i]);
    }
  }
  return hn::Max(max[0], max[1]);
}

// The first element of a block that equals `value`; it has one.
template <class T, class From>
std::size_t first_equal(const Block<T, From>& block, T value) {
  const hn::CappedTag<T, kLanes> d;
  const auto wanted = hn::Set(d, value);
  const std::size_t body = block.groups * kLanes;
  for (std::size_t i = 0; i < body; i += hn::Lanes(d)) {
    const auto found = hn::FindFirstTrue(d, hn::Eq(load_vector(d, block.body + i), wanted));
    if (found >= 0) return i + static_cast<std::size_t>(found);
  }
  for (std::size_t i = 0; block.tail != nullptr && i < kLanes; ++i)
    if (block.tail[i] == value) return body + i;
  return 0;
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

// Where the terms of a row are measured from: the largest of its first elements.
template <class T, class From>
Origin<T> first_origin(const Block<T, From>& block) {
  const hn::CappedTag<T, kLanes> d;
  auto max = hn::Set(d, -std::numeric_limits<T>::infinity());
  const std::size_t n = std::min<std::size_t>(4, block.groups) * kLanes;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    max = hn::Max(max, load_vector(d, block.body + i));
  for (std::size_t i = 0; n == 0 && i < kLanes; i += hn::Lanes(d))
    max = hn::Max(max, hn::Load(d, block.tail + i));
  const T reference = max_of_lanes(d, max);
  return reference < std::numeric_limits<T>::infinity() ? origin_at(reference) : Origin<T>();
}

// The sums of a row so far: without, and of, the block that holds the maximum.
template <class T>
struct RunningSum {
  Sums<T> others, with_max;
  T max = -std::numeric_limits<T>::infinity();
  std::size_t max_block = 0;
  Origin<T> origin;

  // Moves the origin to `reference`, a maximum above its limit.
  void move_origin(T reference) {
    const Origin<T> next = origin_at(reference);
    const double factor = origin_ratio(origin, next);
    scale_sums(others, factor);
    scale_sums(with_max, factor);
    origin = next;
  }
  void take_maximum(T value, std::size_t begin, const Sums<T>& block) {
    add_sums(others, with_max);
    with_max = block;
    max = value;
    max_block = begin;
  }
};

// RowSum of the blocks that block_at(begin) gives, of the first `cols` elements;
// others_at(begin, skip) gives one again without an element.
template <class T, class BlockAt, class OthersAt>
HWY_INLINE RowSum<T> sum_blocks(std::size_t cols, const BlockAt& block_at,
                                const OthersAt& others_at) {
  const hn::CappedTag<T, kLanes> d;
  using D = hn::CappedTag<T, kLanes>;
  RunningSum<T> row;
  Sums<T> lanes;
  row.origin = first_origin(block_at(0));
  Exponential<D> exponential(Pass<T>(row.origin.c, row.origin.k));
  for (std::size_t begin = 0; begin < cols; begin += kBlock) {
    const auto block = block_at(begin);
    const auto max = sum_block(d, block, exponential, lanes);
    if (hn::AllFalse(d, hn::Gt(max, hn::Set(d, row.max)))) {
      add_sums(row.others, lanes);
      continue;
    }
    const T block_max = max_of_lanes(d, max);
    if (block_max > row.origin.limit) {
      if (block_max == std::numeric_limits<T>::infinity()) return {};
      row.move_origin(block_max);
      exponential = Exponential<D>(Pass<T>(row.origin.c, row.origin.k));
      sum_block(d, block, exponential, lanes);
    }
    row.take_maximum(block_max, begin, lanes);
  }
  RowSum<T> out;
  if (!(row.max > -std::numeric_limits<T>::infinity())) return out;
  const double u = two_exp_difference(double{row.max}, double{row.origin.c}, row.origin.k);
  const double rest = fold_sums(row.others);
  double s = rest + fold_sums(row.with_max, u);
  if (!(rest + fold_sums(row.with_max) >= 0)) return out;  // NaN
  out.a = row.max_block + first_equal(block_at(row.max_block), row.max);
  if (s < u) {  // the maximum's own rounding would show: leave it out instead
    sum_block(d, others_at(row.max_block, out.a), exponential, lanes);
    s = rest + fold_sums(lanes);
  }
  out.m = double{row.max};
  out.S = s / u;
  out.total = u + s;
  out.origin = row.origin;
  out.ordinary = true;
  return out;
}

template <class T>
RowSum<T> sum_row(const Source& source, std::size_t row, const View& view) {
  const bool staged = view.limit || view.skip != kNone;
  return with_elements<T>(source, row, staged, [&](const auto* p) HWY_ATTR {
    Scratch<T> scratch;
    const auto others_at = [&](std::size_t begin, std::size_t skip) HWY_ATTR {
      View without = view;
      (view.skip == kNone ? without.skip : without.skip_too) = skip;
      return staged_block(source, row, begin, without, scratch);
    };
    if (p != nullptr)
      return sum_blocks<T>(
          source.cols,
          [&](std::size_t begin) HWY_ATTR { return direct_block(p, source.cols, begin, scratch); },
          others_at);
    return sum_blocks<T>(
        source.cols,
        [&](std::size_t begin) HWY_ATTR { return staged_block(source, row, begin, view, scratch); },
        others_at);
  });
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
