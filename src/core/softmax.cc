#include "crossent/softmax.h"

#include <mutex>

#include "core/matrix_checks.h"
#include "core/rows.h"
#include "kernels/softmax.h"

namespace crossent {
namespace {

using kernels::Status;

// The first row without a result, for the error after the pass.
struct FirstBad {
  std::mutex mutex;
  std::size_t index = 0, column = 0;
  Status status = Status::ok;
  bool found() const { return status != Status::ok; }

  void offer(const kernels::Row& row) {
    const std::lock_guard lock(mutex);
    if (found() && row.index > index) return;
    index = row.index;
    column = row.bad_column;
    status = row.status;
  }
};

[[noreturn]] void reject_row(std::string_view op, const FirstBad& bad) {
  const auto r = static_cast<std::int64_t>(bad.index);
  const auto j = static_cast<std::int64_t>(bad.column);
  if (bad.status == Status::no_class_left)
    refuse(op, "x", "row " + std::to_string(r) + " has no class left: every logit is -inf", r);
  refuse(op, "x",
         core::place("x", r, j) + (bad.status == Status::nan
                                       ? " = nan is not a number"
                                       : " = inf: the row has more than one +inf"),
         r, j);
}

template <class T>
void run(std::string_view op, MatrixView<const T> x, MatrixView<T> out, std::span<double> lse,
         const SoftmaxOptions& options, bool logarithm) {
  if (!(options.temperature > 0 && options.temperature < std::numeric_limits<double>::infinity()))
    refuse(op, "temperature",
           "temperature = " + number_text(options.temperature) + " is outside (0, inf)");
  core::check_range(op, "threads", options.threads, 0, 65536);
  kernels::SoftmaxTask task{core::source_of(x), core::sink_of(out), logarithm};
  task.logits.temperature = options.temperature;
  const bool f32 = !std::is_same_v<T, double> && options.precision == Precision::input &&
                   options.temperature == 1;
  FirstBad bad;
  const std::size_t per_block = std::min(core::rows_per_block(x.cols), kernels::kRowsPerCall);
  core::for_each_block(x.rows, per_block, x.cols, options.threads,
                       [&](std::size_t, std::size_t begin, std::size_t end) {
                         kernels::Rows rows;
                         rows.init(begin, end - begin);
                         (f32 ? kernels::softmax_f32 : kernels::softmax_f64)(task, rows);
                         for (std::size_t r = begin; r < end; ++r) {
                           if (!lse.empty()) lse[r] = rows.lse[r - begin];
                           if (rows.status[r - begin] != Status::ok) bad.offer(rows.at(r - begin));
                         }
                       });
  if (bad.found() && lse.empty() && options.checks == Checks::full) reject_row(op, bad);
}

template <class T>
void run_matrix(std::string_view op, MatrixView<const T> x, MatrixView<T> out,
                const SoftmaxOptions& options, bool logarithm) {
  core::check_present(op, {{"x", core::memory_of(x)}, {"out", core::memory_of(out)}});
  core::check_output(op, "out", core::memory_of(out), x.rows, x.cols);
  core::check_overlap(op, "out", core::memory_of(out), "x", core::memory_of(x), true);
  if (x.rows * x.cols != 0) run(op, x, out, {}, options, logarithm);
}

}  // namespace

template <class T>
void log_sum_exp(MatrixView<const T> x, std::span<double> out, const SoftmaxOptions& options) {
  core::check_length("log_sum_exp", "out", out.size(), x.rows, "rows");
  core::check_present("log_sum_exp", {{"x", core::memory_of(x)}, {"out", core::memory_of(out)}});
  core::check_overlap("log_sum_exp", "out", core::memory_of(out), "x", core::memory_of(x), false);
  if (x.rows != 0) run<T>("log_sum_exp", x, {}, out, options, false);
}

template <class T>
void softmax(MatrixView<const T> x, MatrixView<T> out, const SoftmaxOptions& options) {
  run_matrix("softmax", x, out, options, false);
}

template <class T>
void log_softmax(MatrixView<const T> x, MatrixView<T> out, const SoftmaxOptions& options) {
  run_matrix("log_softmax", x, out, options, true);
}

#define CROSSENT_INSTANTIATE(T)                                                                \
  template void log_sum_exp<T>(MatrixView<const T>, std::span<double>, const SoftmaxOptions&); \
  template void softmax<T>(MatrixView<const T>, MatrixView<T>, const SoftmaxOptions&);         \
  template void log_softmax<T>(MatrixView<const T>, MatrixView<T>, const SoftmaxOptions&);
CROSSENT_INSTANTIATE(float)
CROSSENT_INSTANTIATE(double)
CROSSENT_INSTANTIATE(f16)
CROSSENT_INSTANTIATE(bf16)
#undef CROSSENT_INSTANTIATE

}  // namespace crossent
