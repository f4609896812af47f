#include "train/evaluate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "core/compensated.h"
#include "kernels/math.h"

namespace crossent::training {
namespace {

// What the standard error of a weighted mean is made of: sums over the rows of w^2, w c and c^2,
// c = w (loss - pivot), the pivot being a row's loss: nothing cancels where losses are alike.
struct Moments {
  double rows = 0, pivot = 0, ww = 0, wc = 0, cc = 0;

  void add(std::span<const double> costs, const CostSpec& spec, const Truth& truth) {
    for (std::size_t i = 0; i < costs.size(); ++i) {
      const double w = spec.class_weight.empty()
                           ? 1
                           : spec.class_weight[static_cast<std::size_t>(truth.label[i])];
      if (w == 0) continue;
      if (rows == 0) pivot = costs[i] / w;
      const double c = costs[i] - w * pivot;
      rows += 1;
      ww += w * w;
      wc += w * c;
      cc += c * c;
    }
  }
  void add(const Moments& later) {
    if (rows == 0) pivot = later.pivot;
    const double shift = later.pivot - pivot;
    rows += later.rows;
    ww += later.ww;
    wc += later.wc + shift * later.ww;
    cc += later.cc + 2 * shift * later.wc + shift * shift * later.ww;
  }
  // n / (n - 1) sum w^2 (loss - mean)^2 / (sum w)^2: docs/math.md#statistics.
  double standard_error(double mean, double weight) const {
    if (rows < 2) return std::numeric_limits<double>::quiet_NaN();
    const double shift = mean - pivot;
    const double squares = std::max(0.0, cc - 2 * shift * wc + shift * shift * ww);
    return std::sqrt(rows / (rows - 1) * squares) / weight;
  }
};

struct LaneScores {
  CompensatedSum cost, cross_entropy, squared_error;
  Moments moments;
  std::int64_t correct = 0;
};

void add_all(CompensatedSum& sum, std::span<const double> values) {
  for (const double v : values) sum.add(v);
}

// The costs of a tile of which the logits are still needed.
template <class T>
class Judge {
 public:
  explicit Judge(const CostSpec& spec) : cost_(spec), scratch_(kTileRows * spec.outputs) {}

  std::span<const double> apply(MatrixView<T> logits, const Truth& truth) {
    std::copy_n(logits.data, logits.rows * logits.cols, scratch_.data());
    return cost_.apply(matrix(scratch_.data(), logits.rows, logits.cols), truth, 1, false);
  }

 private:
  TileCost<T> cost_;
  std::vector<T> scratch_;  // a cost without a gradient may still use the logits' place
};

template <class T>
struct Judges {
  explicit Judges(const CostSpec& spec)
      : cost(spec),
        cross_entropy(spec.plain_cross_entropy()),
        squared(spec.plain_squared_error()) {}
  Judge<T> cost, cross_entropy, squared;
};

// Outputs of an activation that are within 1 % of its ends' slope: tanh |a| > .995, sigmoid
// a (1 - a) < .0025.
bool is_saturated(HiddenActivation f, double a) {
  if (f == HiddenActivation::tanh) return (1 - a) * (1 + a) < 0.01;
  return f == HiddenActivation::sigmoid && a * (1 - a) < 0.0025;
}

template <class T>
struct LaneHealth {
  std::vector<std::vector<T>> largest;  // output of each unit, rectified: what a relu gives
  std::vector<std::int64_t> saturated;
  std::int64_t wrong = 0;
};

template <class T>
void look_at_hidden(const Architecture& a, const Tile<T>& tile, LaneHealth<T>& found) {
  const bool bounded =
      a.activation == HiddenActivation::tanh || a.activation == HiddenActivation::sigmoid;
  for (std::size_t l = 0; l < a.hidden.size(); ++l) {
    const MatrixView<const T> out = tile.hidden(l);
    for (std::size_t i = 0; i < out.rows; ++i) {
      const T* row = &out(i, 0);
      T* largest = found.largest[l].data();
      for (std::size_t j = 0; j < out.cols; ++j) largest[j] = std::max(largest[j], row[j]);
      for (std::size_t j = 0; j < out.cols && bounded; ++j)
        found.saturated[l] += is_saturated(a.activation, static_cast<double>(row[j]));
    }
  }
}

// |p - t| > 0.9: on the wrong side by a logit of ln 9 (sigmoid), or by its probability (softmax).
template <class T>
std::int64_t sure_and_wrong(const CostSpec& spec, MatrixView<const T> z, const Truth& truth,
                            std::span<const double> cross_entropy) {
  std::int64_t count = 0;
  if (spec.output == Activation::softmax) {
    for (const double nats : cross_entropy) count += nats > 2.302585092994046;
    return count;
  }
  for (std::size_t i = 0; i < z.rows; ++i)
    for (std::size_t j = 0; j < z.cols; ++j) {
      const bool yes = should_say_yes(spec, truth, i, j);
      const auto logit = static_cast<double>(z(i, j));
      count += (yes ? -logit : logit) > 2.1972245773362196;
    }
  return count;
}

template <class T>
LaneHealth<T> unseen(const Architecture& a) {
  LaneHealth<T> empty;
  for (const std::size_t units : a.hidden) empty.largest.emplace_back(units);
  empty.saturated.resize(a.hidden.size());
  return empty;
}

template <class T>
Health joined(const Architecture& a, std::span<const LaneHealth<T>> found, double rows) {
  Health health;
  std::int64_t wrong = 0;
  for (const LaneHealth<T>& lane : found) wrong += lane.wrong;
  const bool per_row = a.output == Activation::softmax;
  health.confidently_wrong =
      static_cast<double>(wrong) / (per_row ? rows : rows * static_cast<double>(a.outputs));
  for (std::size_t l = 0; l < a.hidden.size(); ++l) {
    LayerHealth layer;
    layer.units = a.hidden[l];
    double saturated = 0;
    for (const LaneHealth<T>& lane : found) saturated += static_cast<double>(lane.saturated[l]);
    layer.saturated_share = saturated / (rows * static_cast<double>(layer.units));
    for (std::size_t j = 0; j < layer.units && a.activation == HiddenActivation::relu; ++j)
      layer.dead += std::none_of(found.begin(), found.end(),
                                 [&](const auto& lane) { return lane.largest[l][j] > 0; });
    health.layers.push_back(layer);
  }
  return health;
}

}  // namespace

template <class T>
Scores evaluate(Pass<T>& pass, const Network<T>& network, const RowSet<T>& rows, double mean_weight,
                Health* health) {
  const CostSpec& spec = pass.spec();
  const bool plain = spec == spec.plain_cross_entropy();
  const std::size_t lanes = lanes_of(rows.rows);
  std::vector<LaneScores> found(lanes);
  std::vector<std::optional<Judges<T>>> judges(
      static_cast<std::size_t>(threads_for(lanes, pass.threads())));
  std::vector<LaneHealth<T>> looks(health ? lanes : 0, unseen<T>(pass.architecture()));
  pass.for_each_tile(network, rows, {}, [&](std::size_t lane, std::size_t, Tile<T>& tile) {
    LaneScores& s = found[lane];
    std::optional<Judges<T>>& judge = judges[pass.slot_of(tile)];
    if (!judge) judge.emplace(spec);
    const MatrixView<T> z = tile.logits();
    s.correct += hits_of<T>(spec, z, tile.truth()).correct;
    const std::span<const double> cost = judge->cost.apply(z, tile.truth());
    add_all(s.cost, cost);
    s.moments.add(cost, spec, tile.truth());
    const std::span<const double> nats = plain ? cost : judge->cross_entropy.apply(z, tile.truth());
    if (!plain) add_all(s.cross_entropy, nats);
    add_all(s.squared_error, judge->squared.apply(z, tile.truth()));
    if (!health) return;
    look_at_hidden(pass.architecture(), tile, looks[lane]);
    looks[lane].wrong += sure_and_wrong<T>(spec, z, tile.truth(), nats);
  });
  LaneScores& all = found[0];
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    all.cost.add(found[lane].cost);
    all.cross_entropy.add(found[lane].cross_entropy);
    all.squared_error.add(found[lane].squared_error);
    all.moments.add(found[lane].moments);
    all.correct += found[lane].correct;
  }
  if (health) *health = joined<T>(pass.architecture(), looks, static_cast<double>(rows.rows));
  Scores scores;
  const auto n = static_cast<double>(rows.rows);
  scores.rows = static_cast<std::int64_t>(rows.rows);
  scores.correct = all.correct;
  scores.accuracy = static_cast<double>(all.correct) /
                    (n * static_cast<double>(std::max<std::size_t>(spec.targets, 1)));
  scores.loss = all.cost.value() / (n * mean_weight);
  scores.loss_se = all.moments.standard_error(scores.loss, n * mean_weight);
  scores.cross_entropy = plain ? scores.loss : all.cross_entropy.value() / n;
  scores.squared_error = 2 * all.squared_error.value() / n;  // the cost is half of it
  return scores;
}

template Scores evaluate<float>(Pass<float>&, const Network<float>&, const RowSet<float>&, double,
                                Health*);
template Scores evaluate<double>(Pass<double>&, const Network<double>&, const RowSet<double>&,
                                 double, Health*);

}  // namespace crossent::training
