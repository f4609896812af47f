// The options of `crossent train` as settings: every value checked, every misfit named.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/errors.h"
#include "cli/lists.h"
#include "cli/scalars.h"
#include "cli/train_flags.h"
#include "cli/train_names.h"

namespace crossent::cli {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct RealFlag {
  const char* flag;
  double TrainOptions::*member;
  double low, high;
  bool low_itself, high_itself;  ///< whether the bounds belong to the range
};
constexpr RealFlag kReals[] = {
    {"--gamma", &TrainOptions::focal_gamma, 0, kInfinity, true, false},
    {"--smoothing", &TrainOptions::label_smoothing, 0, 1, true, true},
    {"--l1", &TrainOptions::l1, 0, kInfinity, true, false},
    {"--l2", &TrainOptions::l2, 0, kInfinity, true, false},
    {"--dropout", &TrainOptions::dropout, 0, 1, true, false},
    {"--rate", &TrainOptions::rate, 0, kInfinity, false, false},
    {"--momentum", &TrainOptions::momentum, 0, 1, true, false},
    {"--beta1", &TrainOptions::beta1, 0, 1, true, false},
    {"--beta2", &TrainOptions::beta2, 0, 1, true, false},
    {"--epsilon", &TrainOptions::epsilon, 0, kInfinity, false, false},
    {"--weight-decay", &TrainOptions::weight_decay, 0, kInfinity, true, false},
    {"--clip-norm", &TrainOptions::clip_norm, 0, kInfinity, false, false},
    {"--schedule-factor", &TrainOptions::schedule_factor, 0, 1, false, true},
    {"--init-scale", &TrainOptions::init_scale, 0, kInfinity, false, false},
    {"--tolerance", &TrainOptions::tolerance, 0, kInfinity, false, false},
};

struct WholeFlag {
  const char* flag;
  std::int64_t TrainOptions::*member;
  std::int64_t low;
};
constexpr WholeFlag kWholes[] = {
    {"--schedule-epochs", &TrainOptions::schedule_epochs, 1},
    {"--warmup", &TrainOptions::warmup_epochs, 0},
    {"--batch", &TrainOptions::batch, 1},
    {"--epochs", &TrainOptions::epochs, 1},
    {"--early-stop", &TrainOptions::early_stop, 1},
};

double checked(const Value& value, const RealFlag& f) {
  const double x = real(value);
  const bool above = f.low_itself ? x >= f.low : x > f.low;
  const bool below = f.high_itself ? x <= f.high : x < f.high;
  if (above && below) return x;
  const std::string head = fmt::format("{} {}: ", f.flag, value.text);
  if (f.high == kInfinity)
    throw UsageError(head + fmt::format("must be {} {:g}{}", f.low_itself ? "at least" : "above",
                                        f.low, std::isinf(x) ? " and finite" : ""));
  throw UsageError(head + fmt::format("is outside {}{:g}, {:g}{}", f.low_itself ? '[' : '(', f.low,
                                      f.high, f.high_itself ? ']' : ')'));
}

// Options that have an effect only beside another one: --momentum and --optimizer sgd.
struct Companion {
  const char* flag;
  const char* other;   ///< the option that decides
  const char* values;  ///< its values that go with `flag`; "": any
  const char* usual;   ///< its value when it is not given
};
constexpr Companion kCompanions[] = {
    {"--momentum", "--optimizer", "sgd", "adam"},
    {"--beta1", "--optimizer", "adam adamw", "adam"},
    {"--beta2", "--optimizer", "adam adamw", "adam"},
    {"--epsilon", "--optimizer", "adam adamw", "adam"},
    {"--weight-decay", "--optimizer", "adamw", "adam"},
    {"--tolerance", "--optimizer", "lbfgs", "adam"},
    {"--rate", "--optimizer", "sgd adam adamw", "adam"},
    {"--batch", "--optimizer", "sgd adam adamw", "adam"},
    {"--clip-norm", "--optimizer", "sgd adam adamw", "adam"},
    {"--dropout", "--optimizer", "sgd adam adamw", "adam"},
    {"--schedule", "--optimizer", "sgd adam adamw", "adam"},
    {"--warmup", "--optimizer", "sgd adam adamw", "adam"},
    {"--schedule-epochs", "--schedule", "step", "constant"},
    {"--schedule-factor", "--schedule", "step", "constant"},
    {"--gamma", "--loss", "focal", "ce"},
    {"--smoothing", "--loss", "ce", "ce"},
    {"--mse-on", "--loss", "mse", "ce"},
    {"--mse-gradient", "--loss", "mse", "ce"},
    {"--init-scale", "--init", "normal uniform", "automatic"},
    {"--checkpoint-every", "--checkpoint", "", ""},
    {"--early-stop", "--validation", "", ""},
    {"--validation-labels", "--validation", "", ""},
    {"--test-labels", "--test", "", ""},
};

std::string listed(std::string words) {
  for (std::size_t at = 0; (at = words.find(' ', at)) != words.npos; at += 2)
    words.replace(at, 1, ", ");
  return words;
}

bool among(const std::string& words, const std::string& word) {
  return (" " + words + " ").find(" " + word + " ") != std::string::npos;
}

template <class E, std::size_t N>
void choose(const Value* value, const Word<E> (&words)[N], E& out) {
  for (const Word<E>& w : words)
    if (value && value->text == w.text) out = w.value;
}

// parse_list's faults are those of data; here the list is an option.
List list_of(const std::vector<Value>& values) {
  try {
    List list = parse_list(values);
    join_rows(list);
    return list;
  } catch (const InputError& e) {
    throw UsageError(e.what(), e.hint, e.excerpt);
  }
}

// Units of the hidden layers.
std::vector<std::size_t> units_of(const std::vector<Value>& values) {
  constexpr std::int64_t kMost = 1 << 24;
  const std::string hint = fmt::format(
      "units of each hidden layer, whole numbers from 1 to {}: --hidden 128, or --hidden "
      "256,128; without --hidden there is none",
      kMost);
  List list;
  std::vector<std::size_t> units;
  try {
    list = list_of(values);
  } catch (const UsageError& e) {
    throw UsageError(e.what(), hint, e.excerpt);
  }
  for (const Number& n : list.numbers()) {
    if (!(n.value >= 1 && n.value <= kMost && n.value == std::floor(n.value)))
      throw UsageError("--hidden " + escape(n.text) + ": is no number of units", hint,
                       list.excerpt(n));
    units.push_back(static_cast<std::size_t>(n.value));
  }
  return units;
}

}  // namespace

std::vector<std::string> split_commas(const std::vector<Value>& values) {
  std::vector<std::string> out;
  for (const Value& value : values)
    for (std::size_t begin = 0; begin <= value.text.size();) {
      const std::size_t end = std::min(value.text.find(',', begin), value.text.size());
      const std::string name = value.text.substr(begin, end - begin);
      if (name.empty())
        throw UsageError(value.option + " " + value.text + ": a name is empty",
                         "names are separated by single commas");
      if (std::count(out.begin(), out.end(), name) > 0)
        throw UsageError(value.option + " names " + name + " twice");
      out.push_back(name);
      begin = end + 1;
    }
  return out;
}

const Value* TrainFlags::given(const std::string& flag) const {
  const auto at = values_.find(flag);
  return at != values_.end() && at->second ? &*at->second : nullptr;
}

std::string TrainFlags::text(const std::string& flag) const {
  const Value* value = given(flag);
  return value ? value->text : "";
}

void TrainFlags::read_source(TrainSettings& s) const {
  if (data_.empty())
    throw UsageError("no data given", "as in: crossent train data.csv --target label");
  if (data_.size() > 1)
    throw UsageError("one file of data, not " + std::to_string(data_.size()) + ": '" +
                         data_[1].text + "' is one too many",
                     "--validation FILE and --test FILE take further rows");
  s.data = data_.front().text;
}

TrainSettings TrainFlags::preset_settings() const {
  for (const auto& [flag, value] : values_)
    if (value && flag != "--preset" && flag != "--seed")
      throw UsageError(flag + " has no meaning with --preset, which is one certain run",
                       "--seed N gives another run of it");
  if (standardize_ || impute_ || nesterov_ || strict_ || !hidden_.empty() ||
      !class_weight_.empty() || !models_.empty() || !ignore_.empty() || !text_.empty())
    throw UsageError("--preset is one certain run: it goes with --target and --seed only");
  TrainSettings s;
  read_source(s);
  s.samples.targets = split_commas(target_);
  if (const Value* seed = given("--seed"))
    s.preset_seed = static_cast<std::uint64_t>(integer_in(*seed, 0, INT64_MAX));
  return s;
}

TrainSettings TrainFlags::settings() const {
  TrainSettings s;
  read_source(s);
  read_words(s);
  check_companions();
  read_numbers(s);
  read_lists(s);
  read_data(s);
  read_validation(s);
  read_files(s);
  return s;
}

void TrainFlags::read_data(TrainSettings& s) const {
  s.samples.targets = split_commas(target_);
  s.samples.ignore = split_commas(ignore_);
  s.samples.text = split_commas(text_);
  s.samples.allow_missing = impute_;
  choose(given("--header"), kHeaders, s.samples.header);
  s.features.standardize = standardize_;
  s.features.impute = impute_;
  if (const Value* scale = given("--scale")) {
    if (standardize_)
      throw UsageError("--scale and --standardize both set the size of the features",
                       "leave one of them out");
    s.features.scale = real(*scale);
    if (s.features.scale == 0 || !std::isfinite(s.features.scale))
      throw UsageError("--scale " + scale->text + ": must be finite and not 0");
  }
}

void TrainFlags::read_validation(TrainSettings& s) const {
  if (const Value* value = given("--validation")) {
    if (const auto share = parse_real(value->text)) {
      if (!(*share > 0 && *share < 1))
        throw UsageError("--validation " + value->text + ": is outside (0, 1)",
                         *share > 1 && *share < 100
                             ? fmt::format("a percentage? write {:g}", *share / 100)
                             : "a share of the rows as 0.2, or a file");
      s.fraction = *share;
    } else {
      s.validation.path = value->text;
    }
  }
  s.validation.labels = text("--validation-labels");
  s.test = {text("--test"), text("--test-labels")};
  if (s.fraction > 0 && !s.validation.labels.empty())
    throw UsageError("--validation-labels goes with --validation FILE",
                     "a share of the data has its labels already");
}

void TrainFlags::read_words(TrainSettings& s) const {
  TrainOptions& o = s.options;
  choose(given("--activation"), kActivations, o.activation);
  choose(given("--output"), kOutputs, o.output);
  choose(given("--loss"), kCosts, o.cost);
  choose(given("--mse-on"), kOns, o.squared_on);
  choose(given("--mse-gradient"), kGradients, o.squared_gradient);
  choose(given("--optimizer"), kOptimizers, o.optimizer);
  choose(given("--schedule"), kSchedules, o.schedule);
  choose(given("--init"), kInits, o.init);
  s.softmax_asked = text("--output") == "softmax";
  o.nesterov = nesterov_;
  s.strict = strict_;
  const std::string precision = text("--precision");
  if (precision == "f32" && o.optimizer == Optimizer::lbfgs)
    throw UsageError("--precision f32 does not go with --optimizer lbfgs",
                     "its optima are to nine digits, beyond f32");
  s.f64 = precision.empty() ? o.optimizer == Optimizer::lbfgs : precision == "f64";
  s.start = text("--start");
  if (!s.start.empty() && given("--init"))
    throw UsageError("--start and --init both give the first weights", "leave one of them out");
}

void TrainFlags::read_numbers(TrainSettings& s) const {
  for (const RealFlag& f : kReals)
    if (const Value* value = given(f.flag)) s.options.*f.member = checked(*value, f);
  for (const WholeFlag& f : kWholes)
    if (const Value* value = given(f.flag))
      s.options.*f.member = integer_in(*value, f.low, INT64_MAX);

  if (const Value* seed = given("--seed"))
    s.options.seed = static_cast<std::uint64_t>(integer_in(*seed, 0, INT64_MAX));
}

void TrainFlags::read_lists(TrainSettings& s) const {
  if (!hidden_.empty()) s.options.hidden = units_of(hidden_);
  if (class_weight_.empty()) return;
  if (class_weight_.size() == 1 && class_weight_[0].text == "balanced") {
    s.balanced = true;
    return;
  }
  const List list = list_of(class_weight_);
  s.options.class_weight = list.row(0);
  for (const Number& n : list.numbers())
    if (!(n.value >= 0 && n.value <= 1e9))
      throw UsageError("--class-weight " + n.text + ": is outside [0, 1e9]", "", list.excerpt(n));
}

void TrainFlags::read_files(TrainSettings& s) const {
  for (const Value& model : models_) s.models.push_back(model.text);
  s.format = text("--format");
  s.log = text("--log");
  s.curves = text("--curves");
  s.checkpoint = text("--checkpoint");
  s.resume = text("--resume");
  const Value* every = given("--checkpoint-every");
  if (!every) return;
  if (every->text.ends_with('s')) {
    const Value number{every->option, every->text.substr(0, every->text.size() - 1)};
    s.checkpoint_seconds = real(number);
    if (!(s.checkpoint_seconds > 0) || std::isinf(s.checkpoint_seconds))
      throw UsageError("--checkpoint-every " + every->text + ": must be above 0s");
  } else {
    s.checkpoint_epochs = integer_in(*every, 1, INT64_MAX);
  }
}

void TrainFlags::check_companions() const {
  for (const Companion& c : kCompanions) {
    if (!given(c.flag)) continue;
    const Value* other = given(c.other);
    const std::string values = c.values;
    if (values.empty() ? other != nullptr : among(values, other ? other->text : c.usual)) continue;
    throw UsageError(fmt::format("{} goes with {}{}", c.flag, c.other,
                                 values.empty() ? "" : " " + listed(values)),
                     other || values.empty() ? "" : fmt::format("{} is {} here", c.other, c.usual));
  }
  const std::string optimizer = text("--optimizer");
  if (nesterov_ && !given("--momentum"))
    throw UsageError("--nesterov goes with --optimizer sgd --momentum F");
  if (strict_ && optimizer != "lbfgs")
    throw UsageError("--strict goes with --optimizer lbfgs", "other optimisers do not converge");
  for (const char* flag : {"--activation", "--dropout"})
    if (given(flag) && hidden_.empty())
      throw UsageError(std::string(flag) + " goes with --hidden: there is no hidden layer",
                       "as in --hidden 128");
  if (given("--format") && models_.empty()) throw UsageError("--format goes with -o MODEL");
}

}  // namespace crossent::cli
