#include "crossent/binary_cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/binary_call.h"
#include "core/refuse.h"
#include "core/result.h"

namespace crossent {
namespace core {
namespace {

constexpr std::string_view kOp = "binary_cross_entropy";

void check_sizes(std::string_view argument, std::size_t size, std::size_t want, bool or_one,
                 std::string_view of) {
  if (size == 0 || (or_one && size == 1)) return;
  check_length(kOp, argument, size, want, of);
}

}  // namespace

void BinaryCall::check_options() {
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
    const double largest = check_weights(kOp, name, *weights);
    if (!weights->empty()) largest_weight_ *= std::max(1.0, largest);
  }
  check_range(kOp, "label_smoothing", o.label_smoothing, 0, 1);
  check_range(kOp, "clip", o.clip, 0, 0.5);
  check_range(kOp, "threads", o.threads, 0, 65536);
  if (o.clip != 0 && o.kind == Kind::logits)
    refuse(kOp, "clip", "clip applies to probabilities only");
  if (o.divisor == Divisor::given && !(std::isfinite(o.given_divisor) && o.given_divisor != 0))
    refuse_value(kOp, "given_divisor", o.given_divisor, "must be finite and not 0");
  if (o.ignore_index && label_.empty() && n_ != 0)
    refuse(kOp, "ignore_index",
           "ignore_index applies to integer labels: use row_mask or element_mask");
}

// Before anything is read.
void BinaryCall::check_inputs() const { check_present(kOp, Arguments(inputs())); }

void BinaryCall::check_outputs() const {
  check_sizes("loss", loss.size(), n_, false, "elements of x");
  if (upstream.size() != n_) check_sizes("upstream", upstream.size(), rows_, true, "rows");
  const Argument outputs[] = {
      {"gradient", gradient.memory}, {"hessian", hessian.memory}, {"loss", memory_of(loss)}};
  check_present(kOp, Arguments(outputs));
  for (const auto& [name, memory] : std::span(outputs).first(2))
    if (memory.data != nullptr) check_output(kOp, name, memory, rows_, cols_);
  check_overlaps(kOp, outputs, inputs());
}

std::array<Argument, 10> BinaryCall::inputs() const {
  const BinaryOptions& o = options_;
  return {{{"x", x_.memory},
           {"target", target_.memory},
           {"label", memory_of(label_)},
           {"weight", memory_of(o.weight)},
           {"class_weight", memory_of(o.class_weight)},
           {"row_weight", memory_of(o.row_weight)},
           {"pos_weight", memory_of(o.pos_weight)},
           {"row_mask", memory_of(o.row_mask)},
           {"element_mask", memory_of(o.element_mask)},
           {"upstream", memory_of(upstream)}}};
}

void BinaryCall::refuse_element(const BinaryTally& bad) const {
  const auto cols = static_cast<std::int64_t>(cols_);
  const std::int64_t row = bad.first_bad / cols, column = bad.first_bad % cols;
  const bool logits = options_.kind == Kind::logits;
  if (std::isnan(bad.bad_x)) refuse_value(kOp, "x", bad.bad_x, "is not a number", row, column);
  if (!logits && !(bad.bad_x >= 0 && bad.bad_x <= 1))
    refuse_value(kOp, "x", bad.bad_x, "is outside [0, 1] (looks like logits: kind = logits)", row,
                 column);
  refuse_value(kOp, "target", bad.bad_target, "is outside [0, 1]", row, column);
}

void BinaryCall::refuse_label(std::int64_t k) const {
  refuse(kOp, "label",
         place("label", k) + " = " + label_.text(static_cast<std::size_t>(k)) +
             " is neither 0 nor 1 (labels -1 and 1? soft_margin takes them)",
         k);
}

Result BinaryCall::run() {
  const BinaryTally before = prepare();
  if (before.first_bad >= 0) refuse_label(before.first_bad);
  Result result;
  result.rows = before.live;
  result.ignored = before.ignored;
  result.divisor = chosen_divisor(options_, before.live, before.weight.value());
  divisor_ = options_.reduction == Reduction::mean ? result.divisor : 1;
  if (gradient.memory.data != nullptr || hessian.memory.data != nullptr)
    check_gradient_range(kOp, largest_weight_, upstream, divisor_, false);
  const BinaryTally after = run_blocks();
  if (after.first_bad >= 0 && options_.checks == Checks::full) refuse_element(after);
  set_sum(result, after.loss.value());
  result.infinite = after.infinite;
  result.clipped = after.clipped;
  result.first_infinite = after.first_infinite;
  return result;
}

}  // namespace core

namespace {

std::string shape_text(std::size_t rows, std::size_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace

template <class T>
Result binary_cross_entropy(MatrixView<const T> x, MatrixView<const T> target,
                            const BinaryOptions& options, const BinaryOutputs<T>& outputs) {
  if (target.rows != x.rows || target.cols != x.cols)
    refuse(core::kOp, "target",
           "target is " + shape_text(target.rows, target.cols) + ", but x is " +
               shape_text(x.rows, x.cols) + " (nothing is broadcast)");
  return core::run_call(
      core::BinaryCall(core::elements_of(x), core::elements_of(target), {}, options), outputs);
}

template <class T>
Result binary_cross_entropy(MatrixView<const T> x, Labels label, const BinaryOptions& options,
                            const BinaryOutputs<T>& outputs) {
  if (x.cols != 1)
    refuse(core::kOp, "x",
           "x is " + shape_text(x.rows, x.cols) +
               ": integer labels need one column (give targets in [0, 1] for several)");
  core::check_length(core::kOp, "label", label.size(), x.rows, "rows");
  return core::run_call(core::BinaryCall(core::elements_of(x), {}, label, options), outputs);
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
