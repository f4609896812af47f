// L-BFGS by liblbfgs (Nocedal, 1980; OWL-QN for l1: Andrew & Gao, ICML 2007).
#include <lbfgs.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <new>

#include "core/compensated.h"
#include "kernels/update.h"
#include "train/conditioning.h"
#include "train/session.h"

namespace crossent::training {
namespace {

// Nine digits of the objective are certain from here on.
constexpr double kConverged = 1e-9;

// l1 wants the weights themselves: its kinks are where they are 0.
Conditioning conditioning_of(const Session<double>& session) {
  const Plan& plan = session.plan();
  const auto outputs = static_cast<double>(plan.architecture.outputs);
  if (plan.options.l1 > 0) return Conditioning(plan.architecture);
  const double curvature =
      plan.spec.output == Activation::softmax ? (1 - 1 / outputs) / outputs : 0.25;
  return {plan.architecture, session.training().rows, curvature, plan.options.l2,
          plan.options.threads};
}

class Minimisation {
 public:
  explicit Minimisation(Session<double>& session)
      : session_(session),
        options_(session.plan().options),
        state_(session.state()),
        n_(state_.network.parameters.size()),
        conditioning_(conditioning_of(session)),
        gradient_(n_),
        x_(lbfgs_malloc(static_cast<int>(n_)), lbfgs_free) {
    if (!x_) throw std::bad_alloc();
  }

  // A line search ends where the objective's rounding hides the way down; the gradient still shows
  // it. Begun anew, the objective is what the gradients say of the way from there.
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
      conditioning_.parameters(x_.get(), state_.network.parameters);
    }
  }

 private:
  void end(TrainStatus status) {
    state_.ended = true;
    state_.status = status;
  }

  int descend() {
    const std::vector<double>& start = state_.network.parameters;
    conditioning_.coordinates(start, x_.get());
    anew_ = !origin_.empty();
    origin_.clear();
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
  static int on_progress(void* self, const double*, const double*, double, double, double,
                         double step, int, int k, int) {
    return static_cast<Minimisation*>(self)->progress(step, k);
  }

  // No exception may pass through liblbfgs: it is kept until lbfgs() has returned.
  double evaluate(const double* x, double* g) noexcept {
    try {
      const auto& rows = session_.training();
      std::vector<double>& w = state_.network.parameters;
      conditioning_.parameters(x, w);
      const double count = static_cast<double>(rows.rows.rows) * rows.mean_weight;
      totals_ = session_.pass().gradient(state_.network, rows.rows, 1 / count, {}, gradient_);
      session_.count_rows(rows.rows.rows);
      const std::size_t weights = session_.plan().architecture.weights();
      loss_ = totals_.cost / count;
      double value = loss_;
      if (options_.l2 > 0) {
        kernels::add_penalties(0, options_.l2, gradient_.data(), w.data(), weights);
        value += options_.l2 / 2 * kernels::sum_of_squares(w.data(), weights);
      }
      conditioning_.gradient(gradient_, g);
      if (origin_.empty()) {
        origin_ = w;
        origin_gradient_ = gradient_;
      }
      return anew_ ? way() : value;  // l1 is OWL-QN's own
    } catch (...) {
      thrown_ = std::current_exception();
      return std::numeric_limits<double>::quiet_NaN();
    }
  }

  // The objective less that of the origin, by the trapezoidal rule: the third power of the distance
  // is what it leaves out.
  double way() const {
    CompensatedSum sum;
    for (std::size_t i = 0; i < n_; ++i)
      sum.add((state_.network.parameters[i] - origin_[i]) * (gradient_[i] + origin_gradient_[i]) /
              2);
    return sum.value();
  }

  // The gradient's element; where l1 has a kink, what is left of it beyond l1.
  double slope(std::size_t i) const {
    const double g = gradient_[i], w = state_.network.parameters[i];
    if (options_.l1 == 0 || i >= session_.plan().architecture.weights()) return std::abs(g);
    if (w != 0) return std::abs(g + std::copysign(options_.l1, w));
    return std::max(0.0, std::abs(g) - options_.l1);
  }

  // liblbfgs goes on from the point that evaluate() saw last.
  int progress(double step, int iteration) noexcept {
    try {
      if (thrown_) return 1;
      double largest = 0, squares = 0;
      for (std::size_t i = 0; i < n_; ++i) {
        const double s = slope(i);
        largest = std::max(largest, s);
        squares += s * s;
      }
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
  Conditioning conditioning_;
  std::vector<double> gradient_;  // to the parameters, where evaluate() was last
  std::unique_ptr<double, void (*)(double*)> x_;
  std::int64_t first_epoch_ = 0;
  bool anew_ = false;                             // this descent goes on where another had to end
  std::vector<double> origin_, origin_gradient_;  // where it began
  Totals totals_;
  double loss_ = 0;
  std::exception_ptr thrown_;
};

}  // namespace

void minimise(Session<double>& session) { Minimisation(session).run(); }
void minimise(Session<float>&) {}  // make_plan refuses it

}  // namespace crossent::training
