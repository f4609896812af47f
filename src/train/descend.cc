// Stochastic gradient descent and its relatives.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/update.h"
#include "train/random.h"
#include "train/session.h"

namespace crossent::training {
namespace {

// Epoch e sees the rows in an order that depends on seed and e alone.
std::vector<std::uint32_t> shuffled(std::size_t rows, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  Random random(seed, Stream::shuffle, static_cast<std::uint64_t>(epoch));
  for (std::size_t i = rows; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

template <class T>
class Descent {
 public:
  explicit Descent(Session<T>& session)
      : session_(session),
        options_(session.plan().options),
        state_(session.state()),
        gradient_(state_.network.parameters.size()) {
    const bool adam = options_.optimizer != Optimizer::sgd;
    if (adam || options_.momentum > 0) state_.velocity.resize(gradient_.size());
    if (adam) state_.squares.resize(gradient_.size());
  }

  void run() {
    while (!state_.ended) {
      if (!run_epoch()) return;
      const bool good = session_.end_epoch(nullptr);
      if (!good)
        end(TrainStatus::diverged);
      else if (state_.epoch == options_.epochs)
        end(TrainStatus::finished);
      else if (session_.out_of_patience())
        end(TrainStatus::early_stopped);
      else
        session_.checkpoint(false);
    }
  }

 private:
  void end(TrainStatus status) {
    state_.ended = true;
    state_.status = status;
  }

  // False: stopped, or diverged.
  bool run_epoch() {
    const std::size_t rows = session_.training().rows.rows;
    const auto batch = static_cast<std::size_t>(options_.batch);
    const auto steps = static_cast<std::int64_t>((rows + batch - 1) / batch);
    // A batch of all rows needs no order.
    std::vector<std::uint32_t> order;
    if (steps > 1) order = shuffled(rows, options_.seed, state_.epoch);
    while (state_.step < steps) {
      if (session_.stop_requested()) return false;
      const std::size_t begin = static_cast<std::size_t>(state_.step) * batch;
      const std::size_t count = std::min(batch, rows - begin);
      RowSet<T> part = session_.training().rows;
      part.rows = count;
      if (steps > 1) part.index = std::span(order).subspan(begin, count);
      if (!take_step(part, session_.plan().rate(state_.epoch, state_.step, steps))) {
        end(TrainStatus::diverged);
        return false;
      }
      ++state_.step;
      session_.count_rows(count);
      if (state_.step < steps) session_.checkpoint(false);
    }
    state_.step = 0;
    ++state_.epoch;
    return true;
  }

  bool take_step(const RowSet<T>& rows, double rate) {
    const auto step = static_cast<std::uint64_t>(state_.steps);
    const double factor = 1 / (static_cast<double>(rows.rows) * session_.training().mean_weight);
    const Totals totals = session_.pass().gradient(
        state_.network, rows, factor, {options_.dropout, options_.seed, step}, gradient_);
    if (!std::isfinite(totals.cost)) return false;
    std::vector<T>& w = state_.network.parameters;
    if (options_.l1 > 0 || options_.l2 > 0)
      kernels::add_penalties(options_.l1, options_.l2, gradient_.data(), w.data(),
                             session_.plan().architecture.weights());
    const double norm = std::sqrt(kernels::sum_of_squares(gradient_.data(), gradient_.size()));
    if (options_.clip_norm > 0 && norm > options_.clip_norm)
      kernels::scale(options_.clip_norm / norm, gradient_.data(), gradient_.size());
    ++state_.steps;
    state_.gradient_norm = norm;
    state_.rate = rate;
    update(rate);
    return true;
  }

  void update(double rate) {
    std::vector<T>& w = state_.network.parameters;
    if (options_.optimizer == Optimizer::sgd) {
      const kernels::SgdStep step{rate, options_.momentum, options_.nesterov};
      for_each_range(w.size(), options_.threads, [&](std::size_t begin, std::size_t end) {
        T* v = state_.velocity.empty() ? nullptr : state_.velocity.data() + begin;
        kernels::sgd(step, w.data() + begin, v, gradient_.data() + begin, end - begin);
      });
      return;
    }
    const auto t = static_cast<double>(state_.steps);
    kernels::AdamStep step;
    step.beta1 = options_.beta1;
    step.beta2 = options_.beta2;
    step.rate = rate / (1 - std::pow(options_.beta1, t));
    step.v_factor = 1 / std::sqrt(1 - std::pow(options_.beta2, t));
    step.epsilon = options_.epsilon;
    const std::size_t weights = session_.plan().architecture.weights();
    const auto apply = [&](std::size_t begin, std::size_t end) {
      kernels::adam(step, w.data() + begin, state_.velocity.data() + begin,
                    state_.squares.data() + begin, gradient_.data() + begin, end - begin);
    };
    if (options_.optimizer == Optimizer::adamw) step.decay = 1 - rate * options_.weight_decay;
    for_each_range(weights, options_.threads, apply);
    step.decay = 1;  // biases are free
    apply(weights, w.size());
  }

  Session<T>& session_;
  const TrainOptions& options_;
  State<T>& state_;
  std::vector<T> gradient_;
};

}  // namespace

template <class T>
void descend(Session<T>& session) {
  Descent<T>(session).run();
}

template void descend<float>(Session<float>&);
template void descend<double>(Session<double>&);

}  // namespace crossent::training
