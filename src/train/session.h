#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "train/evaluate.h"
#include "train/plan.h"

namespace crossent::training {

/// Everything that the next step depends on: what a checkpoint holds.
template <class T>
struct State {
  Network<T> network{};
  std::vector<T> velocity{}, squares{};  ///< momentum or Adam's moments
  std::int64_t epoch = 0;                ///< completed
  std::int64_t step = 0;                 ///< taken in the epoch after it
  std::int64_t steps = 0;                ///< taken in all
  double gradient_norm = 0, rate = 0;    ///< of the last step
  double largest_gradient = std::numeric_limits<double>::quiet_NaN();  ///< element; lbfgs only
  std::vector<T> kept{};  ///< the parameters of kept_epoch
  std::int64_t kept_epoch = 0;
  double kept_loss = std::numeric_limits<double>::infinity();  ///< on validation
  std::vector<EpochRecord> history{};
  bool ended = false;
  TrainStatus status = TrainStatus::interrupted;  ///< once ended
};

/// What a training is, as names and texts: its options, a checksum of its rows and of the numbers
/// that it was given to begin with (`start`, may be null). A checkpoint goes on only with the same.
using Identity = std::vector<std::pair<std::string, std::string>>;
template <class T>
Identity identity_of(const Plan& plan, const CheckedRows<T>& training,
                     const CheckedRows<T>& validation, const Network<T>* start);

/// One training: its rows, its state, and what happens around steps and epochs.
template <class T>
class Session {
 public:
  Session(const Plan& plan, const TrainingRows<T>& training, const TrainingRows<T>& validation,
          const TrainHooks& hooks, const Network<T>* start);

  TrainResult<T> run();

  /// Looks at all rows after state().epoch epochs, tells the hooks, keeps the best network.
  /// `known`: training scores that the optimiser has already. False: the loss is not finite.
  bool end_epoch(const Scores* known);
  /// Writes the checkpoint when its time has come (or `now`).
  void checkpoint(bool now);
  bool stop_requested() const { return hooks_.stop && hooks_.stop->load(); }
  void count_rows(std::size_t rows) {
    if (hooks_.rows_done) *hooks_.rows_done += static_cast<std::int64_t>(rows);
    rows_seen_ += static_cast<double>(rows);
  }
  /// Whether the epoch that was just looked at is the last one to wait for.
  bool out_of_patience() const;
  /// l1 |W|_1 + l2 / 2 |W|^2.
  double penalties() const;

  const Plan& plan() const { return plan_; }
  State<T>& state() { return state_; }
  Pass<T>& pass() { return pass_; }
  const CheckedRows<T>& training() const { return training_; }

 private:
  using Clock = std::chrono::steady_clock;
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  void check_start(const Network<T>& start) const;
  void keep();
  TrainResult<T> result();

  // What the network does on all rows.
  struct Look {
    Scores training, validation;
    Health health;
  };
  const Scores& look_at_training(Look& look);
  Scores look_at_validation();

  const Plan& plan_;
  const TrainHooks& hooks_;
  CheckedRows<T> training_, validation_;
  Pass<T> pass_;
  State<T> state_;
  std::optional<Look> kept_look_;  // of state_.kept
  Identity identity_;              // with a checkpoint only
  Clock::time_point begin_ = Clock::now(), saved_ = begin_;
  double rows_seen_ = 0;
  std::int64_t saved_epoch_ = 0;
};

/// sgd, adam, adamw: steps over shuffled batches until the state has ended.
template <class T>
void descend(Session<T>& session);

/// L-BFGS over all rows until the state has ended.
void minimise(Session<double>& session);
void minimise(Session<float>& session);

}  // namespace crossent::training
