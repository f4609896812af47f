#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "crossent/error.h"
#include "crossent/model.h"
#include "crossent/view.h"

namespace crossent {

/// What training makes small: the mean over the rows of
///     cross_entropy  -log p_truth (softmax); the sum of the outputs' binary losses (sigmoid)
///     squared_error  half the sum over outputs of (p - t)^2: the textbooks' gradient p - t
///     focal          (1 - p_t)^gamma times the cross-entropy of each output
enum class Cost { cross_entropy, squared_error, focal };
/// Where the squared error is taken: of the probabilities, or of the raw outputs.
enum class SquaredOn { probabilities, logits };
/// exact, or the classic listings' p (1 - p) (p - t), which leaves out softmax's other terms.
enum class SquaredGradient { exact, diagonal };
enum class Optimizer { sgd, adam, adamw, lbfgs };
/// Of the rate, after the warm-up: constant; times schedule_factor every schedule_epochs; a half
/// cosine down to 0 at the last epoch.
enum class Schedule { constant, step, cosine };
/// glorot: uniform +-sqrt(6 / (in + out)); he: normal, sd sqrt(2 / in); normal: sd init_scale,
/// biases too; uniform: +-init_scale, biases too. automatic: he for relu and gelu, glorot for the
/// others, 0 without hidden layers. Biases are 0 unless it says so.
enum class Initialization { automatic, zero, glorot, he, normal, uniform };

struct TrainOptions {
  std::vector<std::size_t> hidden{};
  HiddenActivation activation = HiddenActivation::tanh;
  Activation output = Activation::softmax;  ///< softmax or sigmoid

  Cost cost = Cost::cross_entropy;
  SquaredOn squared_on = SquaredOn::probabilities;
  SquaredGradient squared_gradient = SquaredGradient::exact;
  double focal_gamma = 2;              ///< >= 0
  double label_smoothing = 0;          ///< in [0, 1]; cross_entropy only
  std::vector<double> class_weight{};  ///< [classes], >= 0; the mean is over the total weight
  double l1 = 0, l2 = 0;               ///< adds l1 |W|_1 + l2 / 2 |W|^2; biases are free
  double dropout = 0;                  ///< share of hidden outputs dropped, in [0, 1)

  Optimizer optimizer = Optimizer::adam;
  /// > 0; 0: sgd 0.1; adam and adamw 0.01 without hidden layers, else 0.001
  double rate = 0;
  double momentum = 0;                ///< sgd, in [0, 1)
  bool nesterov = false;              ///< sgd
  double beta1 = 0.9, beta2 = 0.999;  ///< adam, adamw, in [0, 1)
  double epsilon = 1e-8;              ///< adam, adamw, > 0
  double weight_decay = 0.01;         ///< adamw only, decoupled, of weights, not of biases
  double clip_norm = 0;               ///< of the gradient (2-norm); 0: off
  Schedule schedule = Schedule::constant;
  double schedule_factor = 0.1;       ///< step, in (0, 1]
  std::int64_t schedule_epochs = 30;  ///< step, >= 1
  std::int64_t warmup_epochs = 0;     ///< the rate rises linearly, step by step

  std::int64_t batch = 0;           ///< rows of a step; 0: 32, or all if there are fewer; not lbfgs
  std::int64_t epochs = 0;          ///< 0: 100; lbfgs: iterations, 0: until it converges
  double tolerance = 1e-11;         ///< lbfgs: of the gradient's largest element
  std::int64_t early_stop = 0;      ///< epochs without a better validation loss; 0: off
  std::int64_t evaluate_every = 1;  ///< epochs between looks at all rows; the last is seen

  Initialization init = Initialization::automatic;
  double init_scale = 1;   ///< normal, uniform: > 0
  std::uint64_t seed = 0;  ///< of weights, shuffles, dropout
  int threads = 0;         ///< 0: OpenMP's choice; changes no bit
};

/// The options as train() understands them for so many rows: what 0 stands for is filled in.
TrainOptions with_defaults(const TrainOptions& options, std::size_t rows);

/// Rows to learn from or to look at. x [rows, features] row-major; label [rows], or target
/// [rows, targets] with 0 and 1 (several independent labels).
template <class T>
struct TrainingRows {
  MatrixView<const T> x{};
  Labels label{};
  MatrixView<const float> target{};
};

/// What a network scores on rows.
struct Scores {
  std::int64_t rows = 0;     ///< 0: not looked at; the rest is NaN
  std::int64_t correct = 0;  ///< rows whose largest output is the label; several targets: elements
  double accuracy = std::numeric_limits<double>::quiet_NaN();
  double loss = std::numeric_limits<double>::quiet_NaN();     ///< the cost, mean over the rows
  double loss_se = std::numeric_limits<double>::quiet_NaN();  ///< its standard error
  double cross_entropy = std::numeric_limits<double>::quiet_NaN();  ///< nats, unweighted
  double squared_error = std::numeric_limits<double>::quiet_NaN();  ///< sum over outputs
};

struct EpochRecord {
  std::int64_t epoch = 0;  ///< 1-based: after so many; 0: before the first
  double objective = 0;    ///< training loss and penalties
  Scores training{}, validation{};
  double gradient_norm = 0;  ///< 2-norm, of the epoch's last step (lbfgs: of all rows)
  double rate = 0;           ///< of that step; lbfgs: the step length
  double seconds = 0;        ///< since the start (of this process), not part of any result
  double rows_per_second = 0;
  bool best = false;  ///< the lowest validation loss so far
};

/// Units of a hidden layer that cannot learn, over the training rows.
struct LayerHealth {
  std::size_t units = 0;
  std::size_t dead = 0;        ///< relu: 0 for every row
  double saturated_share = 0;  ///< of outputs of tanh or sigmoid where the slope is < 1 % of its
                               ///< largest
};

enum class TrainStatus {
  finished,       ///< all epochs
  converged,      ///< lbfgs: the tolerance is reached, or no further progress is possible and the
                  ///< gradient's largest element is at most 1e-9
  stalled,        ///< lbfgs: no further progress is possible further away
  not_converged,  ///< lbfgs: epochs ended first
  early_stopped,
  separable,    ///< lbfgs: every row is right and nothing holds the weights: no finite optimum
  diverged,     ///< a loss that is not finite: the network is that of the last good epoch
  interrupted,  ///< `stop` was set; the checkpoint, if any, is written
};

template <class T>
struct TrainResult {
  TrainStatus status = TrainStatus::finished;
  Network<T> network{};         ///< of best_epoch
  std::int64_t epochs = 0;      ///< completed
  std::int64_t best_epoch = 0;  ///< of the lowest validation loss; without validation the last
  /// lbfgs: the gradient's largest element where it ended; else NaN.
  double largest_gradient = std::numeric_limits<double>::quiet_NaN();
  EpochRecord last{};  ///< scores of `network`
  std::vector<EpochRecord> history{};
  std::vector<LayerHealth> health{};  ///< of each hidden layer
  double confidently_wrong = 0;  ///< share of training rows (sigmoid: outputs) with |p - t| > .9
};

/// What happens beside the training. None of it changes a result.
struct TrainHooks {
  std::function<void(const EpochRecord&)> on_epoch{};  ///< every epoch that was looked at
  std::function<void(const std::string&)> on_checkpoint{};
  /// Told of a checkpoint that could not be written; training goes on and tries the next. Empty:
  /// the error ends the training.
  std::function<void(const IoError&)> on_checkpoint_failed{};
  const std::atomic<bool>* stop = nullptr;  ///< set: the step is finished, then training ends
  std::atomic<std::int64_t>* rows_done = nullptr;  ///< training rows seen, for progress
  std::string checkpoint{};                        ///< file; "": none
  std::int64_t checkpoint_epochs = 0;  ///< every so many; 0: only at the end and when stopped
  double checkpoint_seconds = 0;       ///< or every so many; 0: off
  std::string resume{};                ///< a checkpoint to go on from
};

/// Trains a network by back-propagation.
///
/// Shapes   training.x [rows, features]; validation.x empty or [rows, features]
/// Classes  `classes` >= 2 outputs with softmax; sigmoid: one output for two classes, one a class
///          for more; with `target`: classes = targets, sigmoid
/// Repeat   the same options, rows and library on the same machine give the same bits, for every
///          number of threads. Training is in T; losses are f64; lbfgs wants T = double.
/// Memory   besides the rows a copy of the labels, and up to 16 gradients, one a lane of rows
/// Resume   gives the bits of the uninterrupted run (lbfgs: the same objective within 1e-9)
/// Errors   ValueError naming the option, its value and range, shapes, labels, values (NaN, inf);
///          a checkpoint of other options, rows or another `start`; DataError: a damaged
///          checkpoint; IoError: the previous checkpoint is left whole
/// Source   docs/math.md#training
template <class T>
TrainResult<T> train(const TrainingRows<T>& training, std::size_t classes,
                     const TrainOptions& options, const TrainingRows<T>& validation = {},
                     const TrainHooks& hooks = {}, const Network<T>* start = nullptr);

/// Looks at rows with a network: what Scores holds, under the cost of `options`.
template <class T>
Scores score(const Network<T>& network, const TrainingRows<T>& rows, const TrainOptions& options);

/// The lowest cross-entropy of a model that knows only the frequencies: H(y); sigmoid outputs: the
/// sum of their binary entropies. Nats.
template <class T>
double baseline(const TrainingRows<T>& rows, std::size_t classes, Activation output);

}  // namespace crossent
