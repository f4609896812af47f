// What a training is: the options that decide its bits, and its rows.
#include <zlib.h>

#include "core/refuse.h"
#include "train/session.h"

namespace crossent::training {
namespace {

std::string text(double value) { return number_text(value); }
std::string text(std::int64_t value) { return std::to_string(value); }
std::string text(std::uint64_t value) { return std::to_string(value); }
std::string text(bool value) { return value ? "true" : "false"; }
template <class E>
requires std::is_enum_v<E> std::string text(E value) {
  return std::to_string(static_cast<int>(value));
}
template <class V>
std::string text(const std::vector<V>& values) {
  std::string all;
  for (const V& v : values) all += (all.empty() ? "" : ",") + text(v);
  return all;
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

}  // namespace

template <class T>
Identity identity_of(const Plan& plan, const CheckedRows<T>& training,
                     const CheckedRows<T>& validation) {
  const TrainOptions& o = plan.options;
  const std::size_t features = plan.architecture.inputs;
  return {{"precision", sizeof(T) == 4 ? "f32" : "f64"},
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
          {"training", rows_text(training, features)},
          {"validation", rows_text(validation, features)}};
}

template Identity identity_of<float>(const Plan&, const CheckedRows<float>&,
                                     const CheckedRows<float>&);
template Identity identity_of<double>(const Plan&, const CheckedRows<double>&,
                                      const CheckedRows<double>&);

}  // namespace crossent::training
