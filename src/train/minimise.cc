// L-BFGS by liblbfgs (Nocedal, 1980; OWL-QN for l1: Andrew & Gao, ICML 2007).
#include <lbfgs.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <new>

#include "core/compensated.h"
#include "kernels/update.h"
#include "train/session.h"

namespace crossent::training {
namespace {

// Nine digits of the objective are certain from here on.
constexpr double kConverged = 1e-9;

class Minimisation {
 public:
  explicit Minimisation(Session<double>& session)
      : session_(session),
        options_(session.plan().options),
        state_(session.state()),
        n_(state_.network.parameters.size()),
        x_(lbfgs_malloc(static_cast<int>(n_)), lbfgs_free) {
    if (!x_) throw std::bad_alloc();
  }

  // A line search ends where the objective's rounding hides the way down. Begun anew it sees the
  // difference from where it begins, which has digits of its own, and comes further.
  void run() {
    double before = std::numeric_limits<double>::infinity();
    for (;;) {
      const int outcome = descend();
      if (thrown_) std::rethrow_exception(thrown_);
      if (state_.ended || session_.stop_requested()) return;
      const double now = state_.largest_gradient;
      const bool at_minimum = outcome == LBFGS_SUCCESS || outcome == LBFGS_ALREADY_MINIMIZED;
      if (at_minimum || !(now < 0.9 * before)) {
        return end(at_minimum || now <= kConverged ? TrainStatus::converged : TrainStatus::stalled);
      }
      before = now;
      std::copy_n(x_.get(), n_, state_.network.parameters.begin());
    }
  }

 private:
  void end(TrainStatus status) {
    state_.ended = true;
    state_.status = status;
  }

  int descend() {
    const std::vector<double>& start = state_.network.parameters;
    std::copy(start.begin(), start.end(), x_.get());
    origin_ = start;
    origin_cost_ = totals_.cost;
    first_epoch_ = state_.epoch;
    lbfgs_parameter_t parameter;
    lbfgs_parameter_init(&parameter);
    parameter.m = 10;
    parameter.epsilon = 0;  // judged by the gradient's largest element, in progress()
    parameter.max_linesearch = 50;
    if (options_.l1 > 0) {
      parameter.orthantwise_c = options_.l1;
      parameter.orthantwise_start = 0;
      parameter.orthantwise_end = static_cast<int>(session_.plan().architecture.weights());
      parameter.linesearch = LBFGS_LINESEARCH_BACKTRACKING;
    }
    return lbfgs(static_cast<int>(n_), x_.get(), nullptr, evaluate_at, on_progress, this,
                 &parameter);
  }

  static double evaluate_at(void* self, const double* x, double* g, int, double) {
    return static_cast<Minimisation*>(self)->evaluate(x, g);
  }
  static int on_progress(void* self, const double* x, const double* g, double, double, double,
                         double step, int, int k, int) {
    return static_cast<Minimisation*>(self)->progress(x, g, step, k);
  }

  // No exception may pass through liblbfgs: it is kept until lbfgs() has returned.
  double evaluate(const double* x, double* g) noexcept {
    try {
      const auto& rows = session_.training();
      std::copy_n(x, n_, state_.network.parameters.begin());
      const double count = static_cast<double>(rows.rows.rows) * rows.mean_weight;
      totals_ =
          session_.pass().gradient(state_.network, rows.rows, 1 / count, {}, {g, n_}, origin_cost_);
      session_.count_rows(rows.rows.rows);
      const std::size_t weights = session_.plan().architecture.weights();
      loss_ = totals_.cost / count;
      double value = totals_.beyond / count;
      if (options_.l2 > 0) {
        kernels::add_penalties(0, options_.l2, g, x, weights);
        value += options_.l2 / 2 * difference_of_squares(x, weights);
      }
      return value;  // l1 is OWL-QN's own
    } catch (...) {
      thrown_ = std::current_exception();
      return std::numeric_limits<double>::quiet_NaN();
    }
  }

  // |x|^2 - |origin|^2.
  double difference_of_squares(const double* x, std::size_t n) const {
    CompensatedSum sum;
    for (std::size_t i = 0; i < n; ++i) sum.add((x[i] - origin_[i]) * (x[i] + origin_[i]));
    return sum.value();
  }

  // The gradient's element; where l1 has a kink, what is left of it beyond l1.
  double slope(const double* x, const double* g, std::size_t i) const {
    if (options_.l1 == 0 || i >= session_.plan().architecture.weights()) return std::abs(g[i]);
    if (x[i] != 0) return std::abs(g[i] + std::copysign(options_.l1, x[i]));
    return std::max(0.0, std::abs(g[i]) - options_.l1);
  }

  int progress(const double* x, const double* g, double step, int iteration) noexcept {
    try {
      if (thrown_) return 1;
      double largest = 0, squares = 0;
      for (std::size_t i = 0; i < n_; ++i) {
        const double s = slope(x, g, i);
        largest = std::max(largest, s);
        squares += s * s;
      }
      std::copy_n(x, n_, state_.network.parameters.begin());
      state_.epoch = first_epoch_ + iteration;
      state_.gradient_norm = std::sqrt(squares);
      state_.rate = step;
      state_.largest_gradient = largest;
      const Scores scores = known_scores();
      if (!session_.end_epoch(&scores))
        end(TrainStatus::diverged);
      else if (largest <= options_.tolerance)
        end(TrainStatus::converged);
      else if (is_separated())
        end(TrainStatus::separable);
      else if (options_.epochs > 0 && state_.epoch >= options_.epochs)
        end(TrainStatus::not_converged);
      else if (session_.out_of_patience())
        end(TrainStatus::early_stopped);
      else
        session_.checkpoint(false);
      return state_.ended || session_.stop_requested() ? 1 : 0;
    } catch (...) {
      thrown_ = std::current_exception();
      return 1;
    }
  }

  // What evaluate() found at this point; the squared error would need the rows once more.
  Scores known_scores() const {
    const CostSpec& spec = session_.plan().spec;
    const auto& rows = session_.training().rows;
    Scores scores;
    scores.rows = static_cast<std::int64_t>(rows.rows);
    scores.correct = totals_.hits.correct;
    scores.accuracy = static_cast<double>(totals_.hits.correct) /
                      static_cast<double>(rows.rows * std::max<std::size_t>(spec.targets, 1));
    scores.loss = loss_;
    if (spec == spec.plain_cross_entropy()) scores.cross_entropy = loss_;
    return scores;
  }

  // All rows on the right side, and nothing holds the weights: larger ones are always better.
  bool is_separated() const {
    const CostSpec& spec = session_.plan().spec;
    return options_.l1 == 0 && options_.l2 == 0 && spec.cost != Cost::squared_error &&
           spec.label_smoothing == 0 &&
           totals_.hits.separated == static_cast<std::int64_t>(session_.training().rows.rows);
  }

  Session<double>& session_;
  const TrainOptions& options_;
  State<double>& state_;
  std::size_t n_;
  std::unique_ptr<double, void (*)(double*)> x_;
  std::int64_t first_epoch_ = 0;
  std::vector<double> origin_;  // where this descent began
  double origin_cost_ = 0;
  Totals totals_;
  double loss_ = 0;
  std::exception_ptr thrown_;
};

}  // namespace

void minimise(Session<double>& session) { Minimisation(session).run(); }
void minimise(Session<float>&) {}  // make_plan refuses it

}  // namespace crossent::training
