// What the rows of a cross_entropy weigh: class weights, smoothing, labels and soft targets.
#include <cmath>

#include "core/cross_entropy_call.h"
#include "kernels/target_weights.h"
#include "kernels/total.h"

namespace crossent::core {
namespace {

constexpr std::size_t kLabelBlock = 4096;  // rows

}  // namespace

// The target's scalars and its class weights in f64.
void Call::choose_weights() {
  kernels::Target& target = task.target;
  target.soft = soft_;
  target.tolerance = tolerance_;
  if (!options_.class_weight.empty()) {
    std::vector<double>& c = workspace().class_weight;
    c.assign(x_.cols + 16, 0.0);  // a group may begin at any class
    for (std::size_t j = 0; j < x_.cols; ++j) c[j] = options_.class_weight[j];
    class_weight_ = &c;
    weight_rows_ = options_.label_smoothing != 0 && options_.smoothing == Smoothing::per_row;
    if (!weight_rows_) target.class_weight = c.data();
  }
  if (options_.label_smoothing != 0) smooth_targets();
}

void Call::smooth_targets() {
  kernels::Target& target = task.target;
  CompensatedSum count, weight;
  double largest = 1;
  bool ones = true;
  for (std::size_t j = 0; j < x_.cols; ++j) {
    if (x_.class_mask != nullptr && x_.class_mask[j] == 0) continue;
    const double c = target.class_weight == nullptr ? 1 : target.class_weight[j];
    count.add(1);
    weight.add(c);
    largest = std::max(largest, c);
    ones &= c == 1;
  }
  if (count.value() == 0) return;
  target.keep = 1 - options_.label_smoothing;
  target.spread = options_.label_smoothing / count.value();
  // Of classes that weigh 1, what leaves the target's total at exactly 1.
  target.spread_weight = ones ? 1 - target.keep : target.spread * weight.value();
  target.spread_unit = std::ldexp(1.0, -2 - std::ilogb(count.value()) - std::ilogb(largest));
}

bool Call::is_live(std::size_t row) const {
  if (!options_.row_mask.empty() && options_.row_mask[row] == 0) return false;
  return is_soft() || !options_.ignore_index || !label_.is(row, *options_.ignore_index);
}

// w, times c_y where the class weight goes with the row.
double Call::row_weight(std::size_t row, std::int64_t label) const {
  double w = options_.row_weight.empty() ? 1 : options_.row_weight[row];
  if (weight_rows_)
    w *= is_soft() ? (*mean_class_weight_)[row] : (*class_weight_)[static_cast<std::size_t>(label)];
  return w;
}

// sum_k t_k c_k of every row's unsmoothed soft target.
void Call::find_soft_weights(const std::vector<double>* class_weight, std::vector<double>& out) {
  out.resize(rows_);
  const kernels::Target plain{.soft = soft_,
                              .class_weight = class_weight ? class_weight->data() : nullptr};
  for_each_block(rows_, kernels::kRowsPerCall, x_.cols, options_.threads,
                 [&](std::size_t, std::size_t begin, std::size_t end) {
                   kernels::Rows rows;
                   rows.init(begin, end - begin);
                   for (std::size_t r = begin; r < end; ++r) rows.live[r - begin] = is_live(r);
                   kernels::target_weights(plain, x_.cols, f32_, rows);
                   for (std::size_t r = begin; r < end; ++r) out[r] = rows.target_weight[r - begin];
                 });
}

// The rows' weights times soft_weight_, in the blocks of prepare().
double Call::total_soft_weight() {
  const auto weigh = [&](std::size_t begin, std::size_t end, Tally& t) {
    const double* weight = soft_weight_->data();
    for (std::size_t first = begin; first < end; first += kernels::kRowsPerCall) {
      double term[kernels::kRowsPerCall];
      const std::size_t n = std::min(kernels::kRowsPerCall, end - first);
      for (std::size_t r = 0; r < n; ++r)
        term[r] = !is_live(first + r) ? 0
                  : options_.row_weight.empty()
                      ? weight[first + r]
                      : options_.row_weight[first + r] * weight[first + r];
      const kernels::Total sum = kernels::total(term, n);
      if (class_weight_ == nullptr && std::isfinite(sum.high))
        t.weight.add_pair(sum.high, sum.low);
      else  // one by one, as weights of labels
        for (std::size_t r = 0; r < n; ++r) t.weight.add(term[r]);
    }
  };
  return merge_blocks(kLabelBlock, weigh).weight.value();
}

// Counts and weighs the live rows of a block; finds its first label out of range.
void Call::weigh_labels(std::size_t begin, std::size_t end, Tally& t) const {
  const auto classes = static_cast<std::int64_t>(x_.cols);
  for (std::size_t r = begin; r < end; ++r) {
    const std::int64_t y = is_soft() ? -1 : label_[r];
    if (!is_live(r)) {
      ++t.ignored;
      continue;
    }
    ++t.rows;
    if (!is_soft() && (y < 0 || y >= classes)) {
      if (t.first_bad_label < 0) t.first_bad_label = static_cast<std::int64_t>(r);
      continue;
    }
    double w = options_.row_weight.empty() ? 1 : options_.row_weight[r];
    t.largest_weight = std::max(t.largest_weight, w);
    if (is_soft()) continue;
    if (class_weight_) w *= (*class_weight_)[static_cast<std::size_t>(y)];
    t.weight.add(w);
  }
}

Tally Call::prepare() {
  const bool plain = rows_are_alike() && !is_soft() && !class_weight_;
  const Tally all = merge_blocks(kLabelBlock, [&](std::size_t begin, std::size_t end, Tally& t) {
    std::size_t left = rows_are_alike() && is_soft() ? end : begin;  // not yet seen
    for (std::int64_t label[64]; plain && left + std::size(label) <= end;) {
      label_.copy(left, label);
      const auto last = static_cast<std::uint64_t>(x_.cols - 1);
      std::uint64_t out = 0;  // its sign: one is below 0 or above `last`
      for (const std::int64_t y : label) {
        const auto bits = static_cast<std::uint64_t>(y);
        out |= bits | (last - bits);
      }
      if (static_cast<std::int64_t>(out) < 0) break;
      left += std::size(label);
    }
    if (left != begin) {
      t.rows = static_cast<std::int64_t>(left - begin);
      t.weight.add(static_cast<double>(t.rows));
      t.largest_weight = 1;
    }
    weigh_labels(left, end, t);
  });
  if (all.first_bad_label >= 0)
    reject_label("cross_entropy", label_, static_cast<std::size_t>(all.first_bad_label), x_.cols);
  return all;
}

double Call::largest_factor(double row_weight) const {
  double class_weight = 1;
  if (class_weight_)
    for (const double c : *class_weight_) class_weight = std::max(class_weight, c);
  return row_weight * class_weight * std::max(1.0, options_.z_loss);
}

// What a soft target's rows weigh: before the pass where it needs to know, else collected in it.
void Call::weigh_soft_targets(bool gradient) {
  if (!is_soft()) return;
  Workspace& w = workspace();
  soft_weight_ = &w.soft_weight;
  const bool for_divisor = options_.divisor == Divisor::total_weight;
  const bool before = weight_rows_ || options_.label_smoothing != 0 ||
                      (gradient && options_.reduction == Reduction::mean);
  if (weight_rows_ || (for_divisor && before)) find_soft_weights(class_weight_, w.soft_weight);
  collect_soft_weight_ = for_divisor && !before;
  if (collect_soft_weight_) w.soft_weight.assign(rows_, 0.0);
  if (!weight_rows_) return;
  mean_class_weight_ = &w.mean_class_weight;
  find_soft_weights(nullptr, *mean_class_weight_);  // sum_k t_k: weights of 1 stay 1
  for (std::size_t r = 0; r < rows_; ++r)
    (*mean_class_weight_)[r] =
        w.soft_weight[r] == 0 ? 0 : w.soft_weight[r] / (*mean_class_weight_)[r];
}

}  // namespace crossent::core
