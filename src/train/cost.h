#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossent/train.h"
#include "crossent/view.h"

namespace crossent::training {

/// Up to kTileRows rows on their way through a network; one thread works on a tile.
inline constexpr std::size_t kTileRows = 64;

/// What rows are to become.
struct Truth {
  std::span<const std::int32_t> label{};  ///< [rows], or
  const float* target = nullptr;          ///< [rows, targets] row-major
};

/// How the rows of a tile are judged: the part of TrainOptions that a cost needs.
struct CostSpec {
  Activation output = Activation::softmax;
  Cost cost = Cost::cross_entropy;
  SquaredOn squared_on = SquaredOn::probabilities;
  SquaredGradient squared_gradient = SquaredGradient::exact;
  double focal_gamma = 2, label_smoothing = 0;
  std::vector<double> class_weight{};
  std::size_t outputs = 0;
  std::size_t targets = 0;  ///< independent labels; 0: a class a row

  CostSpec() = default;
  CostSpec(const TrainOptions& options, std::size_t classes, bool several_targets);
  /// -log p of the truth, without smoothing, weights and focus: the number that is comparable.
  CostSpec plain_cross_entropy() const;
  CostSpec plain_squared_error() const;
  bool operator==(const CostSpec&) const = default;
};

/// Costs and gradients of tiles, by the library's own fused kernels; scratch of one thread.
template <class T>
class TileCost {
 public:
  explicit TileCost(const CostSpec& spec);

  /// The cost of every row. With `gradient`, the logits [rows, outputs] are replaced by the
  /// gradient of (sum of the costs) * factor.
  std::span<const double> apply(MatrixView<T> logits, const Truth& truth, double factor,
                                bool gradient);

 private:
  std::span<const double> weights_of(const Truth& truth, std::size_t rows);
  void softmax_cost(MatrixView<T> logits, const Truth& truth, double factor, bool gradient);
  void sigmoid_cost(MatrixView<T> logits, const Truth& truth, double factor, bool gradient);
  void focal_softmax(MatrixView<T> logits, const Truth& truth, double factor, bool gradient);
  void squared(MatrixView<T> logits, const Truth& truth, double factor, bool gradient);
  MatrixView<const T> targets_of(const Truth& truth, std::size_t rows);
  void sum_elements(std::size_t rows);

  CostSpec spec_;
  std::vector<T> target_;                                   // [tile, outputs], sigmoid outputs
  std::vector<double> loss_, element_, upstream_, weight_;  // rows; rows x outputs (sigmoid)
};

/// Whether sigmoid output j of a row should be 1.
bool should_say_yes(const CostSpec& spec, const Truth& truth, std::size_t row, std::size_t j);

/// correct: rows whose largest output is their label (two classes on one sigmoid: logit > 0);
/// several targets: elements on the right side. separated: rows of which every judgement is right,
/// so that larger logits are always better.
struct Hits {
  std::int64_t correct = 0, separated = 0;

  void add(const Hits& more) {
    correct += more.correct;
    separated += more.separated;
  }
};
template <class T>
Hits hits_of(const CostSpec& spec, MatrixView<const T> logits, const Truth& truth);

}  // namespace crossent::training
