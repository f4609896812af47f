#include <algorithm>
#include <cmath>

#include "core/logistic.h"
#include "core/refuse.h"
#include "core/statistics_rows.h"
#include "kernels/math.h"

namespace crossent {

// One column: the second class's value x.
void RowScorer::binary_row(double x, Kind kind, std::int64_t row, RowScore& s) const {
  const bool positive = s.label == 1;
  double p = x, loss_0, loss_1, miss;
  if (kind == Kind::logits) {
    if (std::isnan(x)) refuse_value("statistics", "x", x, "is not a number", row, 0);
    p = sigmoid(x);
    loss_0 = softplus(x), loss_1 = softplus(-x);
    miss = sigmoid(positive ? -x : x);
    s.predicted = x > 0;
    s.confidence = sigmoid(std::fabs(x));
    s.p_true = sigmoid(positive ? x : -x);
    s.distribution = x >= 0 && x <= 1;
  } else {
    const bool logs = kind == Kind::log_probabilities;
    if (logs ? !(x <= tolerance_) : !(x >= 0 && x <= 1))
      refuse_value("statistics", "x", x,
                   logs ? "is no log-probability: it is above 0" : "is outside [0, 1]", row, 0);
    if (logs) x = std::min(x, 0.0), p = kernels::exp(x);
    loss_1 = logs ? -x : -kernels::log(p);
    loss_0 = logs && x > -0.5 ? -kernels::log(-kernels::expm1(x)) : -kernels::log1p(-p);
    miss = positive ? 1 - p : p;
    s.predicted = p > 0.5;
    s.confidence = std::max(p, 1 - p);
    s.p_true = positive ? p : 1 - p;
    s.hard = p == 0 || p == 1;
    s.distribution = true;
  }
  s.loss = 0.0 + (positive ? loss_1 : loss_0);  // 0.0 + -0.0 is 0.0
  s.brier = miss * miss;
  s.place = s.predicted != s.label;
  s.loss_down = 0.0 + loss_0;  // of label 1 read as 0; meaningless for label 0
  s.loss_up = 0.0 + loss_1;
  s.like = like_loss(options_.like, single_, true, p, 1, s.label);
}

}  // namespace crossent
