// What a person who trains should know: what, why, what to try.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/scalars.h"
#include "cli/train.h"

namespace crossent::cli {
namespace {

constexpr double kScales = 100;     // of standard deviations: far apart
constexpr double kTurned = 1.02;    // a validation loss this much above its lowest has turned
constexpr double kSaturated = 0.5;  // share of outputs

struct Spread {
  double sd = 0;
  std::string column;
};

// Standard deviation of a column of numbers over the rows, missing ones left out.
double spread(const Samples& s, std::size_t column, std::span<const std::size_t> rows) {
  const std::size_t width = s.number_columns();
  double n = 0, mean = 0, squares = 0;
  for (const std::size_t i : rows) {
    const double x = s.numbers[i * width + column];
    if (std::isnan(x)) continue;
    const double off = x - mean;
    mean += off / ++n;
    squares += off * (x - mean);
  }
  return n > 0 ? std::sqrt(squares / n) : 0;
}

// The largest against the lower quartile: a pixel at the rim that hardly ever changes is no reason.
std::string about_scales(const Samples& s, std::span<const std::size_t> rows) {
  std::vector<Spread> all;
  std::size_t number = 0;
  for (const InputColumn& column : s.columns) {
    if (column.is_text()) continue;
    const double sd = spread(s, number++, rows);
    if (sd > 0) all.push_back({sd, column.name});
  }
  if (all.empty()) return "";
  std::sort(all.begin(), all.end(), [](const Spread& a, const Spread& b) { return a.sd < b.sd; });
  const Spread &low = all[all.size() / 4], &high = all.back();
  if (high.sd < kScales * low.sd) return "";
  return fmt::format(
      "the features have very different scales (standard deviation {:.2g} of {}, {:.2g} of {}): "
      "training is slow and uneven; --standardize",
      low.sd, escape(low.column), high.sd, escape(high.column));
}

// Targets among several that never change.
std::string about_constants(const Samples& s, std::span<const std::size_t> rows) {
  if (s.target_values.empty() || rows.empty()) return "";
  std::string names;
  const std::size_t width = s.targets.size();
  for (std::size_t k = 0; k < width; ++k) {
    const float first = s.target_values[rows.front() * width + k];
    const bool constant = std::all_of(rows.begin(), rows.end(), [&](std::size_t i) {
      return s.target_values[i * width + k] == first;
    });
    if (constant) names += (names.empty() ? "" : ", ") + escape(s.targets[k]);
  }
  return names.empty() ? "" : "the labels never change, so nothing is learned of them: " + names;
}

// A class of one row has nothing for both sides of a split.
std::string about_lone_rows(const TrainSettings& s, const Samples& samples) {
  if (s.fraction == 0 || samples.labels.empty()) return "";
  std::vector<std::size_t> count(samples.classes.size());
  for (const std::int32_t label : samples.labels) ++count[static_cast<std::size_t>(label)];
  std::string names;
  for (std::size_t k = 0; k < count.size(); ++k)
    if (count[k] == 1) names += (names.empty() ? "" : ", ") + escape(samples.classes[k]);
  if (names.empty()) return "";
  return fmt::format("classes of one row alone have none held out by --validation {:g}: {}",
                     s.fraction, names);
}

std::string about_classes(const Samples& s, std::span<const std::size_t> rows) {
  if (s.classes.empty()) return "";
  std::vector<bool> seen(s.classes.size());
  for (const std::size_t i : rows) seen[static_cast<std::size_t>(s.labels[i])] = true;
  const auto unseen = std::find(seen.begin(), seen.end(), false);
  if (unseen != seen.end())
    return fmt::format("class {} has no row to learn from",
                       escape(s.classes[static_cast<std::size_t>(unseen - seen.begin())]));
  const auto fraction = [](const std::string& name) {
    const auto x = parse_real(name);
    return x && *x != std::trunc(*x);
  };
  if (std::any_of(s.classes.begin(), s.classes.end(), fraction))
    return fmt::format("some of the {} classes are fractions: is the target a measurement?",
                       s.classes.size());
  if (2 * s.classes.size() > rows.size())
    return fmt::format("{} classes in {} to learn from: is the target a measurement or a name?",
                       s.classes.size(), counted(static_cast<std::int64_t>(rows.size()), "row"));
  return "";
}

// The epoch that ended three rises of the training loss in a row; 0: none.
std::int64_t rose(const std::vector<EpochRecord>& history) {
  int rises = 0;
  for (std::size_t i = 1; i < history.size(); ++i) {
    rises = history[i].training.loss > history[i - 1].training.loss ? rises + 1 : 0;
    if (rises == 3) return history[i].epoch;
  }
  return 0;
}

void about_steps(const TrainSettings& s, const TrainOutcome& r, std::vector<std::string>& out) {
  const bool steps = s.options.optimizer != Optimizer::lbfgs;
  const std::int64_t epoch = steps ? rose(r.history) : 0;
  if (r.status == TrainStatus::diverged)
    out.push_back(fmt::format(
        "diverged in epoch {}: the learning rate is too high, or the features "
        "too large; try {}{}",
        grouped(r.epochs + 1), steps ? fmt::format("--rate {:.2g}", s.options.rate / 10) : "f64",
        s.features.standardize ? "" : " or --standardize"));
  else if (epoch > 0)
    out.push_back(
        fmt::format("the training loss rose three epochs in a row (to epoch {}): the "
                    "learning rate is too high; try --rate {:.2g}",
                    grouped(epoch), s.options.rate / 3));
  if (r.status == TrainStatus::separable)
    out.push_back(
        "the classes are separable and nothing holds the weights, so there is no finite optimum: "
        "the loss goes to 0 as they grow; --l2 0.01 gives one");
  if (r.status == TrainStatus::not_converged)
    out.push_back(fmt::format("not converged in {}: more --epochs, or --standardize",
                              counted(r.epochs, "iteration")));
}

void about_layers(const TrainSettings& s, const TrainOutcome& r, std::vector<std::string>& out) {
  for (std::size_t k = 0; k < r.health.size(); ++k) {
    const LayerHealth& h = r.health[k];
    if (h.dead > 0)
      out.push_back(
          fmt::format("{} of {} relu units of hidden layer {} are dead (0 for every row): "
                      "a lower --rate, or --activation gelu",
                      h.dead, h.units, k + 1));
    if (h.saturated_share > kSaturated)
      out.push_back(fmt::format(
          "{:.0f} % of the outputs of hidden layer {} are saturated, where the slope is almost 0: "
          "--standardize, smaller first weights, or --activation relu",
          100 * h.saturated_share, k + 1));
  }
  if (s.options.cost == Cost::squared_error && r.confidently_wrong > 0.01)
    out.push_back(
        fmt::format("{:.1f} % of the outputs are confidently wrong, where the squared error has "
                    "almost no slope: "
                    "cross-entropy would learn here (--loss ce)",
                    100 * r.confidently_wrong));
}

const EpochRecord* record_of(const TrainOutcome& r, std::int64_t epoch) {
  for (const EpochRecord& record : r.history)
    if (record.epoch == epoch) return &record;
  return nullptr;
}

}  // namespace

std::vector<std::string> data_warnings(const TrainSettings& s, const Samples& samples,
                                       std::span<const std::size_t> rows) {
  std::vector<std::string> out;
  for (std::string text :
       {s.features.standardize ? std::string() : about_scales(samples, rows),
        about_constants(samples, rows), about_classes(samples, rows), about_lone_rows(s, samples)})
    if (!text.empty()) out.push_back(std::move(text));
  for (std::string& text : column_warnings(s, samples, rows)) out.push_back(std::move(text));
  return out;
}

std::vector<std::string> train_warnings(const TrainSettings& s, const TrainOutcome& r) {
  std::vector<std::string> out;
  about_steps(s, r, out);
  if (has_learned(r)) about_layers(s, r, out);
  return out;
}

std::string overfitting(const TrainOutcome& r) {
  const EpochRecord* best = record_of(r, r.best_epoch);
  if (!best || r.history.empty() || best->validation.rows == 0) return "";
  const EpochRecord& end = r.history.back();
  if (!(end.validation.loss > kTurned * best->validation.loss) ||
      end.training.loss > best->training.loss)
    return "";
  const bool fell = end.validation.accuracy < best->validation.accuracy;
  return fmt::format(
      "Overfitting: from epoch {} to {} the validation loss rose from {:.4f} to {:.4f} while the "
      "training loss fell;\nits accuracy {} ({:.2f} % to {:.2f} %){}. --early-stop, --l2 or "
      "--dropout "
      "help; epoch {} is kept.",
      grouped(r.best_epoch), grouped(end.epoch), best->validation.loss, end.validation.loss,
      fell ? "fell too" : "did not fall", 100 * best->validation.accuracy,
      100 * end.validation.accuracy, fell ? "" : ": it grows too sure of itself",
      grouped(r.best_epoch));
}

}  // namespace crossent::cli
