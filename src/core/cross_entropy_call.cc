#include "core/cross_entropy_call.h"

#include <cmath>

#include "core/result.h"
#include "kernels/total.h"

namespace crossent::core {
namespace {

constexpr std::string_view kOp = "cross_entropy";
constexpr double kInf = std::numeric_limits<double>::infinity();

}  // namespace

void Tally::merge(const Tally& next) {
  loss.add(next.loss);
  weight.add(next.weight);
  rows += next.rows;
  ignored += next.ignored;
  infinite += next.infinite;
  clipped += next.clipped;
  largest_weight = std::max(largest_weight, next.largest_weight);
  if (first_infinite < 0) first_infinite = next.first_infinite;
  if (first_bad_label < 0) first_bad_label = next.first_bad_label;
  if (bad.row < 0) bad = next.bad;
}

Workspace& workspace() {
  thread_local Workspace w;
  return w;
}

Call::Call(const kernels::Source& x, std::size_t rows, const Labels& label,
           const kernels::Source& soft, const Options& options, double tolerance)
    : x_(x),
      rows_(rows),
      label_(label),
      soft_(soft),
      options_(options),
      tolerance_(options.checks == Checks::full ? tolerance : 0),
      may_be_dead_(!options.row_mask.empty() || (options.ignore_index && soft.data == nullptr)) {
  if (!options.class_mask.empty()) x_.class_mask = options.class_mask.data();
  x_.temperature = options.temperature;
  x_.softcap = options.softcap;
}

void Call::check_options() const {
  const Options& o = options_;
  if (x_.cols == 0) refuse(kOp, "x", "x has no classes (0 columns)");
  if (!o.class_weight.empty())
    check_length(kOp, "class_weight", o.class_weight.size(), x_.cols, "classes");
  if (!o.row_weight.empty()) check_length(kOp, "row_weight", o.row_weight.size(), rows_, "rows");
  if (!o.row_mask.empty()) check_length(kOp, "row_mask", o.row_mask.size(), rows_, "rows");
  if (!o.class_mask.empty())
    check_length(kOp, "class_mask", o.class_mask.size(), x_.cols, "classes");
  const double by_class = check_weights(kOp, "class_weight", o.class_weight);
  const double by_row = check_weights(kOp, "row_weight", o.row_weight);
  if (std::max(by_class, 1.0) * std::max(by_row, 1.0) * static_cast<double>(rows_) > 0x1p1000) {
    const std::string name = by_row > by_class ? "row_weight" : "class_weight";
    const std::string other = by_row > by_class ? "class_weight" : "row_weight";
    const double less = std::min(by_row, by_class);
    refuse(kOp, name,
           name + " up to " + number_text(std::max(by_row, by_class)) +
               (less > 1 ? ", times " + other + " up to " + number_text(less) + "," : "") +
               " overflows: scale it, the mean does not change");
  }
  check_range(kOp, "label_smoothing", o.label_smoothing, 0, 1);
  if (!(o.temperature > 0 && o.temperature < kInf))
    refuse(kOp, "temperature",
           "temperature = " + number_text(o.temperature) + " is outside (0, inf)");
  check_range(kOp, "softcap", o.softcap, 0, std::numeric_limits<double>::max());
  check_range(kOp, "z_loss", o.z_loss, 0, std::numeric_limits<double>::max());
  check_range(kOp, "clip", o.clip, 0, 0.5);
  check_range(kOp, "threads", o.threads, 0, 65536);
  if (o.divisor == Divisor::given && !(std::isfinite(o.given_divisor) && o.given_divisor != 0))
    refuse(kOp, "given_divisor",
           "given_divisor = " + number_text(o.given_divisor) + " must be finite and not 0");
  const auto needs = [&](bool used, std::string_view name, std::string_view kind) {
    if (used) refuse(kOp, name, std::string(name) + " applies to " + std::string(kind) + " only");
  };
  if (o.kind != Kind::logits) {
    needs(o.temperature != 1, "temperature", "logits");
    needs(o.softcap != 0, "softcap", "logits");
    needs(o.z_loss != 0, "z_loss", "logits");
    needs(!o.class_mask.empty(), "class_mask", "logits");
  }
  if (o.kind != Kind::probabilities) {
    needs(o.clip != 0, "clip", "probabilities");
    needs(o.normalize && o.kind == Kind::logits, "normalize", "probabilities");
  }
}

void Call::collect(const kernels::Rows& rows, Tally& tally) const {
  const std::size_t first = rows.first, n = rows.count;
  if (!loss.empty()) std::copy_n(rows.loss, n, loss.data() + first);
  if (!lse.empty()) std::copy_n(rows.lse, n, lse.data() + first);
  if (!argmax.empty()) std::copy_n(rows.argmax, n, argmax.data() + first);
  if (collect_soft_weight_) std::copy_n(rows.target_weight, n, soft_weight_->data() + first);
  for (std::size_t r = 0; rows.any_clipped() && r < n; ++r) tally.clipped += rows.clipped[r];
  const kernels::Total sum = kernels::total(rows.loss, n);
  if (rows.all_ok() && std::isfinite(sum.high)) return tally.loss.add_pair(sum.high, sum.low);
  for (std::size_t r = 0; r < n; ++r) {
    const auto row = static_cast<std::int64_t>(first + r);
    if (rows.status[r] != kernels::Status::ok && tally.bad.row < 0)
      tally.bad = {row, static_cast<std::int64_t>(rows.bad_column[r]), rows.bad_value[r],
                   rows.status[r]};
    if (rows.loss[r] == kInf) {
      ++tally.infinite;
      if (tally.first_infinite < 0) tally.first_infinite = row;
    }
    tally.loss.add(rows.loss[r]);
  }
}

// Rows [begin, begin + n) as the kernels see them.
void Call::describe(std::size_t begin, std::size_t n, double divisor, const RealSpan& upstream,
                    kernels::Rows& rows) const {
  rows.start(begin, n);
  if (is_soft())
    std::fill_n(rows.label, n, -1);
  else
    label_.copy(begin, {rows.label, n});
  if (may_be_dead_)
    for (std::size_t r = 0; r < n; ++r)
      if (!is_live(begin + r)) {
        rows.live[r] = rows.all_live = false;
        rows.label[r] = 0;  // kernels may look at its class
      }
  std::fill_n(rows.weight, n, 1.0);
  if (!options_.row_weight.empty() || weight_rows_)
    for (std::size_t r = 0; r < n; ++r)
      if (rows.live[r]) rows.weight[r] = row_weight(begin + r, rows.label[r]);
  const double shared = upstream.size() == 1 ? upstream[0] : 1;
  std::fill_n(rows.upstream, n, divisor == 0 ? 0 : shared / divisor);
  for (std::size_t r = 0; r < n && upstream.size() > 1 && divisor != 0; ++r)
    rows.upstream[r] = upstream[begin + r] / divisor;
}

kernels::ProbabilitiesTask Call::probabilities() const {
  return {.values = x_,
          .logarithms = options_.kind == Kind::log_probabilities,
          .normalize = options_.normalize,
          .clip = options_.clip,
          .tolerance = tolerance_,
          .details = !lse.empty() || !argmax.empty(),
          .target = task.target,
          .gradient = task.gradient,
          .target_gradient = task.target_gradient};
}

void Call::run_rows(std::size_t begin, std::size_t end, double divisor, const RealSpan& upstream,
                    Tally& tally) {
  kernels::Rows rows;
  kernels::ProbabilitiesTask other;
  if (!as_logits()) other = probabilities();
  for (std::size_t first = begin; first < end; first += kernels::kRowsPerCall) {
    const std::size_t n = std::min(kernels::kRowsPerCall, end - first);
    describe(first, n, divisor, upstream, rows);
    rows.more = first + n < end;
    if (!as_logits())
      kernels::probabilities_cross_entropy(other, rows);
    else if (f32_)
      kernels::cross_entropy_f32(task, rows);
    else
      kernels::cross_entropy_f64(task, rows);
    collect(rows, tally);
  }
}

Result Call::run(const RealSpan& upstream, bool f32) {
  f32_ = f32 && as_logits();
  choose_weights();
  task.logits = x_;
  task.z_loss = options_.z_loss;
  const bool gradient = task.gradient.data != nullptr || task.target_gradient.data != nullptr;
  const Tally before = prepare();
  weigh_soft_targets(gradient);
  const auto total_weight = [&] { return is_soft() ? total_soft_weight() : before.weight.value(); };
  Result result;
  result.rows = before.rows;
  result.ignored = before.ignored;
  const bool weigh = options_.divisor == Divisor::total_weight && !collect_soft_weight_;
  result.divisor = chosen_divisor(options_, before.rows, weigh ? total_weight() : 0);
  const double divisor = options_.reduction == Reduction::mean ? result.divisor : 1;
  if (gradient)
    check_gradient_range(kOp, largest_factor(before.largest_weight), upstream, divisor, f32);
  // Long rows go in pairs and more where there are many: a gradient fetches the row that follows.
  const std::size_t per_block =
      std::max(rows_per_block(x_.cols), std::clamp<std::size_t>(rows_ / 64, 1, 8));
  const Tally after = merge_blocks(per_block, [&](std::size_t begin, std::size_t end, Tally& t) {
    run_rows(begin, end, divisor, upstream, t);
  });
  if (after.bad.row >= 0 && options_.checks == Checks::full) reject_row(after.bad);
  if (collect_soft_weight_) {
    // Checks are off: a bad row weighs what it weighs where the weights come first.
    if (after.bad.row >= 0) find_soft_weights(class_weight_, *soft_weight_);
    result.divisor = total_weight();
  }
  set_sum(result, after.loss.value());
  result.infinite = after.infinite;
  result.first_infinite = after.first_infinite;
  result.clipped = after.clipped;
  return result;
}

void Call::reject_row(const BadRow& bad) const {
  using kernels::Status;
  const std::int64_t r = bad.row, j = bad.column;
  const std::string value = number_text(bad.value);
  const std::string within = " (within " + number_text(tolerance_) + ")";
  const std::string cell = place("x", r, j), target = place("target", r, j);
  switch (bad.status) {
    case Status::nan:
      refuse(kOp, "x", cell + " = nan is not a number", r, j);
    case Status::two_infinities:
      refuse(kOp, "x",
             cell + " = inf: row " + std::to_string(r) +
                 " has more than one +inf, its softmax has no limit",
             r, j);
    case Status::no_class_left:
      refuse(kOp, "x",
             "row " + std::to_string(r) + " has no class left: every logit is -inf or masked", r);
    case Status::target_nan:
      refuse(kOp, "target", target + " = nan is outside [0, 1]", r, j);
    case Status::target_negative:
    case Status::target_above_one:
      refuse(kOp, "target", target + " = " + value + " is outside [0, 1]", r, j);
    case Status::target_sum:
      refuse(kOp, "target",
             place("target", r) + " sums to " + value + ", not to 1" + within +
                 "; checks = off takes targets that are no distributions",
             r);
    case Status::negative:
    case Status::above_one:
      refuse(kOp, "x",
             cell + " = " + value + " is outside [0, 1]: looks like logits (kind = logits)", r, j);
    case Status::positive:
      refuse(kOp, "x",
             cell + " = " + value + " is above 0, so no log-probability: looks like logits" +
                 " (kind = logits)",
             r, j);
    default:
      refuse(kOp, "x",
             place("x", r) + " sums to " + value + ", not to 1" + within +
                 "; normalize = true divides by the sum",
             r);
  }
}

}  // namespace crossent::core
