// What a reader of the numbers should know: what, why, what to try.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "cli/eval.h"
#include "cli/output/text.h"

namespace crossent::cli {
namespace {

constexpr std::int64_t kRowsPerBin = 20;
constexpr std::int64_t kFewGroups = 20;
constexpr std::size_t kNamedClasses = 6;

using Warnings = std::vector<std::string>;

std::string class_list(const Classes& classes, const std::vector<std::int64_t>& which) {
  std::string out;
  for (std::size_t i = 0; i < std::min(which.size(), kNamedClasses); ++i)
    out += (i ? ", " : "") + classes.text(which[i]);
  return which.size() > kNamedClasses ? fmt::format("{}, ... ({} in all)", out, which.size()) : out;
}

void about_infinity(const EvalSettings& settings, const Evaluation& e, Warnings& out) {
  const Summary& s = e.summary;
  if (s.infinite_rows == 0) return;
  std::string where;
  for (const RowRecord& r : s.first_infinite) {
    const std::string& file = e.sources[static_cast<std::size_t>(r.source)];
    where += (where.empty() ? "" : ", ") +
             (r.line > 0 ? fmt::format("{}:{}", file, r.line) : fmt::format("{}[{}]", file, r.row));
  }
  if (static_cast<std::size_t>(s.infinite_rows) > s.first_infinite.size()) where += ", ...";
  out.push_back(
      fmt::format("{} gave the true class probability 0, so the mean loss is infinite ({}){}",
                  counted(s.infinite_rows, "row"), where,
                  settings.statistics.like == Like::none
                      ? "; --like sklearn shows what a tool that clips prints"
                      : ""));
}

void about_files(const EvalSettings& settings, Warnings& out) {
  std::map<std::pair<dev_t, ino_t>, std::string> seen;
  for (const std::string& path : settings.files) {
    struct stat status {};
    if (path == "-" || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const auto [at, first] = seen.try_emplace({status.st_dev, status.st_ino}, path);
    if (!first)
      out.push_back(fmt::format("{} is the same file as {}: its rows count twice", path,
                                at->second == path ? "one before it" : at->second));
  }
}

void about_probabilities(const Evaluation& e, Warnings& out) {
  const Summary& s = e.summary;
  if (s.unnormalized_rows > 0)
    out.push_back(
        fmt::format("{} did not sum to 1 (by up to {:.2g}) and were divided by their sum; {}",
                    counted(s.unnormalized_rows, "row"), s.max_sum_error,
                    s.max_sum_error < 0.01 ? "rounding" : "a softmax left out?"));
  if (s.hard_rows == s.rows)
    out.push_back(
        "every probability is 0 or 1: these look like decisions, for which cross-entropy says "
        "little; write the probabilities (predict_proba) instead");
  else if (2 * s.hard_rows > s.rows)
    out.push_back(fmt::format(
        "{} of {} are nothing but 0 and 1: one wrong among them costs infinity; average more trees "
        "or models, or smooth",
        grouped(s.hard_rows), counted(s.rows, "row")));
  if (e.layout.binary && e.layout.kind == Kind::logits && s.rows >= 10 &&
      s.distribution_rows == s.rows)
    out.push_back(fmt::format("every logit lies in [0, 1]: probabilities? then use --prob {}",
                              e.layout.values.empty() ? "COL" : e.layout.values[0]));
  if (s.loss_finite_nats > s.baseline_uniform_nats)
    out.push_back(
        "the loss is worse than that of uniform guessing: confidently wrong (overfit), columns in "
        "another order than the labels, or a softmax applied twice");
}

void about_classes(const Evaluation& e, Warnings& out) {
  const Summary& s = e.summary;
  std::vector<std::int64_t> never_true, never_said;
  for (std::size_t k = 0; k < s.per_class.size(); ++k) {
    if (s.per_class[k].rows == 0) never_true.push_back(static_cast<std::int64_t>(k));
    if (s.per_class[k].predicted_rows == 0) never_said.push_back(static_cast<std::int64_t>(k));
  }
  if (!never_true.empty())
    out.push_back(fmt::format("never the true class: {}; nothing is known of the loss there",
                              class_list(e.layout.classes, never_true)));
  if (!never_said.empty())
    out.push_back(fmt::format("never the first choice: {}; rare, or a column in the wrong place",
                              class_list(e.layout.classes, never_said)));
  if (s.confusions_dropped)
    out.push_back("too many different confusions: \"most confused with\" is left out");
}

// The other reading of the labels must be far better: half the loss, or half the infinities.
bool far_better(const Summary& s, const ShiftedReading& other) {
  if (!other.possible || s.rows < 10) return false;
  if (s.infinite_rows > 0 && other.infinite_rows > 0)
    return 2 * other.infinite_rows < s.infinite_rows;
  if (other.infinite_rows > 0) return false;
  return s.infinite_rows > 0 ? other.loss_finite_nats < s.baseline_uniform_nats
                             : 2 * other.loss_finite_nats < s.loss_nats;
}

void about_labels(const Evaluation& e, Warnings& out) {
  const Summary& s = e.summary;
  const std::int64_t base = e.layout.classes.base;
  if (far_better(s, s.shifted_down))
    out.push_back(fmt::format(
        "labels may be off by one: read as {}-based they give a loss of {:.6g} instead of {:.6g}; "
        "try --labels-from {}",
        base + 1, s.shifted_down.loss_finite_nats, s.loss_nats, base + 1));
  if (far_better(s, s.shifted_up))
    out.push_back(fmt::format(
        "labels may be off by one: every label plus 1 gives a loss of {:.6g} instead of {:.6g}; {}",
        s.shifted_up.loss_finite_nats, s.loss_nats,
        base > 0 ? "try --labels-from 0" : "is a column missing in front?"));
  if (s.ids_dropped)
    out.push_back("too many ids to look for duplicates among them");
  else if (s.duplicate_ids > 0)
    out.push_back(
        fmt::format("{} with an id that came before: counted again, so the interval is too narrow; "
                    "a file given "
                    "twice? several rows an id: --group",
                    counted(s.duplicate_ids, "row")));
}

void about_samples(const EvalSettings& settings, const Evaluation& e, Warnings& out) {
  const Summary& s = e.summary;
  if (s.ignored > 0)
    out.push_back(fmt::format("{} of weight 0 left out", counted(s.ignored, "row")));
  const auto bins = static_cast<std::int64_t>(settings.statistics.bins);
  const std::int64_t fewer = s.rows / kRowsPerBin;
  if (fewer < bins)
    out.push_back(fmt::format("{} in {}: the calibration error is mostly noise{}",
                              counted(s.rows, "row"), counted(bins, "bin"),
                              fewer > 1 ? fmt::format("; try --bins {}", fewer) : ""));
  if (!e.layout.weight.empty() && 2 * s.effective_rows < static_cast<double>(s.rows))
    out.push_back(fmt::format("the weights are uneven: {} count as {} equal ones in the interval",
                              counted(s.rows, "row"),
                              s.effective_rows < 1000 ? fmt::format("{:.4g}", s.effective_rows)
                                                      : grouped(std::llround(s.effective_rows))));
  if (s.groups_dropped)
    out.push_back(fmt::format("more than {} groups: no clustered standard error",
                              grouped(static_cast<std::int64_t>(settings.statistics.max_groups))));
  else if (!e.layout.group.empty() && s.groups < kFewGroups)
    out.push_back(
        fmt::format("{}: the standard error itself is uncertain", counted(s.groups, "group")));
  if (s.design_effect > 1.5)
    out.push_back(fmt::format(
        "rows of one group are alike: the design effect is {:.3g}, so {} say as much as {:.0f} "
        "independent ones",
        s.design_effect, counted(s.rows, "row"), static_cast<double>(s.rows) / s.design_effect));
}

}  // namespace

std::vector<std::string> eval_warnings(const EvalSettings& settings, const Evaluation& e) {
  Warnings out;
  about_infinity(settings, e, out);
  about_files(settings, out);
  about_probabilities(e, out);
  about_classes(e, out);
  about_labels(e, out);
  about_samples(settings, e, out);
  return out;
}

}  // namespace crossent::cli
