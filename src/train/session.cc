#include "train/session.h"

#include <cmath>

#include "core/refuse.h"
#include "io/output_file.h"
#include "kernels/update.h"
#include "train/checkpoint.h"

namespace crossent::training {

template <class T>
Session<T>::Session(const Plan& plan, const TrainingRows<T>& training,
                    const TrainingRows<T>& validation, const TrainHooks& hooks,
                    const Network<T>* start)
    : plan_(plan),
      hooks_(hooks),
      training_(check_rows(training, plan.spec, plan.architecture.inputs, "training")),
      pass_(plan.architecture, plan.spec, plan.options.threads) {
  if (validation.x.rows > 0)
    validation_ = check_rows(validation, plan.spec, plan.architecture.inputs, "validation");
  if (start != nullptr) check_start(*start);
  state_.network = start ? *start : initial_network<T>(plan);
  state_.kept = state_.network.parameters;
  if (hooks.resume.empty() && hooks.checkpoint.empty()) return;
  // A place that cannot be written is found before the work, not after it.
  if (!hooks.checkpoint.empty()) io::OutputFile probe(hooks.checkpoint);
  identity_ = identity_of(plan, training_, validation_, start);
  if (hooks.resume.empty()) return;
  load_checkpoint(hooks.resume, identity_, plan, training_.rows.rows, &state_);
  saved_epoch_ = state_.epoch;
  if (hooks.on_epoch)
    for (const EpochRecord& record : state_.history) hooks.on_epoch(record);
}

template <class T>
void Session<T>::check_start(const Network<T>& start) const {
  if (!(start.architecture == plan_.architecture))
    refuse("train", "start", "start has another architecture than the options ask for");
  check_network("train", "start", start);
  const std::vector<T>& w = start.parameters;
  if (!std::isfinite(kernels::sum_of_magnitudes(w.data(), w.size())))
    refuse("train", "start", "start has a parameter that is not finite");
}

template <class T>
double Session<T>::penalties() const {
  const TrainOptions& o = plan_.options;
  const T* w = state_.network.parameters.data();
  const std::size_t n = plan_.architecture.weights();
  double sum = 0;
  if (o.l1 > 0) sum += o.l1 * kernels::sum_of_magnitudes(w, n);
  if (o.l2 > 0) sum += o.l2 / 2 * kernels::sum_of_squares(w, n);
  return sum;
}

template <class T>
const Scores& Session<T>::look_at_training(Look& look) {
  return look.training =
             evaluate(pass_, state_.network, training_.rows, training_.mean_weight, &look.health);
}

template <class T>
Scores Session<T>::look_at_validation() {
  if (validation_.rows.rows == 0) return {};
  return evaluate(pass_, state_.network, validation_.rows, validation_.mean_weight);
}

template <class T>
bool Session<T>::end_epoch(const Scores* known) {
  const TrainOptions& o = plan_.options;
  const bool has_validation = validation_.rows.rows > 0;
  const std::vector<T>& w = state_.network.parameters;
  if (state_.epoch % o.evaluate_every != 0 && state_.epoch != o.epochs && !known) {
    if (!std::isfinite(kernels::sum_of_magnitudes(w.data(), w.size()))) return false;
    if (!has_validation) keep();
    return true;
  }
  EpochRecord record;
  record.epoch = state_.epoch;
  Look look;
  record.training = known ? *known : look_at_training(look);
  record.objective = record.training.loss + penalties();
  if (!std::isfinite(record.objective)) return false;
  if (has_validation) {
    record.validation = look.validation = look_at_validation();
    if (!std::isfinite(record.validation.loss)) return false;
  }
  record.gradient_norm = state_.gradient_norm;
  record.rate = state_.rate;
  record.seconds = seconds();
  record.rows_per_second = rows_seen_ / record.seconds;
  record.best = has_validation && record.validation.loss < state_.kept_loss;
  if (record.best) state_.kept_loss = record.validation.loss;
  if (record.best || !has_validation) {
    keep();
    if (!known) kept_look_ = std::move(look);
  }
  state_.history.push_back(record);
  if (hooks_.on_epoch) hooks_.on_epoch(record);
  return true;
}

template <class T>
void Session<T>::keep() {
  state_.kept_epoch = state_.epoch;
  state_.kept = state_.network.parameters;
  kept_look_.reset();
}

template <class T>
bool Session<T>::out_of_patience() const {
  const bool looked = !state_.history.empty() && state_.history.back().epoch == state_.epoch;
  return looked && plan_.options.early_stop > 0 &&
         state_.epoch - state_.kept_epoch >= plan_.options.early_stop;
}

template <class T>
void Session<T>::checkpoint(bool now) {
  if (hooks_.checkpoint.empty()) return;
  const bool by_epoch = hooks_.checkpoint_epochs > 0 && state_.step == 0 &&
                        state_.epoch >= saved_epoch_ + hooks_.checkpoint_epochs;
  const bool by_time =
      hooks_.checkpoint_seconds > 0 &&
      std::chrono::duration<double>(Clock::now() - saved_).count() >= hooks_.checkpoint_seconds;
  if (!now && !by_epoch && !by_time) return;
  // Also after a failure: the next try comes when the next checkpoint is due.
  saved_epoch_ = state_.epoch;
  try {
    save_checkpoint(hooks_.checkpoint, identity_, state_);
    saved_ = Clock::now();
  } catch (const IoError& e) {
    if (!hooks_.on_checkpoint_failed) throw;
    saved_ = Clock::now();
    hooks_.on_checkpoint_failed(e);
    return;
  }
  if (hooks_.on_checkpoint) hooks_.on_checkpoint(hooks_.checkpoint);
}

template <class T>
TrainResult<T> Session<T>::run() {
  if (!state_.ended) {
    if (plan_.lbfgs())
      minimise(*this);
    else
      descend(*this);
    checkpoint(true);
  }
  return result();
}

template <class T>
TrainResult<T> Session<T>::result() {
  // Stopped before the first look at the validation rows: nothing is known to be better.
  if (state_.history.empty() && !state_.ended) keep();
  TrainResult<T> r;
  r.status = state_.ended ? state_.status : TrainStatus::interrupted;
  r.network = {plan_.architecture, state_.kept};
  r.epochs = state_.epoch;
  r.best_epoch = state_.kept_epoch;
  r.largest_gradient = state_.largest_gradient;
  r.history = state_.history;
  state_.network.parameters = state_.kept;
  r.last.epoch = state_.kept_epoch;
  if (!kept_look_) {  // resumed, or what the optimiser knew was less
    kept_look_.emplace();
    look_at_training(*kept_look_);
    kept_look_->validation = look_at_validation();
  }
  r.last.training = kept_look_->training;
  r.last.validation = kept_look_->validation;
  r.last.objective = r.last.training.loss + penalties();
  r.last.gradient_norm = state_.gradient_norm;
  r.last.rate = state_.rate;
  r.last.seconds = seconds();
  r.last.rows_per_second = rows_seen_ / r.last.seconds;
  r.health = kept_look_->health.layers;
  r.confidently_wrong = kept_look_->health.confidently_wrong;
  return r;
}

template class Session<float>;
template class Session<double>;

}  // namespace crossent::training
