// The blocks of binary_cross_entropy: what the kernels read and write, and what they report.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/binary_call.h"
#include "core/rows.h"

namespace crossent::core {
namespace {

constexpr std::size_t kPerBlock = 16384;  // elements dealt out together
constexpr double kInf = std::numeric_limits<double>::infinity();

// Where elements from k on stand as a plain array of T; null when they do not.
template <class T>
T* address(const Elements& e, std::size_t k) {
  const Memory& m = e.memory;
  const bool packed =
      m.cols == 1 ? m.row_stride == 1
                  : m.col_stride == 1 && m.row_stride == static_cast<std::ptrdiff_t>(m.cols);
  if (m.data == nullptr || !packed || e.type != element_of<std::remove_const_t<T>>())
    return nullptr;
  return static_cast<T*>(const_cast<void*>(m.data)) + k;
}

// Whether f32 can multiply with it and stay far from its limits.
bool is_moderate(double factor) {
  const double a = std::fabs(factor);
  return a == 0 || (a >= 0x1p-60 && a <= 0x1p60);
}

std::size_t padded(std::size_t n, std::size_t group) { return (n + group - 1) / group * group; }

}  // namespace

void BinaryTally::merge(const BinaryTally& next) {
  loss.add(next.loss);
  weight.add(next.weight);
  live += next.live;
  ignored += next.ignored;
  infinite += next.infinite;
  clipped += next.clipped;
  if (first_infinite < 0) first_infinite = next.first_infinite;
  if (first_bad >= 0 || next.first_bad < 0) return;
  first_bad = next.first_bad;
  bad_x = next.bad_x;
  bad_target = next.bad_target;
}

bool BinaryCall::is_live(std::size_t k) const {
  const std::size_t row = k / cols_;
  if (!options_.row_mask.empty() && options_.row_mask[row] == 0) return false;
  if (!options_.element_mask.empty() && options_.element_mask(row, k % cols_) == 0) return false;
  return label_.empty() || !options_.ignore_index || label_[row] != *options_.ignore_index;
}

double BinaryCall::weight(std::size_t k) const {
  double w = options_.weight.empty() ? 1 : pick(options_.weight, k);
  if (!options_.class_weight.empty()) w *= options_.class_weight[k % cols_];
  if (!options_.row_weight.empty()) w *= pick(options_.row_weight, k / cols_);
  return w;
}

template <class Body>
BinaryTally BinaryCall::merge_blocks(const Body& body) const {
  return core::merge_blocks<BinaryTally>(n_, kPerBlock, 1, options_.threads, body);
}

// Who is live, with what weight; the first label other than 0 and 1.
BinaryTally BinaryCall::prepare() const {
  BinaryTally all;
  all.live = static_cast<std::int64_t>(n_);
  all.weight.add(static_cast<double>(n_));
  const auto is_bad = [&](std::size_t k) { return label_[k] != 0 && label_[k] != 1; };
  if (!masked_ && !weighted_) {
    if (label_.empty()) return all;
    all.first_bad =
        merge_blocks([&](std::size_t begin, std::size_t end, BinaryTally& t) {
          bool bad = false;
          label_.for_each(begin, end - begin, [&](auto, auto y) { bad |= y != 0 && y != 1; });
          for (std::size_t k = begin; bad && k < end && t.first_bad < 0; ++k)
            if (is_bad(k)) t.first_bad = static_cast<std::int64_t>(k);
        }).first_bad;
    return all;
  }
  return merge_blocks([&](std::size_t begin, std::size_t end, BinaryTally& t) {
    for (std::size_t k = begin; k < end; ++k) {
      if (!is_live(k)) {
        ++t.ignored;
        continue;
      }
      ++t.live;
      t.weight.add(weight(k));
      if (!label_.empty() && t.first_bad < 0 && is_bad(k))
        t.first_bad = static_cast<std::int64_t>(k);
    }
  });
}

template <class T>
void BinaryCall::load_target(std::size_t k, std::size_t n, T* out) const {
  if (label_.empty()) return load(target_, k, n, out);
  label_.for_each(k, n, [&](std::size_t i, auto y) { out[i] = static_cast<T>(y == 1); });
}

// Weights and factors of n elements, padded to whole groups with elements of weight 0.
template <class Block>
void BinaryCall::load_options(Block& b, const Place& at, std::size_t n) const {
  const bool by_element = upstream.size() == n_;
  for (std::size_t i = 0; i < b.call.n; ++i) {
    const std::size_t e = i < n ? at(i) : 0;
    b.options.pos_weight[i] = 1;
    if (i >= n || !is_live(e)) {
      b.x[i] = 0.5;
      b.t[i] = 0;
      b.options.weight[i] = b.options.factor[i] = 0;
      continue;
    }
    b.options.weight[i] = weight(e);
    const double u = upstream.empty() ? 1 : pick(upstream, by_element ? e : e / cols_);
    b.options.factor[i] = divisor_ == 0 ? 0 : b.options.weight[i] * (u / divisor_);
    if (!options_.pos_weight.empty())
      b.options.pos_weight[i] = pick(options_.pos_weight, e % cols_);
  }
}

// The coefficients of both classes in f32; an element with a factor that f32 cannot take is marked
// as far by a target outside [0, 1].
void BinaryCall::weigh_classes(ShortBlock& b) const {
  const double keep = 1 - options_.label_smoothing, spread = options_.label_smoothing / 2;
  for (std::size_t i = 0; i < b.call.n; ++i) {
    const double t = double{b.t[i]}, q = b.options.pos_weight[i], factor = b.options.factor[i];
    b.c1[i] = kernels::to_f32_flushed(q * (t * keep + spread));
    b.c0[i] = kernels::to_f32_flushed((1 - t) * keep + spread);
    b.factor[i] = kernels::to_f32_flushed(factor);
    if (!is_moderate(q) || !is_moderate(factor) || !is_moderate(b.options.weight[i])) b.t[i] = -1;
  }
}

void BinaryCall::collect(const WideBlock& b, const Place& at, std::size_t n,
                         BinaryTally& tally) const {
  tally.clipped += b.call.clipped;
  if (std::isfinite(b.call.sum.high)) return tally.loss.add_pair(b.call.sum.high, b.call.sum.low);
  for (std::size_t i = 0; i < n; ++i) {
    const auto index = static_cast<std::int64_t>(at(i));
    tally.loss.add(b.call.loss[i]);
    if (b.call.loss[i] == kInf) {
      ++tally.infinite;
      if (tally.first_infinite < 0) tally.first_infinite = index;
    } else if (std::isnan(b.call.loss[i]) && tally.first_bad < 0) {
      tally.first_bad = index;
      tally.bad_x = b.call.x[i];
      tally.bad_target = b.call.t[i];
    }
  }
}

// n elements in f64; those of far places have their x in the block already.
void BinaryCall::run_wide(WideBlock& b, const Place& at, std::size_t n, BinaryTally& tally) const {
  kernels::BinaryBlock& call = b.call;
  call.n = padded(n, kernels::kBinaryGroup);
  const bool options = !plain_ || n != call.n;
  const auto direct = [&](const Elements& e) -> const double* {
    return options || at.far != nullptr ? nullptr : address<const double>(e, at.k);
  };
  call.x = direct(x_);
  if (call.x == nullptr) {
    call.x = b.x;
    if (at.far == nullptr) load(x_, at.k, n, b.x);
  }
  call.t = label_.empty() ? direct(target_) : nullptr;
  if (call.t == nullptr) {
    call.t = b.t;
    if (at.far == nullptr) load_target(at.k, n, b.t);
    for (std::size_t i = 0; at.far != nullptr && i < n; ++i) load_target(at(i), 1, b.t + i);
  }
  if (options) load_options(b, at, n);
  call.pos_weight = options ? b.options.pos_weight : nullptr;
  call.weight = options ? b.options.weight : nullptr;
  call.factor = options ? b.options.factor : nullptr;
  kernels::binary_cross_entropy(call);
  collect(b, at, n, tally);
  for (std::size_t i = 0; i < n; i = at.far == nullptr ? n : i + 1) {
    const std::size_t count = at.far == nullptr ? n : 1, k = at(i);
    if (!loss.empty())
      std::copy_n(b.loss + i, count, loss.begin() + static_cast<std::ptrdiff_t>(k));
    if (call.gradient != nullptr) store(gradient, k, count, b.gradient + i);
    if (call.hessian != nullptr) store(hessian, k, count, b.hessian + i);
  }
}

// n elements in f32, but those it leaves in f64.
void BinaryCall::run_short(ShortBlock& b, WideBlock& wide, std::size_t k, std::size_t n,
                           BinaryTally& tally) const {
  kernels::BinaryLogits& call = b.call;
  call.n = padded(n, kernels::kLogitsGroup);
  const bool whole = n == call.n, options = !plain_ || !whole;
  call.x = options ? nullptr : address<const float>(x_, k);
  if (call.x == nullptr) load(x_, k, n, b.x), call.x = b.x;
  call.t = options || !label_.empty() ? nullptr : address<const float>(target_, k);
  if (call.t == nullptr) load_target(k, n, b.t), call.t = b.t;
  if (options) {
    load_options(b, {k}, n);
    weigh_classes(b);
  }
  call.c1 = options ? b.c1 : nullptr;
  call.c0 = options ? b.c0 : nullptr;
  call.factor = options ? b.factor : nullptr;
  call.weight = options ? b.options.weight : nullptr;
  const auto output = [&](const Elements& e, float* own) {
    if (e.memory.data == nullptr) return static_cast<float*>(nullptr);
    float* there = whole ? address<float>(e, k) : nullptr;
    return there != nullptr ? there : own;
  };
  call.gradient = output(gradient, b.gradient);
  call.hessian = output(hessian, b.hessian);
  call.loss = loss.empty() ? nullptr : whole ? loss.data() + k : b.loss;
  kernels::binary_logits(call);
  tally.loss.add(call.sum);
  if (call.loss == b.loss) std::copy_n(b.loss, n, loss.begin() + static_cast<std::ptrdiff_t>(k));
  if (call.gradient == b.gradient) store(gradient, k, n, b.gradient);
  if (call.hessian == b.hessian) store(hessian, k, n, b.hessian);
  for (std::size_t i = 0; i < call.far_count; i += WideBlock::kSize) {
    const std::size_t count = std::min(WideBlock::kSize, call.far_count - i);
    std::copy_n(call.far_x + i, count, wide.x);
    run_wide(wide, {k, call.far + i}, count, tally);
  }
}

void BinaryCall::run_block(std::size_t begin, std::size_t end, BinaryTally& tally) const {
  WideBlock wide;
  wide.call.keep = 1 - options_.label_smoothing;
  wide.call.spread = options_.label_smoothing / 2;
  wide.call.clip = options_.clip;
  wide.call.probabilities = options_.kind == Kind::probabilities;
  wide.call.check = options_.checks == Checks::full;
  wide.call.scale = divisor_ == 0 ? 0 : 1 / divisor_;
  wide.call.loss = wide.loss;
  wide.call.gradient = gradient.memory.data == nullptr ? nullptr : wide.gradient;
  wide.call.hessian = hessian.memory.data == nullptr ? nullptr : wide.hessian;
  if (!short_) {
    for (std::size_t k = begin; k < end; k += WideBlock::kSize)
      run_wide(wide, {k}, std::min(WideBlock::kSize, end - k), tally);
    return;
  }
  ShortBlock block;
  block.call.scale = static_cast<float>(wide.call.scale);
  for (std::size_t k = begin; k < end; k += ShortBlock::kSize)
    run_short(block, wide, k, std::min(ShortBlock::kSize, end - k), tally);
}

BinaryTally BinaryCall::run_blocks() {
  const double scale = divisor_ == 0 ? 0 : std::fabs(1 / divisor_);
  short_ = x_.type != kernels::Element::f64 && options_.kind == Kind::logits &&
           options_.precision == Precision::input;
  // Below 2^-32 what cancels in a derivative may leave f32's normal range.
  plain_ = !masked_ && !weighted_ && options_.pos_weight.empty() && upstream.empty() &&
           options_.label_smoothing == 0 && options_.clip == 0 &&
           (!short_ || (scale >= 0x1p-32 && scale <= 0x1p60));
  return merge_blocks(
      [&](std::size_t begin, std::size_t end, BinaryTally& t) { run_block(begin, end, t); });
}

}  // namespace crossent::core
