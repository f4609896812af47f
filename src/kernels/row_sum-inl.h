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
#include "kernels/row_block-inl.h"
#include "kernels/running_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

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

// RowSum of the blocks that block_at(begin) gives, of the first `cols` elements;
// others_at(begin, skip) gives one again without an element.
template <class T, class BlockAt, class OthersAt>
HWY_INLINE RowSum<T> sum_blocks(std::size_t cols, const BlockAt& block_at,
                                const OthersAt& others_at) {
  const hn::CappedTag<T, kLanes> d;
  using D = hn::CappedTag<T, kLanes>;
  const auto none = hn::Set(d, -std::numeric_limits<T>::infinity());
  RunningSum<T> row;
  Sums<T> lanes;
  row.origin = first_origin(block_at(0));
  Exponential<D, false> exponential(Pass<T>(row.origin.c, row.origin.k));
  for (std::size_t begin = 0; begin < cols; begin += kBlock) {
    const auto block = block_at(begin);
    hn::Vec<D> maxima[2] = {none, none};
    sum_block(d, block, exponential, lanes, maxima, nullptr, kStream);
    const auto max = hn::Max(maxima[0], maxima[1]);
    if (hn::AllFalse(d, hn::Gt(max, hn::Set(d, row.max)))) {
      add_sums(row.others, lanes);
      continue;
    }
    const T block_max = max_of_lanes(d, max);
    if (block_max > row.origin.limit) {
      if (block_max == std::numeric_limits<T>::infinity()) return {};
      row.move_origin(block_max);
      exponential = Exponential<D, false>(Pass<T>(row.origin.c, row.origin.k));
      sum_block(d, block, exponential, lanes, nullptr, nullptr, {});
    }
    row.take_maximum(block_max, begin, lanes);
  }
  RowSum<T> out;
  if (!(row.max > -std::numeric_limits<T>::infinity())) return out;
  const double u = two_exp_difference(double{row.max}, double{row.origin.c}, row.origin.k);
  const double rest = fold_sums(row.others), with_max = fold_sums(row.with_max);
  if (!(rest + with_max >= 0)) return out;  // NaN
  const hn::CappedTag<double, 1> one;
  const auto n = nearest((double{row.max} - double{row.origin.c}) * 1.4426950408889634);
  const auto good = [&](double sum) HWY_ATTR {
    return hn::GetLane(made_good<T>(one, hn::Set(one, sum), hn::Set(one, n)));
  };
  out.S =
      sizeof(T) == 4 ? good((rest + with_max) / u) - 1 : (rest + fold_sums(row.with_max, u)) / u;
  out.a = row.max_block + first_equal(block_at(row.max_block), row.max);
  if (out.S < 1) {  // the maximum's own rounding would show: leave it out instead
    sum_block(d, others_at(row.max_block, out.a), exponential, lanes, nullptr, nullptr, {});
    out.S = good((rest + fold_sums(lanes)) / u);
  }
  out.m = double{row.max};
  out.total = u + out.S * u;
  out.origin = row.origin;
  out.ordinary = true;
  return out;
}

template <class T>
RowSum<T> sum_row(const Source& source, std::size_t row, const View& view) {
  if (source.cols == 0) return {};
  const bool staged = view.limit || view.skip != kNone;
  return with_elements<T>(source, row, staged, [&](auto p) HWY_ATTR {
    Scratch<T> scratch;
    const auto others_at = [&](std::size_t begin, std::size_t skip) HWY_ATTR {
      View without = view;
      (view.skip == kNone ? without.skip : without.skip_too) = skip;
      return staged_block(source, row, begin, without, scratch);
    };
    const auto block_at = [&](std::size_t begin) HWY_ATTR {
      if constexpr (kStaged<decltype(p)>)
        return staged_block(source, row, begin, view, scratch);
      else
        return direct_block(p, source.cols, begin, scratch);
    };
    return sum_blocks<T>(source.cols, block_at, others_at);
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
