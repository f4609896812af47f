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
  Call(const kernels::Source& x, std::size_t rows, const Labels& label, const kernels::Source& soft,
       const Options& options, double epsilon);

  void check_options() const;
  void choose_weights();
  void smooth_targets();
  Tally prepare();  // labels, live rows, total weight
  Result run(const RealSpan& upstream, bool f32);
  double largest_factor(double row_weight) const;  // of a gradient, without upstream and divisor

  kernels::CrossEntropyTask task;
  std::span<double> loss, lse;
  std::span<std::int64_t> argmax;

 private:
  bool is_soft() const { return soft_.data != nullptr; }
  bool as_logits() const {  // or log-probabilities to be normalised
    return options_.kind == Kind::logits ||
           (options_.kind == Kind::log_probabilities && options_.normalize);
  }
  bool rows_are_alike() const { return !may_be_dead_ && options_.row_weight.empty(); }
  bool is_live(std::size_t row) const;
  void weigh_labels(std::size_t begin, std::size_t end, Tally& t) const;
  double row_weight(std::size_t row, std::int64_t label) const;
  kernels::ProbabilitiesTask probabilities() const;  // the task, where x is not logits
  void find_soft_weights(const std::vector<double>* class_weight, std::vector<double>& out);
  double total_soft_weight();
  void weigh_soft_targets(bool gradient);
  Tally merge_blocks(std::size_t per_block, const auto& body) const {
    return core::merge_blocks<Tally>(rows_, per_block, x_.cols, options_.threads, body);
  }
  void run_rows(std::size_t begin, std::size_t end, double divisor, const RealSpan& upstream,
                Tally& tally);
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
  bool f32_ = false;          // logits in f32 arithmetic
  bool weight_rows_ = false;  // per_row smoothing: c enters the row's weight
  bool collect_soft_weight_ = false;
  std::vector<double>* mean_class_weight_ = nullptr;  // sum t c / sum t of every soft row, with
                                                      // weight_rows_
};

/// The typed shell around Call: views to memory, overlaps, the choice of arithmetic.
template <class T>
class CrossEntropyCall {
 public:
  CrossEntropyCall(const MatrixView<const T>& x, const Labels& label,
                   const MatrixView<const T>& target, const Options& options,
                   const Outputs<T>& outputs)
      : x_(x),
        target_(target),
        label_(label),
        options_(options),
        outputs_(outputs),
        call_(source_of(x), x.rows, label, source_of(target), options, sum_tolerance<T>(x.cols)) {}

  Result run() {
    const Options& o = options_;
    ArgumentList<8> inputs("x", memory_of(x_));
    inputs.add("target", memory_of(target_));
    inputs.add("label", memory_of(label_));
    inputs.add("class_weight", memory_of(o.class_weight));
    inputs.add("row_weight", memory_of(o.row_weight));
    inputs.add("row_mask", memory_of(o.row_mask));
    inputs.add("class_mask", memory_of(o.class_mask));
    inputs.add("upstream", memory_of(outputs_.upstream));
    check_present(kOp, inputs);
    call_.check_options();
    check_outputs(inputs);
    call_.loss = outputs_.loss;
    call_.lse = outputs_.lse;
    call_.argmax = outputs_.argmax;
    call_.task.gradient = sink_of(outputs_.gradient);
    call_.task.target_gradient = sink_of(outputs_.target_gradient);
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
    const auto check_matrix = [&](std::string_view name, const Memory& m) {
      if (m.data != nullptr) check_output(kOp, name, m, n, x_.cols);
    };
    ArgumentList<5> outputs("gradient", memory_of(outputs_.gradient));
    outputs.add("target_gradient", memory_of(outputs_.target_gradient));
    outputs.add("loss", memory_of(outputs_.loss));
    outputs.add("lse", memory_of(outputs_.lse));
    outputs.add("argmax", memory_of(outputs_.argmax));
    check_present(kOp, outputs);
    check_matrix("gradient", memory_of(outputs_.gradient));
    check_matrix("target_gradient", memory_of(outputs_.target_gradient));
    check_overlaps(kOp, outputs, inputs);
  }

  const MatrixView<const T>& x_;
  const MatrixView<const T>& target_;
  const Labels& label_;
  const Options& options_;
  const Outputs<T>& outputs_;
  Call call_;
};

}  // namespace crossent::core
