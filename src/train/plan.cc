#include "train/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/refuse.h"
#include "train/random.h"

namespace crossent::training {
namespace {

constexpr const char* kOp = "train";
constexpr double kPi = 3.141592653589793;
constexpr double kMost = std::numeric_limits<double>::max();

void check(bool holds, const char* option, double value, const char* range) {
  if (!holds) refuse_value(kOp, option, value, std::string("is outside ") + range);
}

void check_share(const char* option, double value) {  // NaN fails
  check(value >= 0 && value < 1, option, value, "[0, 1)");
}

void check_not_negative(const char* option, double value) {
  check(value >= 0 && value <= kMost, option, value, "[0, inf)");
}

void check_positive(const char* option, double value) {
  check(value > 0 && value <= kMost, option, value, "(0, inf)");
}

void check_count(const char* option, std::int64_t value, std::int64_t least, const char* range) {
  check(value >= least && value <= std::int64_t{1} << 40, option, static_cast<double>(value),
        range);
}

}  // namespace

void check_cost(const TrainOptions& o, std::size_t classes, bool several) {
  check(o.label_smoothing >= 0 && o.label_smoothing <= 1, "label_smoothing", o.label_smoothing,
        "[0, 1]");
  if (o.label_smoothing > 0 && o.cost != Cost::cross_entropy)
    refuse(kOp, "label_smoothing", "label_smoothing goes with the cross-entropy cost only");
  check_not_negative("focal_gamma", o.focal_gamma);
  if (o.output == Activation::identity)
    refuse(kOp, "output", "output is softmax or sigmoid: a classifier gives probabilities");
  if (several && o.output == Activation::softmax)
    refuse(kOp, "output", "several targets are independent labels: output = sigmoid");
  if (o.class_weight.empty()) return;
  if (several) refuse(kOp, "class_weight", "class_weight goes with one target only");
  if (o.class_weight.size() != classes)
    refuse(kOp, "class_weight",
           "class_weight has " + std::to_string(o.class_weight.size()) + " values, but there are " +
               std::to_string(classes) + " classes");
  for (std::size_t k = 0; k < classes; ++k)
    if (const double w = o.class_weight[k]; !(w == 0 || (w >= 1e-9 && w <= 1e9)))
      refuse_value(kOp, "class_weight", w, "is neither 0 nor in [1e-9, 1e9]",
                   static_cast<std::int64_t>(k));
}

namespace {

// An option that another choice leaves without effect is a misunderstanding.
void check_effects(const TrainOptions& o) {
  const bool sgd = o.optimizer == Optimizer::sgd, lbfgs = o.optimizer == Optimizer::lbfgs;
  if (!sgd && o.momentum != 0) refuse(kOp, "momentum", "momentum goes with sgd only");
  if (!sgd && o.nesterov) refuse(kOp, "nesterov", "nesterov goes with sgd only");
  if (o.nesterov && o.momentum == 0) refuse(kOp, "nesterov", "nesterov needs a momentum above 0");
  if (!lbfgs) return;
  const char* why = ": lbfgs finds its own steps over all rows";
  const auto check_absent = [&](bool absent, const char* option) {
    if (!absent) refuse(kOp, option, std::string(option) + " goes with sgd, adam, adamw" + why);
  };
  check_absent(o.rate == 0, "rate");
  check_absent(o.clip_norm == 0, "clip_norm");
  check_absent(o.schedule == Schedule::constant, "schedule");
  check_absent(o.warmup_epochs == 0, "warmup_epochs");
  check_absent(o.batch == 0, "batch");
  if (o.dropout > 0)
    refuse(kOp, "dropout",
           "dropout changes the function from step to step; lbfgs needs one that stays: use sgd or "
           "adam");
  if (o.cost == Cost::squared_error && o.squared_gradient == SquaredGradient::diagonal)
    refuse(kOp, "squared_gradient",
           "squared_gradient = diagonal is the gradient of no cost, which lbfgs needs: use sgd");
}

template <class T>
void check_optimizer(const TrainOptions& o) {
  check_not_negative("rate", o.rate);
  check_share("momentum", o.momentum);
  check_share("beta1", o.beta1);
  check_share("beta2", o.beta2);
  check_positive("epsilon", o.epsilon);
  if (static_cast<T>(o.epsilon) == 0)
    refuse_value(kOp, "epsilon", o.epsilon, "is 0 in f32: 1e-30 is not");
  check_not_negative("weight_decay", o.weight_decay);
  check_not_negative("clip_norm", o.clip_norm);
  check(o.schedule_factor > 0 && o.schedule_factor <= 1, "schedule_factor", o.schedule_factor,
        "(0, 1]");
  check_count("schedule_epochs", o.schedule_epochs, 1, "[1, 2^40]");
  check_count("warmup_epochs", o.warmup_epochs, 0, "[0, 2^40]");
  check_not_negative("tolerance", o.tolerance);
  check_effects(o);
}

}  // namespace

namespace {

// liblbfgs counts by int; beyond 2^36 no machine holds the gradients.
void check_size(const Plan& plan) {
  double parameters = 0;
  const Architecture& a = plan.architecture;
  for (std::size_t l = 0; l < a.layers(); ++l)
    parameters +=
        static_cast<double>(a.layer_inputs(l) + 1) * static_cast<double>(a.layer_outputs(l));
  const double most = plan.lbfgs() ? 0x1p31 - 64 : 0x1p36;
  if (parameters > most)
    refuse(kOp, "hidden",
           "hidden makes a network of " + number_text(parameters) + " parameters, more than " +
               number_text(most));
}

}  // namespace

template <class T>
Plan make_plan(const TrainingRows<T>& training, std::size_t classes, const TrainOptions& options,
               bool has_validation) {
  Plan plan{options};
  TrainOptions& o = plan.options;
  const bool several = !training.target.empty();
  for (std::size_t l = 0; l < o.hidden.size(); ++l)
    if (o.hidden[l] < 1 || o.hidden[l] > 1U << 24)
      refuse_value(kOp, "hidden", static_cast<double>(o.hidden[l]), "is outside [1, 2^24]",
                   static_cast<std::int64_t>(l));
  const auto check_known = [](const char* option, auto value, auto last) {
    if (value < decltype(value){} || value > last)
      refuse_value(kOp, option, static_cast<double>(value), "is none of its values");
  };
  check_known("activation", o.activation, HiddenActivation::identity);
  check_known("cost", o.cost, Cost::focal);
  check_known("optimizer", o.optimizer, Optimizer::lbfgs);
  check_known("schedule", o.schedule, Schedule::cosine);
  check_known("init", o.init, Initialization::uniform);
  check_cost(o, classes, several);
  check_not_negative("l1", o.l1);
  check_not_negative("l2", o.l2);
  check_share("dropout", o.dropout);
  check_optimizer<T>(o);
  check_count("batch", o.batch, 0, "[1, rows] (0: the default)");
  if (o.threads < 0 || o.threads > 65536)
    refuse_value(kOp, "threads", o.threads, "is outside [0, 65536]");
  if (several && !training.label.empty())
    refuse(kOp, "training", "training has label and target: one of them");
  check_count("epochs", o.epochs, 0, "[0, 2^40] (0: the default)");
  check_count("early_stop", o.early_stop, 0, "[0, 2^40]");
  check_count("evaluate_every", o.evaluate_every, 1, "[1, 2^40]");
  if (o.early_stop > 0 && !has_validation)
    refuse(kOp, "early_stop",
           "early_stop looks at the validation loss: validation rows are needed");
  check_positive("init_scale", o.init_scale);
  if (o.init == Initialization::zero && !o.hidden.empty())
    refuse(kOp, "init", "init = zero makes hidden units that stay alike: use glorot, he or normal");
  if (plan.lbfgs() && std::is_same_v<T, float>)
    refuse(kOp, "optimizer", "lbfgs needs f64: nine digits are beyond f32");
  if (o.batch > static_cast<std::int64_t>(training.x.rows))
    refuse_value(kOp, "batch", static_cast<double>(o.batch),
                 "is outside [1, " + std::to_string(training.x.rows) + "], the training rows");
  o = with_defaults(o, training.x.rows);
  plan.spec = CostSpec(o, classes, several);
  plan.architecture = {training.x.cols, o.hidden, plan.spec.outputs, o.activation, o.output};
  check_size(plan);
  return plan;
}

double Plan::rate(std::int64_t epoch, std::int64_t step, std::int64_t steps) const {
  const TrainOptions& o = options;
  const auto per_epoch = static_cast<double>(steps);
  const double now = static_cast<double>(epoch) * per_epoch + static_cast<double>(step);
  const double warmup = static_cast<double>(o.warmup_epochs) * per_epoch;
  if (now < warmup) return o.rate * (now + 1) / warmup;
  if (o.schedule == Schedule::step)
    return o.rate * std::pow(o.schedule_factor,
                             static_cast<double>((epoch - o.warmup_epochs) / o.schedule_epochs));
  if (o.schedule == Schedule::constant) return o.rate;
  const double all = static_cast<double>(o.epochs) * per_epoch - warmup;
  return o.rate * (1 + std::cos(kPi * (now - warmup) / all)) / 2;
}

template <class T>
void check_layout(std::string_view op, const std::string& name, const MatrixView<T>& x) {
  if (x.data == nullptr && x.rows > 0 && x.cols > 0)
    refuse(op, name, name + " is null, but has " + std::to_string(x.rows) + " rows");
  if (x.col_stride != 1)
    refuse_value(op, name + ".col_stride", static_cast<double>(x.col_stride), "is not 1");
  if (x.rows > 1 && x.row_stride < static_cast<std::ptrdiff_t>(x.cols))
    refuse_value(op, name + ".row_stride", static_cast<double>(x.row_stride),
                 "is less than the " + std::to_string(x.cols) + " columns");
}

namespace {

template <class T>
void check_finite(MatrixView<const T> x, const std::string& name) {
  for (std::size_t i = 0; i < x.rows; ++i) {
    const T* row = x.data + static_cast<std::ptrdiff_t>(i) * x.row_stride;
    T zero = 0;  // stays 0 while all are finite
    for (std::size_t j = 0; j < x.cols; ++j) zero += row[j] * T{0};
    if (zero == 0) continue;
    const std::size_t j = static_cast<std::size_t>(
        std::find_if(row, row + x.cols, [](T v) { return !std::isfinite(v); }) - row);
    refuse_value(kOp, name, static_cast<double>(row[j]), "is not finite",
                 static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
  }
}

template <class T>
void check_shape(const TrainingRows<T>& rows, const CostSpec& spec, std::size_t features,
                 const std::string& name) {
  const MatrixView<const T>& x = rows.x;
  if (x.rows == 0) refuse(kOp, name + ".x", name + ".x has no rows");
  if (x.rows > std::numeric_limits<std::uint32_t>::max())
    refuse_value(kOp, name + ".x.rows", static_cast<double>(x.rows), "is outside [1, 2^32)");
  if (x.cols != features || features == 0)
    refuse(kOp, name + ".x",
           name + ".x has " + std::to_string(x.cols) + " columns, but " +
               (features == 0 ? "at least 1 is needed" : std::to_string(features) + " are needed"));
  check_layout(kOp, name + ".x", x);
  const bool several = spec.targets > 0;
  const std::size_t given = several ? rows.target.rows : rows.label.size();
  if (given != x.rows)
    refuse(kOp, name + (several ? ".target" : ".label"),
           name + (several ? ".target" : ".label") + " has " + std::to_string(given) +
               " rows, but there are " + std::to_string(x.rows));
  if (several && rows.target.cols != spec.targets)
    refuse(kOp, name + ".target",
           name + ".target has " + std::to_string(rows.target.cols) + " columns, but there are " +
               std::to_string(spec.targets) + " targets");
}

}  // namespace

template <class T>
CheckedRows<T> check_rows(const TrainingRows<T>& given, const CostSpec& spec, std::size_t features,
                          const char* name) {
  check_shape(given, spec, features, name);
  check_finite(given.x, std::string(name) + ".x");
  CheckedRows<T> checked;
  checked.label.reserve(spec.targets == 0 ? given.x.rows : 0);
  checked.target.reserve(given.x.rows * spec.targets);
  const std::size_t n = given.x.rows, classes = std::max<std::size_t>(spec.outputs, 2);
  double weight = 0;
  for (std::size_t i = 0; i < n && spec.targets == 0; ++i) {
    const std::int64_t y = given.label[i];
    if (y < 0 || y >= static_cast<std::int64_t>(classes))
      refuse(kOp, std::string(name) + ".label",
             std::string(name) + ".label[" + std::to_string(i) + "] = " + given.label.text(i) +
                 " is outside [0, " + std::to_string(classes) + ")",
             static_cast<std::int64_t>(i));
    checked.label.push_back(static_cast<std::int32_t>(y));
    if (!spec.class_weight.empty()) weight += spec.class_weight[static_cast<std::size_t>(y)];
  }
  for (std::size_t i = 0; i < n && spec.targets > 0; ++i)
    for (std::size_t j = 0; j < spec.targets; ++j) {
      const float t = given.target(i, j);
      if (t != 0 && t != 1)
        refuse_value(kOp, std::string(name) + ".target", static_cast<double>(t), "is not 0 or 1",
                     static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
      checked.target.push_back(t);
    }
  if (!spec.class_weight.empty()) {
    if (weight == 0)
      refuse(kOp, "class_weight", std::string("class_weight is 0 for every row of ") + name);
    checked.mean_weight = weight / static_cast<double>(n);
  }
  RowSet<T>& rows = checked.rows;
  rows.x = given.x.data;
  rows.stride = given.x.row_stride;
  rows.rows = n;
  rows.targets = spec.targets;
  rows.label = spec.targets == 0 ? checked.label.data() : nullptr;
  rows.target = spec.targets > 0 ? checked.target.data() : nullptr;
  return checked;
}

template <class T>
Network<T> initial_network(const Plan& plan) {
  const TrainOptions& o = plan.options;
  Network<T> network{plan.architecture, std::vector<T>(plan.architecture.parameters())};
  Initialization init = o.init;
  if (init == Initialization::automatic) {
    const bool rectified =
        o.activation == HiddenActivation::relu || o.activation == HiddenActivation::gelu;
    init = o.hidden.empty() ? Initialization::zero
           : rectified      ? Initialization::he
                            : Initialization::glorot;
  }
  if (init == Initialization::zero) return network;
  for (std::size_t l = 0; l < plan.architecture.layers(); ++l) {
    Random random(o.seed, Stream::weights, l);
    const auto in = static_cast<double>(plan.architecture.layer_inputs(l));
    const auto out = static_cast<double>(plan.architecture.layer_outputs(l));
    const auto draw = [&] {
      switch (init) {
        case Initialization::glorot:
          return std::sqrt(6 / (in + out)) * (2 * random.uniform() - 1);
        case Initialization::he:
          return std::sqrt(2 / in) * random.normal();
        case Initialization::normal:
          return o.init_scale * random.normal();
        default:
          return o.init_scale * (2 * random.uniform() - 1);
      }
    };
    const MatrixView<T> w = network.weight(l);
    std::generate_n(w.data, w.rows * w.cols, [&] { return static_cast<T>(draw()); });
    if (init == Initialization::normal || init == Initialization::uniform)
      for (T& b : network.bias(l)) b = static_cast<T>(draw());
  }
  return network;
}

template void check_layout<const float>(std::string_view, const std::string&,
                                        const MatrixView<const float>&);
template void check_layout<const double>(std::string_view, const std::string&,
                                         const MatrixView<const double>&);
template void check_layout<float>(std::string_view, const std::string&, const MatrixView<float>&);
template void check_layout<double>(std::string_view, const std::string&, const MatrixView<double>&);
template Plan make_plan<float>(const TrainingRows<float>&, std::size_t, const TrainOptions&, bool);
template Plan make_plan<double>(const TrainingRows<double>&, std::size_t, const TrainOptions&,
                                bool);
template CheckedRows<float> check_rows<float>(const TrainingRows<float>&, const CostSpec&,
                                              std::size_t, const char*);
template CheckedRows<double> check_rows<double>(const TrainingRows<double>&, const CostSpec&,
                                                std::size_t, const char*);
template Network<float> initial_network<float>(const Plan&);
template Network<double> initial_network<double>(const Plan&);

}  // namespace crossent::training

namespace crossent {

TrainOptions with_defaults(const TrainOptions& options, std::size_t rows) {
  TrainOptions o = options;
  if (o.optimizer == Optimizer::lbfgs) return o;
  if (o.batch == 0) o.batch = static_cast<std::int64_t>(std::min<std::size_t>(32, rows));
  // A regression has no local minima to step into: at 0.001 a few hundred rows and 100 epochs end
  // halfway.
  if (o.rate == 0) o.rate = o.optimizer == Optimizer::sgd ? 0.1 : o.hidden.empty() ? 0.01 : 0.001;
  if (o.epochs == 0) o.epochs = 100;
  return o;
}

}  // namespace crossent
