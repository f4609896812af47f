#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "core/compensated.h"
#include "core/matrix_checks.h"
#include "core/rows.h"
#include "crossent/options.h"
#include "kernels/cross_entropy.h"
#include "kernels/probabilities.h"

namespace crossent::core {

/// A row whose values were refused.
struct BadRow {
  std::int64_t row = -1, column = 0;
  double value = 0;
  kernels::Status status = kernels::Status::ok;
};

/// What a block of rows adds to the Result.
struct Tally {
  CompensatedSum loss, weight;
  std::int64_t rows = 0, ignored = 0, infinite = 0, clipped = 0, first_infinite = -1;
  double largest_weight = 0;
  std::int64_t first_bad_label = -1;
  BadRow bad;  // the first with a Status

  void merge(const Tally& next);  // in row order
};

/// Memory that a calling thread keeps from call to call.
struct Workspace {
  std::vector<double> class_weight;
  std::vector<double> soft_weight;        // sum_k t_k c_k of every row
  std::vector<double> mean_class_weight;  // sum_k t_k c_k / sum_k t_k
};
Workspace& workspace();

/// One call of cross_entropy with one T: the checks before the first write, the divisor, the
/// blocks. The formulas are the kernels'; an option becomes scalars of a Row or of a kernel's task
/// here.
class Call {
 public:
  Call(kernels::Source x, std::size_t rows, Labels label, kernels::Source soft,
       const Options& options, double epsilon);

  void check_options() const;
  void choose_weights();  // class weights, smoothing
  Tally prepare();        // labels, live rows, total weight
  Result run(const RealSpan& upstream, bool f32);
  double largest_factor(double row_weight) const;  // of a gradient, without upstream and divisor

  kernels::CrossEntropyTask task;  // logits
  kernels::ProbabilitiesTask probabilities;
  std::span<double> loss, lse;
  std::span<std::int64_t> argmax;

 private:
  bool is_soft() const { return soft_.data != nullptr; }
  bool is_live(std::size_t row) const;
  void weigh_labels(std::size_t begin, std::size_t end, Tally& t) const;
  double row_weight(std::size_t row, std::int64_t label) const;
  void find_soft_weights(const std::vector<double>* class_weight, std::vector<double>& out);
  double total_soft_weight();
  void weigh_soft_targets(bool gradient);
  Tally merge_blocks(std::size_t per_block, const auto& body) const;
  void run_rows(std::size_t begin, std::size_t end, double divisor, const RealSpan& upstream,
                bool f32, Tally& tally);
  void describe(std::size_t begin, std::size_t n, double divisor, const RealSpan& upstream,
                kernels::Rows& rows) const;
  void collect(const kernels::Rows& rows, Tally& tally) const;
  [[noreturn]] void reject_row(const BadRow& bad) const;

  kernels::Source x_;
  std::size_t rows_;
  Labels label_;
  kernels::Source soft_;
  const Options& options_;
  double tolerance_;
  std::vector<double>* class_weight_ = nullptr;
  std::vector<double>* soft_weight_ = nullptr;
  bool may_be_dead_;          // whether is_live can be false
  bool weight_rows_ = false;  // per_row smoothing: c enters the row's weight
  bool collect_soft_weight_ = false;
  std::vector<double>* mean_class_weight_ = nullptr;  // sum t c / sum t of every soft row, with
                                                      // weight_rows_
};

/// The typed shell around Call: views to memory, overlaps, the choice of arithmetic.
template <class T>
class CrossEntropyCall {
 public:
  CrossEntropyCall(MatrixView<const T> x, Labels label, MatrixView<const T> target,
                   const Options& options, const Outputs<T>& outputs)
      : x_(x),
        target_(target),
        label_(label),
        options_(options),
        outputs_(outputs),
        call_(source_of(x), x.rows, label, source_of(target), options, sum_tolerance<T>(x.cols)) {}

  Result run() {
    const Options& o = options_;
    const Argument inputs[] = {{"x", memory_of(x_)},
                               {"target", memory_of(target_)},
                               {"label", memory_of(label_)},
                               {"class_weight", memory_of(o.class_weight)},
                               {"row_weight", memory_of(o.row_weight)},
                               {"row_mask", memory_of(o.row_mask)},
                               {"class_mask", memory_of(o.class_mask)},
                               {"upstream", memory_of(outputs_.upstream)}};
    check_present(kOp, Arguments(inputs));
    call_.check_options();
    check_outputs(inputs);
    call_.loss = outputs_.loss;
    call_.lse = outputs_.lse;
    call_.argmax = outputs_.argmax;
    call_.task.gradient = call_.probabilities.gradient = sink_of(outputs_.gradient);
    call_.task.target_gradient = call_.probabilities.target_gradient =
        sink_of(outputs_.target_gradient);
    const bool f32 = !std::is_same_v<T, double> && options_.precision == Precision::input &&
                     options_.temperature == 1 && options_.softcap == 0;
    return call_.run(outputs_.upstream, f32);
  }

 private:
  static constexpr std::string_view kOp = "cross_entropy";

  void check_outputs(Arguments inputs) const {
    const auto n = x_.rows;
    check_optional(kOp, "loss", outputs_.loss.size(), n, "rows");
    check_optional(kOp, "lse", outputs_.lse.size(), n, "rows");
    check_optional(kOp, "argmax", outputs_.argmax.size(), n, "rows");
    if (outputs_.upstream.size() > 1)
      check_length(kOp, "upstream", outputs_.upstream.size(), n, "rows");
    const Argument outputs[] = {{"gradient", memory_of(outputs_.gradient)},
                                {"target_gradient", memory_of(outputs_.target_gradient)},
                                {"loss", memory_of(outputs_.loss)},
                                {"lse", memory_of(outputs_.lse)},
                                {"argmax", memory_of(outputs_.argmax)}};
    check_present(kOp, Arguments(outputs));
    for (const auto& [name, memory] : std::span(outputs).first(2))
      if (memory.data != nullptr) check_output(kOp, name, memory, n, x_.cols);
    check_overlaps(kOp, outputs, inputs);
  }

  MatrixView<const T> x_, target_;
  Labels label_;
  const Options& options_;
  const Outputs<T>& outputs_;
  Call call_;
};

}  // namespace crossent::core
