#include "crossent/binary_cross_entropy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/compensated.h"
#include "core/elements.h"
#include "core/matrix_checks.h"
#include "core/refuse.h"
#include "core/result.h"
#include "core/rows.h"
#include "kernels/binary_cross_entropy.h"

namespace crossent {
namespace {

using core::Argument;
using core::Elements;
using core::elements_of;
using core::pick;
using kernels::BinaryBlock;

constexpr std::string_view kOp = "binary_cross_entropy";
constexpr std::size_t kPerBlock = 16384;  // elements dealt out together
constexpr double kInf = std::numeric_limits<double>::infinity();

// What a block of elements adds to the Result; merged in order.
struct Tally {
  CompensatedSum loss, weight;
  std::int64_t live = 0, ignored = 0, infinite = 0, clipped = 0;
  std::int64_t first_infinite = -1, first_bad = -1;  // row-major indices
  double bad_x = 0, bad_target = 0;

  void merge(const Tally& next) {
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
};

// One call without its type: the checks before the first write, the divisor, the blocks.
class Call {
 public:
  Call(const Elements& x, const Elements& target, Labels label, const BinaryOptions& options)
      : x_(x),
        target_(target),
        label_(label),
        rows_(x.memory.rows),
        cols_(x.memory.cols),
        n_(rows_ * cols_),
        options_(options) {
    masked_ = !options.row_mask.empty() || !options.element_mask.empty() ||
              (options.ignore_index && !label.empty());
    weighted_ =
        !options.weight.empty() || !options.class_weight.empty() || !options.row_weight.empty();
  }

  void check_inputs() const;
  void check_options();
  void check_outputs() const;
  Result run();

  std::span<double> loss;
  Elements gradient, hessian;
  RealSpan upstream;

 private:
  std::array<Argument, 10> inputs() const;
  bool is_live(std::size_t k) const;
  double weight(std::size_t k) const;
  Tally prepare();
  void fill(BinaryBlock& b, std::size_t k, std::size_t n) const;
  void fill_options(BinaryBlock& b, std::size_t k, std::size_t n) const;
  void run_block(std::size_t begin, std::size_t end, Tally& tally) const;
  void collect(const BinaryBlock& b, std::size_t k, std::size_t n, Tally& tally) const;
  [[noreturn]] void refuse_element(const Tally& bad) const;
  template <class Body>
  Tally merge_blocks(const Body& body) const;

  Elements x_, target_;
  Labels label_;
  std::size_t rows_, cols_, n_;
  const BinaryOptions& options_;
  bool masked_, weighted_;
  double divisor_ = 1;         // of the derivatives
  double largest_weight_ = 1;  // at least as large as every factor of a derivative
};

void check_sizes(std::string_view argument, std::size_t size, std::size_t want, bool or_one,
                 std::string_view of) {
  if (size == 0 || (or_one && size == 1)) return;
  core::check_length(kOp, argument, size, want, of);
}

void Call::check_options() {
  const BinaryOptions& o = options_;
  if (o.kind == Kind::log_probabilities)
    refuse(kOp, "kind", "kind = log_probabilities is not defined for one number: give logits");
  check_sizes("weight", o.weight.size(), n_, true, "elements of x");
  check_sizes("class_weight", o.class_weight.size(), cols_, false, "columns");
  check_sizes("row_weight", o.row_weight.size(), rows_, true, "rows");
  check_sizes("pos_weight", o.pos_weight.size(), cols_, true, "columns");
  check_sizes("row_mask", o.row_mask.size(), rows_, false, "rows");
  if (!o.element_mask.empty() && (o.element_mask.rows != rows_ || o.element_mask.cols != cols_))
    refuse(kOp, "element_mask", "element_mask does not have the shape of x");
  largest_weight_ = 1;
  for (const auto& [name, weights] : {std::pair("weight", &o.weight),
                                      {"class_weight", &o.class_weight},
                                      {"row_weight", &o.row_weight},
                                      {"pos_weight", &o.pos_weight}}) {
    const double largest = core::check_weights(kOp, name, *weights);
    if (!weights->empty()) largest_weight_ *= std::max(1.0, largest);
  }
  core::check_range(kOp, "label_smoothing", o.label_smoothing, 0, 1);
  core::check_range(kOp, "clip", o.clip, 0, 0.5);
  core::check_range(kOp, "threads", o.threads, 0, 65536);
  if (o.clip != 0 && o.kind == Kind::logits)
    refuse(kOp, "clip", "clip applies to probabilities only");
  if (o.divisor == Divisor::given && !(std::isfinite(o.given_divisor) && o.given_divisor != 0))
    refuse_value(kOp, "given_divisor", o.given_divisor, "must be finite and not 0");
  if (o.ignore_index && label_.empty() && n_ != 0)
    refuse(kOp, "ignore_index",
           "ignore_index applies to integer labels: use row_mask or element_mask");
}

// Before anything is read.
void Call::check_inputs() const { core::check_present(kOp, core::Arguments(inputs())); }

void Call::check_outputs() const {
  check_sizes("loss", loss.size(), n_, false, "elements of x");
  if (upstream.size() != n_) check_sizes("upstream", upstream.size(), rows_, true, "rows");
  const Argument outputs[] = {
      {"gradient", gradient.memory}, {"hessian", hessian.memory}, {"loss", core::memory_of(loss)}};
  core::check_present(kOp, core::Arguments(outputs));
  for (const auto& [name, memory] : std::span(outputs).first(2))
    if (memory.data != nullptr) core::check_output(kOp, name, memory, rows_, cols_);
  core::check_overlaps(kOp, outputs, inputs());
}

std::array<Argument, 10> Call::inputs() const {
  const BinaryOptions& o = options_;
  return {{{"x", x_.memory},
           {"target", target_.memory},
           {"label", core::memory_of(label_)},
           {"weight", core::memory_of(o.weight)},
           {"class_weight", core::memory_of(o.class_weight)},
           {"row_weight", core::memory_of(o.row_weight)},
           {"pos_weight", core::memory_of(o.pos_weight)},
           {"row_mask", core::memory_of(o.row_mask)},
           {"element_mask", core::memory_of(o.element_mask)},
           {"upstream", core::memory_of(upstream)}}};
}

bool Call::is_live(std::size_t k) const {
  const std::size_t row = k / cols_;
  if (!options_.row_mask.empty() && options_.row_mask[row] == 0) return false;
  if (!options_.element_mask.empty() && options_.element_mask(row, k % cols_) == 0) return false;
  return label_.empty() || !options_.ignore_index || label_[row] != *options_.ignore_index;
}

double Call::weight(std::size_t k) const {
  double w = options_.weight.empty() ? 1 : pick(options_.weight, k);
  if (!options_.class_weight.empty()) w *= options_.class_weight[k % cols_];
  if (!options_.row_weight.empty()) w *= pick(options_.row_weight, k / cols_);
  return w;
}

template <class Body>
Tally Call::merge_blocks(const Body& body) const {
  thread_local std::vector<Tally> kept;  // reused from call to call
  std::vector<Tally>& tallies = kept;
  tallies.assign((n_ + kPerBlock - 1) / kPerBlock, Tally{});
  core::for_each_block(n_, kPerBlock, 1, options_.threads,
                       [&](std::size_t block, std::size_t begin, std::size_t end) {
                         body(begin, end, tallies[block]);
                       });
  Tally all;
  for (const Tally& t : tallies) all.merge(t);
  return all;
}

// Who is live, with what weight; refuses labels other than 0 and 1.
Tally Call::prepare() {
  if (!masked_ && !weighted_ && label_.empty()) {
    Tally all;
    all.live = static_cast<std::int64_t>(n_);
    all.weight.add(static_cast<double>(n_));
    return all;
  }
  const Tally all = merge_blocks([&](std::size_t begin, std::size_t end, Tally& t) {
    for (std::size_t k = begin; k < end; ++k) {
      if (!is_live(k)) {
        ++t.ignored;
        continue;
      }
      ++t.live;
      t.weight.add(weight(k));
      const bool bad = !label_.empty() && label_[k] != 0 && label_[k] != 1;
      if (bad && t.first_bad < 0) t.first_bad = static_cast<std::int64_t>(k);
    }
  });
  if (all.first_bad >= 0)
    refuse(kOp, "label",
           core::place("label", all.first_bad) + " = " +
               label_.text(static_cast<std::size_t>(all.first_bad)) +
               " is neither 0 nor 1 (labels -1 and 1? soft_margin takes them)",
           all.first_bad);
  return all;
}

// Masks, weights and factors that differ from element to element.
void Call::fill_options(BinaryBlock& b, std::size_t k, std::size_t n) const {
  const bool by_element = upstream.size() == n_;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t e = k + i;
    if (!is_live(e)) {
      b.x[i] = 0.5;
      b.t[i] = b.weight[i] = b.factor[i] = 0;
      continue;
    }
    b.weight[i] = weight(e);
    const double u = upstream.empty() ? 1 : pick(upstream, by_element ? e : e / cols_);
    b.factor[i] = divisor_ == 0 ? 0 : b.weight[i] * (u / divisor_);
    if (!options_.pos_weight.empty()) b.pos_weight[i] = pick(options_.pos_weight, e % cols_);
  }
}

// Elements [k, k + n), padded to whole groups with elements of weight 0.
void Call::fill(BinaryBlock& b, std::size_t k, std::size_t n) const {
  b.n = (n + kernels::kBinaryGroup - 1) / kernels::kBinaryGroup * kernels::kBinaryGroup;
  load(x_, k, n, b.x);
  if (label_.empty())
    load(target_, k, n, b.t);
  else
    for (std::size_t i = 0; i < n; ++i) b.t[i] = static_cast<double>(label_[k + i] == 1);
  std::fill(b.pos_weight, b.pos_weight + b.n, 1.0);
  if (masked_ || weighted_ || !options_.pos_weight.empty() || !upstream.empty()) {
    fill_options(b, k, n);
  } else {
    std::fill(b.weight, b.weight + n, 1.0);
    std::fill(b.factor, b.factor + n, divisor_ == 0 ? 0 : 1 / divisor_);
  }
  for (std::size_t i = n; i < b.n; ++i) {
    b.x[i] = 0.5;
    b.t[i] = b.weight[i] = b.factor[i] = 0;
  }
}

void Call::collect(const BinaryBlock& b, std::size_t k, std::size_t n, Tally& tally) const {
  for (std::size_t j = 0; j < kernels::kBinaryGroup; ++j) tally.loss.add(b.sum[j]);
  for (std::size_t j = 0; j < kernels::kBinaryGroup; ++j) tally.loss.add(b.error[j]);
  tally.clipped += b.clipped;
  if (b.finite) return;
  for (std::size_t i = 0; i < n; ++i) {
    const auto index = static_cast<std::int64_t>(k + i);
    if (b.loss[i] == kInf) {
      ++tally.infinite;
      tally.loss.add(kInf);
      if (tally.first_infinite < 0) tally.first_infinite = index;
    } else if (std::isnan(b.loss[i]) && tally.first_bad < 0) {
      tally.first_bad = index;
      tally.bad_x = b.x[i];
      tally.bad_target = b.t[i];
    }
  }
}

void Call::run_block(std::size_t begin, std::size_t end, Tally& tally) const {
  BinaryBlock b;
  b.keep = 1 - options_.label_smoothing;
  b.spread = options_.label_smoothing / 2;
  b.clip = options_.clip;
  b.probabilities = options_.kind == Kind::probabilities;
  b.check = options_.checks == Checks::full;
  b.gradient_wanted = gradient.memory.data != nullptr;
  b.hessian_wanted = hessian.memory.data != nullptr;
  for (std::size_t k = begin; k < end; k += kernels::kBinaryBlock) {
    const std::size_t n = std::min(kernels::kBinaryBlock, end - k);
    fill(b, k, n);
    kernels::binary_cross_entropy(b);
    collect(b, k, n, tally);
    if (!loss.empty()) std::copy_n(b.loss, n, loss.begin() + static_cast<std::ptrdiff_t>(k));
    if (b.gradient_wanted) store(gradient, k, n, b.gradient);
    if (b.hessian_wanted) store(hessian, k, n, b.hessian);
  }
}

void Call::refuse_element(const Tally& bad) const {
  const auto cols = static_cast<std::int64_t>(cols_);
  const std::int64_t row = bad.first_bad / cols, column = bad.first_bad % cols;
  const bool logits = options_.kind == Kind::logits;
  if (std::isnan(bad.bad_x)) refuse_value(kOp, "x", bad.bad_x, "is not a number", row, column);
  if (!logits && !(bad.bad_x >= 0 && bad.bad_x <= 1))
    refuse_value(kOp, "x", bad.bad_x, "is outside [0, 1] (looks like logits: kind = logits)", row,
                 column);
  refuse_value(kOp, "target", bad.bad_target, "is outside [0, 1]", row, column);
}

Result Call::run() {
  const Tally before = prepare();
  Result result;
  result.rows = before.live;
  result.ignored = before.ignored;
  result.divisor = core::chosen_divisor(options_, before.live, before.weight.value());
  divisor_ = options_.reduction == Reduction::mean ? result.divisor : 1;
  if (gradient.memory.data != nullptr || hessian.memory.data != nullptr)
    core::check_gradient_range(kOp, largest_weight_, upstream, divisor_, false);
  const Tally after =
      merge_blocks([&](std::size_t begin, std::size_t end, Tally& t) { run_block(begin, end, t); });
  if (after.first_bad >= 0 && options_.checks == Checks::full) refuse_element(after);
  core::set_sum(result, after.loss.value());
  result.infinite = after.infinite;
  result.clipped = after.clipped;
  result.first_infinite = after.first_infinite;
  return result;
}

std::string shape_text(std::size_t rows, std::size_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace

template <class T>
Result binary_cross_entropy(MatrixView<const T> x, MatrixView<const T> target,
                            const BinaryOptions& options, const BinaryOutputs<T>& outputs) {
  if (target.rows != x.rows || target.cols != x.cols)
    refuse(kOp, "target",
           "target is " + shape_text(target.rows, target.cols) + ", but x is " +
               shape_text(x.rows, x.cols) + " (nothing is broadcast)");
  return core::run_call(Call(elements_of(x), elements_of(target), {}, options), outputs);
}

template <class T>
Result binary_cross_entropy(MatrixView<const T> x, Labels label, const BinaryOptions& options,
                            const BinaryOutputs<T>& outputs) {
  if (x.cols != 1)
    refuse(kOp, "x",
           "x is " + shape_text(x.rows, x.cols) +
               ": integer labels need one column (give targets in [0, 1] for several)");
  core::check_length(kOp, "label", label.size(), x.rows, "rows");
  return core::run_call(Call(elements_of(x), {}, label, options), outputs);
}

#define CROSSENT_INSTANTIATE(T)                                                              \
  template Result binary_cross_entropy<T>(MatrixView<const T>, MatrixView<const T>,          \
                                          const BinaryOptions&, const BinaryOutputs<T>&);    \
  template Result binary_cross_entropy<T>(MatrixView<const T>, Labels, const BinaryOptions&, \
                                          const BinaryOutputs<T>&);
CROSSENT_INSTANTIATE(float)
CROSSENT_INSTANTIATE(double)
CROSSENT_INSTANTIATE(f16)
CROSSENT_INSTANTIATE(bf16)
#undef CROSSENT_INSTANTIATE

}  // namespace crossent
