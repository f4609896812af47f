// What a training is: the options that decide its bits, and its rows.
#include <zlib.h>

#include <algorithm>
#include <initializer_list>

#include "core/refuse.h"
#include "train/session.h"

namespace crossent::training {
namespace {

std::string text(double value) { return number_text(value); }
std::string text(std::int64_t value) { return std::to_string(value); }
std::string text(std::uint64_t value) { return std::to_string(value); }
std::string text(bool value) { return value ? "true" : "false"; }
std::string text(HiddenActivation value) { return std::string(activation_name(value)); }
std::string text(Activation value) { return std::string(activation_name(value)); }

// The value's name, of names in the order of the enumeration.
template <class E>
std::string name_of(E value, std::initializer_list<const char*> names) {
  return names.begin()[static_cast<std::size_t>(value)];
}
std::string text(Cost value) { return name_of(value, {"cross-entropy", "squared error", "focal"}); }
std::string text(SquaredOn value) { return name_of(value, {"probabilities", "logits"}); }
std::string text(SquaredGradient value) { return name_of(value, {"exact", "diagonal"}); }
std::string text(Optimizer value) { return name_of(value, {"sgd", "adam", "adamw", "lbfgs"}); }
std::string text(Schedule value) { return name_of(value, {"constant", "step", "cosine"}); }
std::string text(Initialization value) {
  return name_of(value, {"automatic", "zero", "glorot", "he", "normal", "uniform"});
}

template <class V>
std::string text(const std::vector<V>& values) {
  std::string all;
  for (const V& v : values) all += (all.empty() ? "" : ",") + text(v);
  return all.empty() ? "none" : all;
}

unsigned long checksum(unsigned long before, const void* data, std::size_t bytes) {
  return crc32_z(before, static_cast<const unsigned char*>(data), bytes);
}

template <class T>
std::string rows_text(const CheckedRows<T>& checked, std::size_t features) {
  const RowSet<T>& rows = checked.rows;
  unsigned long sum =
      checksum(0, checked.label.data(), checked.label.size() * sizeof(std::int32_t));
  sum = checksum(sum, checked.target.data(), checked.target.size() * sizeof(float));
  for (std::size_t i = 0; i < rows.rows; ++i)
    sum =
        checksum(sum, rows.x + static_cast<std::ptrdiff_t>(i) * rows.stride, features * sizeof(T));
  return std::to_string(rows.rows) + " rows, checksum " + std::to_string(sum);
}

template <class T>
std::string numbers_text(const std::vector<T>& numbers) {
  return "checksum " + std::to_string(checksum(0, numbers.data(), numbers.size() * sizeof(T)));
}

}  // namespace

template <class T>
Identity identity_of(const Plan& plan, const CheckedRows<T>& training,
                     const CheckedRows<T>& validation, const Network<T>* start) {
  const TrainOptions& o = plan.options;
  const std::size_t features = plan.architecture.inputs;
  return {{"precision", sizeof(T) == 4 ? "f32" : "f64"},
          {"classes",
           std::to_string(plan.spec.targets > 0 ? plan.spec.targets
                                                : std::max<std::size_t>(plan.spec.outputs, 2))},
          {"hidden", text(o.hidden)},
          {"activation", text(o.activation)},
          {"output", text(o.output)},
          {"cost", text(o.cost)},
          {"squared_on", text(o.squared_on)},
          {"squared_gradient", text(o.squared_gradient)},
          {"focal_gamma", text(o.focal_gamma)},
          {"label_smoothing", text(o.label_smoothing)},
          {"class_weight", text(o.class_weight)},
          {"l1", text(o.l1)},
          {"l2", text(o.l2)},
          {"dropout", text(o.dropout)},
          {"optimizer", text(o.optimizer)},
          {"rate", text(o.rate)},
          {"momentum", text(o.momentum)},
          {"nesterov", text(o.nesterov)},
          {"beta1", text(o.beta1)},
          {"beta2", text(o.beta2)},
          {"epsilon", text(o.epsilon)},
          {"weight_decay", text(o.weight_decay)},
          {"clip_norm", text(o.clip_norm)},
          {"schedule", text(o.schedule)},
          {"schedule_factor", text(o.schedule_factor)},
          {"schedule_epochs", text(o.schedule_epochs)},
          {"warmup_epochs", text(o.warmup_epochs)},
          {"batch", text(o.batch)},
          {"epochs", text(o.epochs)},
          {"tolerance", text(o.tolerance)},
          {"early_stop", text(o.early_stop)},
          {"evaluate_every", text(o.evaluate_every)},
          {"init", text(o.init)},
          {"init_scale", text(o.init_scale)},
          {"seed", text(o.seed)},
          {"start", start ? numbers_text(start->parameters) : "none"},
          {"training", rows_text(training, features)},
          {"validation", rows_text(validation, features)}};
}

template Identity identity_of<float>(const Plan&, const CheckedRows<float>&,
                                     const CheckedRows<float>&, const Network<float>*);
template Identity identity_of<double>(const Plan&, const CheckedRows<double>&,
                                      const CheckedRows<double>&, const Network<double>*);

}  // namespace crossent::training
