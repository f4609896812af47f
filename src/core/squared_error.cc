#include "crossent/squared_error.h"

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
#include "core/squared_error_row.h"

namespace crossent {
namespace {

using core::Argument;
using core::Elements;
using core::elements_of;
using core::pick;
using core::SquaredRow;

constexpr std::string_view kOp = "squared_error";
constexpr double kInf = std::numeric_limits<double>::infinity();

struct Fault {
  std::int64_t row = -1, column = -1;
  std::string_view argument, what;
  double value = 0;
};

// What a block of rows adds to the Result; merged in order.
struct Tally {
  CompensatedSum loss, weight;
  std::int64_t live = 0, ignored = 0, infinite = 0, first_infinite = -1, first_bad_label = -1;
  Fault fault;

  void merge(const Tally& next) {
    loss.add(next.loss);
    weight.add(next.weight);
    live += next.live;
    ignored += next.ignored;
    infinite += next.infinite;
    if (first_infinite < 0) first_infinite = next.first_infinite;
    if (first_bad_label < 0) first_bad_label = next.first_bad_label;
    if (fault.row < 0) fault = next.fault;
  }
};

// One call without its type: the checks before the first write, the divisor, the blocks.
class Call {
 public:
  Call(const Elements& x, double tolerance, const Elements& target, Labels label,
       const SquaredOptions& options)
      : x_(x),
        target_(target),
        label_(label),
        rows_(x.memory.rows),
        cols_(x.memory.cols),
        tolerance_(options.checks == Checks::full ? tolerance : 0),
        options_(options) {}

  void check_inputs() const;
  void check_options();
  void check_outputs() const;
  Result run();

  std::span<double> loss;
  Elements gradient, hessian;
  RealSpan upstream;

 private:
  std::array<Argument, 6> inputs() const;
  bool has_labels() const { return target_.memory.data == nullptr; }
  bool is_live(std::size_t row) const;
  double weight(std::size_t row) const;
  Tally prepare() const;
  void run_row(std::size_t row, SquaredRow& scratch, Tally& tally) const;
  void write(std::size_t row, double scale, SquaredRow& r) const;
  template <class Body>
  Tally merge_rows(const Body& body) const;

  Elements x_, target_;
  Labels label_;
  std::size_t rows_, cols_;
  double tolerance_;
  const SquaredOptions& options_;
  double divisor_ = 1;         // of the derivatives
  double largest_weight_ = 1;  // at least as large as every row's
};

void Call::check_options() {
  const SquaredOptions& o = options_;
  if (cols_ == 0) refuse(kOp, "x", "x has no outputs (0 columns)");
  if (o.kind == Kind::log_probabilities)
    refuse(kOp, "kind", "kind = log_probabilities is not offered: give logits");
  if (o.row_weight.size() > 1)
    core::check_length(kOp, "row_weight", o.row_weight.size(), rows_, "rows");
  core::check_optional(kOp, "row_mask", o.row_mask.size(), rows_, "rows");
  largest_weight_ = std::max(1.0, core::check_weights(kOp, "row_weight", o.row_weight));
  core::check_range(kOp, "factor", o.factor, 0, std::numeric_limits<double>::max());
  core::check_range(kOp, "threads", o.threads, 0, 65536);
  if (o.divisor == Divisor::given && !(std::isfinite(o.given_divisor) && o.given_divisor != 0))
    refuse_value(kOp, "given_divisor", o.given_divisor, "must be finite and not 0");
  if (o.ignore_index && !has_labels())
    refuse(kOp, "ignore_index", "ignore_index applies to labels: use row_mask");
}

// Before anything is read.
void Call::check_inputs() const { core::check_present(kOp, core::Arguments(inputs())); }

void Call::check_outputs() const {
  core::check_optional(kOp, "loss", loss.size(), rows_, "rows");
  if (upstream.size() > 1) core::check_length(kOp, "upstream", upstream.size(), rows_, "rows");
  if (hessian.memory.data != nullptr && options_.activation == Activation::softmax)
    refuse(kOp, "hessian", "hessian is not offered through softmax");
  const Argument outputs[] = {
      {"gradient", gradient.memory}, {"hessian", hessian.memory}, {"loss", core::memory_of(loss)}};
  core::check_present(kOp, core::Arguments(outputs));
  for (const auto& [name, memory] : std::span(outputs).first(2))
    if (memory.data != nullptr) core::check_output(kOp, name, memory, rows_, cols_);
  core::check_overlaps(kOp, outputs, inputs());
}

std::array<Argument, 6> Call::inputs() const {
  return {{{"x", x_.memory},
           {"target", target_.memory},
           {"label", core::memory_of(label_)},
           {"row_weight", core::memory_of(options_.row_weight)},
           {"row_mask", core::memory_of(options_.row_mask)},
           {"upstream", core::memory_of(upstream)}}};
}

bool Call::is_live(std::size_t row) const {
  if (!options_.row_mask.empty() && options_.row_mask[row] == 0) return false;
  return !has_labels() || !options_.ignore_index || label_[row] != *options_.ignore_index;
}

double Call::weight(std::size_t row) const {
  return options_.row_weight.empty() ? 1 : pick(options_.row_weight, row);
}

// Calls body(row, scratch, tally) for every row.
template <class Body>
Tally Call::merge_rows(const Body& body) const {
  return core::merge_blocks<Tally>(rows_, core::rows_per_block(cols_), cols_, options_.threads,
                                   [&](std::size_t begin, std::size_t end, Tally& tally) {
                                     thread_local SquaredRow scratch;
                                     scratch.resize(cols_);
                                     for (std::size_t r = begin; r < end; ++r)
                                       body(r, scratch, tally);
                                   });
}

// Who is live, with what weight; refuses labels that name no output.
Tally Call::prepare() const {
  const auto outputs = static_cast<std::int64_t>(cols_);
  const Tally all = merge_rows([&](std::size_t r, SquaredRow&, Tally& t) {
    if (!is_live(r)) {
      ++t.ignored;
      return;
    }
    ++t.live;
    t.weight.add(weight(r));
    const bool bad = has_labels() && (label_[r] < 0 || label_[r] >= outputs);
    if (bad && t.first_bad_label < 0) t.first_bad_label = static_cast<std::int64_t>(r);
  });
  if (all.first_bad_label >= 0)
    core::reject_label(kOp, label_, static_cast<std::size_t>(all.first_bad_label), cols_);
  return all;
}

// The row's results times `scale`; the derivatives also times upstream and 1 / divisor.
void Call::write(std::size_t row, double scale, SquaredRow& r) const {
  const double u = upstream.empty() ? 1 : pick(upstream, row);
  const double factor = divisor_ == 0 || scale == 0 ? 0 : scale * (u / divisor_);
  if (!loss.empty()) loss[row] = r.loss;
  for (const auto& [out, values] : {std::pair(&gradient, &r.gradient), {&hessian, &r.hessian}}) {
    if (out->memory.data == nullptr) continue;
    for (double& v : *values) v *= factor;
    core::store(*out, row * cols_, cols_, values->data());
  }
}

void Call::run_row(std::size_t row, SquaredRow& r, Tally& tally) const {
  if (!is_live(row)) {
    r.loss = 0;
    std::fill(r.gradient.begin(), r.gradient.end(), 0.0);
    std::fill(r.hessian.begin(), r.hessian.end(), 0.0);
    return write(row, 0, r);
  }
  r.activation = options_.activation;
  r.logits = options_.kind == Kind::logits;
  r.tolerance = tolerance_;
  r.gradient_wanted = gradient.memory.data != nullptr;
  core::load(x_, row * cols_, cols_, r.x.data());
  r.label = has_labels() ? static_cast<std::ptrdiff_t>(label_[row]) : -1;
  if (!has_labels()) core::load(target_, row * cols_, cols_, r.t.data());
  r.solve();
  if (!r.fault.empty() && tally.fault.row < 0)
    tally.fault = {static_cast<std::int64_t>(row), r.fault_column, r.fault_argument, r.fault,
                   r.fault_value};
  const double scale = weight(row) * options_.factor;
  const double outputs = options_.mean_over_outputs ? static_cast<double>(cols_) : 1;
  r.loss = scale == 0 && r.fault.empty() ? 0 : r.loss * scale / outputs;
  if (r.loss == kInf) {
    ++tally.infinite;
    if (tally.first_infinite < 0) tally.first_infinite = static_cast<std::int64_t>(row);
  }
  tally.loss.add(r.loss);
  write(row, scale / outputs, r);
}

Result Call::run() {
  const Tally before = prepare();
  Result result;
  result.rows = before.live;
  result.ignored = before.ignored;
  result.divisor = core::chosen_divisor(options_, before.live, before.weight.value());
  divisor_ = options_.reduction == Reduction::mean ? result.divisor : 1;
  if (gradient.memory.data != nullptr || hessian.memory.data != nullptr)
    core::check_gradient_range(kOp, largest_weight_ * options_.factor, upstream, divisor_, false);
  const Tally after =
      merge_rows([&](std::size_t r, SquaredRow& scratch, Tally& t) { run_row(r, scratch, t); });
  const Fault& f = after.fault;
  if (f.row >= 0) refuse_value(kOp, f.argument, f.value, f.what, f.row, f.column);
  core::set_sum(result, after.loss.value());
  result.infinite = after.infinite;
  result.first_infinite = after.first_infinite;
  return result;
}

}  // namespace

template <class T>
Result squared_error(MatrixView<const T> x, Labels label, const SquaredOptions& options,
                     const SquaredOutputs<T>& outputs) {
  core::check_length(kOp, "label", label.size(), x.rows, "rows");
  return core::run_call(Call(elements_of(x), core::sum_tolerance<T>(x.cols), {}, label, options),
                        outputs);
}

template <class T>
Result squared_error(MatrixView<const T> x, MatrixView<const T> target,
                     const SquaredOptions& options, const SquaredOutputs<T>& outputs) {
  if (target.rows != x.rows || target.cols != x.cols)
    refuse(kOp, "target",
           "target is " + std::to_string(target.rows) + " x " + std::to_string(target.cols) +
               ", but x is " + std::to_string(x.rows) + " x " + std::to_string(x.cols));
  return core::run_call(
      Call(elements_of(x), core::sum_tolerance<T>(x.cols), elements_of(target), {}, options),
      outputs);
}

#define CROSSENT_INSTANTIATE(T)                                                        \
  template Result squared_error<T>(MatrixView<const T>, Labels, const SquaredOptions&, \
                                   const SquaredOutputs<T>&);                          \
  template Result squared_error<T>(MatrixView<const T>, MatrixView<const T>,           \
                                   const SquaredOptions&, const SquaredOutputs<T>&);
CROSSENT_INSTANTIATE(float)
CROSSENT_INSTANTIATE(double)
CROSSENT_INSTANTIATE(f16)
CROSSENT_INSTANTIATE(bf16)
#undef CROSSENT_INSTANTIATE

}  // namespace crossent
