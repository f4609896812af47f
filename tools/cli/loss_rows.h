#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli/lists.h"
#include "crossent/options.h"

// The numbers of `crossent loss`, computed by the library; text and JSON are made from them.
namespace crossent::cli {

/// Whether f64 has not all digits of x, or none: 0 and what is below 2.2e-308.
inline bool tiny(double x) { return std::fabs(x) < std::numeric_limits<double>::min(); }

/// What was asked, checked and read.
struct LossQuestion {
  Kind kind = Kind::probabilities;
  bool binary = false, normalize = false;
  double smoothing = 0;
  std::int64_t first_label = 0;      ///< --labels-from: the number that the first class is shown by
  List values;                       ///< --probs, --logits or --log-probs
  List target;                       ///< --target; not given with labels
  std::vector<std::int64_t> labels;  ///< 0-based; empty with --target
  std::size_t rows() const;
  std::size_t classes() const { return binary ? 2 : values.cols(); }
};

/// One row. A binary row has one output: p, t, the gradients have one element.
struct LossRow {
  std::vector<Number> given;                ///< as typed
  std::vector<double> p, t;                 ///< probabilities, target (after smoothing)
  std::vector<std::string> p_text, t_text;  ///< as typed where they were
  std::optional<std::int64_t> label;  ///< the class that has the whole target (before smoothing)
  double loss = 0;                    ///< nats
  std::optional<double> log_loss;     ///< ln of a loss that is tiny
  std::vector<double> log_p;          ///< ln p, where p was not typed; it does not underflow
  double p_true = 0;                  ///< where there is a label
  std::int64_t predicted = 0;
  std::optional<bool> correct;
  double entropy = 0;                                    ///< H(p), nats
  double target_entropy = 0;                             ///< H(t), nats: no model has a lower loss
  double divergence = 0;                                 ///< KL(t||p) = loss - H(t), nats
  double squared_error = 0;                              ///< sum over outputs (binary: (p - y)^2)
  std::vector<double> gradient, squared_error_gradient;  ///< to the logits
  double curvature = 0, squared_error_curvature = 0;     ///< binary: of CE, of half the square
};

struct LossAnswer {
  std::vector<LossRow> rows;
  double sum = 0, mean = 0;              ///< nats
  std::optional<double> log_sum;         ///< ln of a sum that is tiny
  double uniform = 0;                    ///< ln C
  std::int64_t labelled = 0, right = 0;  ///< rows whose answer is right or wrong, and right
};

LossAnswer compute(const LossQuestion& question);

/// The mean loss alone, nats.
double mean_loss(const LossQuestion& question);

}  // namespace crossent::cli
