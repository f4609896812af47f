// Gradients of a row whose sum is known. Toggle guard: once per SIMD target.
#if defined(CROSSENT_KERNELS_ROW_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CROSSENT_KERNELS_ROW_GRADIENT_INL_H_
#undef CROSSENT_KERNELS_ROW_GRADIENT_INL_H_
#else
#define CROSSENT_KERNELS_ROW_GRADIENT_INL_H_
#endif

#include <cmath>

#include "hwy/highway.h"
// After highway.h.
#include "kernels/exp-inl.h"
#include "kernels/row_scaling-inl.h"
#include "kernels/row_subtract-inl.h"
#include "kernels/row_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace crossent::HWY_NAMESPACE {
namespace {

// The scalars of a row's gradient: alpha p_j - beta q_j.
struct GradientScalars {
  double alpha = 0, beta = 0;
  bool with_target = false;  // whether q is taken off here, block by block
  bool chained = true;       // whether temperature and softcap are differentiated
};

// A power of two, about 1 / temperature: times it, what the chain rule lifts back into the normal
// range is not flushed before.
HWY_INLINE double lift_of(const Source& source) {
  return source.temperature < 1
             ? std::ldexp(1.0, std::min(1000, -1 - std::ilogb(source.temperature)))
             : 1;
}

// d z' / d z of temperature and softcap, times g; g is already times lift.
HWY_INLINE void chain(const Source& source, std::size_t row, std::size_t begin, std::size_t n,
                      double* HWY_RESTRICT g, double lift = 1) {
  const hn::CappedTag<double, kLanes> d;
  HWY_ALIGN double z[kBlock] = {};
  if (source.softcap != 0) load_raw(source, row, begin, n, z);
  const auto temperature = hn::Set(d, source.temperature);
  const auto cap = hn::Set(d, source.softcap);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    auto v = hn::Div(hn::Load(d, g + i), hn::Set(d, source.temperature * lift));
    if (source.softcap != 0) {  // sech^2 x = 4 e / (1 + e)^2, e = exp(-2 |x|)
      const auto value = hn::Load(d, z + i);
      const auto scaled = hn::Div(value, temperature), x = hn::Div(scaled, cap);
      // What the two quotients lost, which the exponential would magnify by 2 |x|.
      const auto lost = hn::Div(residual(d, value, scaled, temperature), temperature);
      const auto rest = hn::Div(hn::Add(residual(d, scaled, x, cap), lost), cap);
      const auto two = hn::CopySign(hn::Set(d, 2.0), x);
      const auto e = hn::Mul(exp(d, hn::Mul(hn::Abs(x), hn::Set(d, -2.0))),
                             hn::NegMulAdd(two, rest, hn::Set(d, 1.0)));
      const auto one = hn::Add(e, hn::Set(d, 1.0));
      // Flat where e underflows, at an infinity, and under a masked NaN.
      v = hn::IfThenElseZero(hn::Lt(hn::Abs(x), hn::Set(d, 400.0)),
                             hn::Mul(v, hn::Div(hn::Mul(e, hn::Set(d, 4.0)), hn::Mul(one, one))));
    }
    hn::Store(v, d, g + i);
  }
}

// Writes elements(z, j), minus beta q_j where asked, through the chain rule, into the sink.
template <class T, class Elements>
HWY_INLINE void write_elements(const Source& source, const Target& target, const Row& row,
                               const GradientScalars& g, bool limit, const Sink& sink,
                               const Ahead& ahead, double lift, const Elements& elements) {
  const bool chained = g.chained && source.transforms();
  const bool straight = sink.col_stride == 1 && !g.with_target && !chained;
  HWY_ALIGN T out[kBlock];
  const auto put_block = [&](const auto& block, std::size_t begin, std::size_t n) HWY_ATTR {
    const auto from_begin = [&](auto z, std::size_t i) HWY_ATTR { return elements(z, begin + i); };
    if (straight && n == kBlock) {
      const std::ptrdiff_t to = offset_of(sink, row.index, begin);
      if (sink.type == kElement<T>)
        return put_elements(block, from_begin, ahead, static_cast<T*>(sink.data) + to);
      if constexpr (sizeof(T) == 4)
        if (sink.type == Element::bf16)
          return put_elements(block, from_begin, ahead, static_cast<bf16*>(sink.data) + to);
    }
    put_elements(block, from_begin, ahead, out);
    if (g.with_target) {
      const bool last = sink.col_stride == 1 && sink.type == kElement<T> && !chained && n == kBlock;
      T* to = last ? static_cast<T*>(sink.data) + offset_of(sink, row.index, begin) : out;
      subtract_target(target, source.class_mask, row, {begin, n}, g.beta * lift, out, to);
      if (last) return;
    }
    if constexpr (std::is_same_v<T, double>)
      if (chained) chain(source, row.index, begin, n, out, lift);
    store(sink, row.index, begin, n, out);
  };
  with_elements<T>(source, row.index, limit, [&](auto p) HWY_ATTR {
    Scratch<T> scratch;
    for (std::size_t begin = 0; begin < source.cols; begin += kBlock) {
      const std::size_t n = std::min(kBlock, source.cols - begin);
      if constexpr (kStaged<decltype(p)>)
        put_block(staged_block(source, row.index, begin, {kNone, kNone, limit}, scratch), begin, n);
      else
        put_block(direct_block(p, source.cols, begin, scratch), begin, n);
    }
  });
}

// Writes alpha p_j, minus beta q_j where asked, through the chain rule, into the sink. `kept`: the
// terms of the row's sum, or nullptr.
template <class T>
void write_row(const Source& source, const Target& target, const Row& row, const RowSum<T>& sum,
               const GradientScalars& g, bool limit, const Sink& sink, const Ahead& ahead = {},
               const T* kept = nullptr) {
  const double lift = g.chained && source.transforms() ? lift_of(source) : 1;
  const double W = g.alpha / sum.total * lift;
  with_factor<T>(W, sum.origin, kept, [&](const auto& elements) HWY_ATTR {
    write_elements<T>(source, target, row, g, limit, sink, ahead, lift, elements);
  });
}

}  // namespace
}  // namespace crossent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggle guard
