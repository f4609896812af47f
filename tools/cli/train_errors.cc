// What the library refuses, in the words of the command line.
#include <algorithm>
#include <string>
#include <string_view>

#include "cli/errors.h"
#include "cli/train.h"

namespace crossent::cli {
namespace {

struct Field {
  const char* name;  ///< of TrainOptions
  const char* flag;
  bool word = false;  ///< its value is an enumerator, which a checkpoint keeps as a number
};
constexpr Field kFields[] = {
    {"precision", "--precision"},
    {"hidden", "--hidden"},
    {"activation", "--activation", true},
    {"output", "--output", true},
    {"cost", "--loss", true},
    {"squared_on", "--mse-on", true},
    {"squared_gradient", "--mse-gradient", true},
    {"focal_gamma", "--gamma"},
    {"label_smoothing", "--smoothing"},
    {"class_weight", "--class-weight"},
    {"l1", "--l1"},
    {"l2", "--l2"},
    {"dropout", "--dropout"},
    {"optimizer", "--optimizer", true},
    {"rate", "--rate"},
    {"momentum", "--momentum"},
    {"nesterov", "--nesterov"},
    {"beta1", "--beta1"},
    {"beta2", "--beta2"},
    {"epsilon", "--epsilon"},
    {"weight_decay", "--weight-decay"},
    {"clip_norm", "--clip-norm"},
    {"schedule", "--schedule", true},
    {"schedule_factor", "--schedule-factor"},
    {"schedule_epochs", "--schedule-epochs"},
    {"warmup_epochs", "--warmup"},
    {"batch", "--batch"},
    {"epochs", "--epochs"},
    {"tolerance", "--tolerance"},
    {"early_stop", "--early-stop"},
    {"init", "--init", true},
    {"init_scale", "--init-scale"},
    {"seed", "--seed"},
    {"start", "--start", true},
};

constexpr const char* kSame = "--resume takes the data and the options of the interrupted run";

[[noreturn]] void refuse_start(const TrainSettings& s) {
  if (s.start.empty())
    throw UsageError("the run of the checkpoint " + s.resume +
                         " began with --start MODEL, which is "
                         "missing here",
                     kSame);
  throw UsageError(
      "--start " + escape(s.start) + " is not what the run of the checkpoint " + s.resume +
          " began with",
      "--resume goes on with the numbers of the checkpoint: leave --start out, or give "
      "the one of the interrupted run");
}

[[noreturn]] void refuse_resumed(const std::string& name, const std::string& what,
                                 const Field* field, const TrainSettings& s) {
  const std::string& checkpoint = s.resume;
  if (name == "start") refuse_start(s);
  if (name == "training" || name == "validation")
    throw UsageError(std::string("the rows ") +
                         (name == "training" ? "to learn from" : "for validation") +
                         " are not those of the checkpoint " + checkpoint,
                     std::string(kSame) + ": the same file, split and scale of the features");
  if (field && field->word)
    throw UsageError(std::string(field->flag) + " is not that of the checkpoint " + checkpoint,
                     kSame);
  throw UsageError(what.substr(0, what.rfind(" (")),
                   name == "epochs" ? "--resume keeps the length of its run; to train on, begin a "
                                      "new run with its model: --start MODEL"
                                    : kSame);
}

}  // namespace

void throw_named(const ValueError& e, const TrainSettings& s) {
  const std::string name = e.argument.substr(0, e.argument.find('['));
  const auto* field = std::find_if(std::begin(kFields), std::end(kFields),
                                   [&](const Field& f) { return f.name == name; });
  if (field == std::end(kFields)) field = nullptr;
  std::string what = e.what();
  if (what.starts_with('[')) what.erase(0, what.find("] ") + 2);
  if (field && what.starts_with(name)) what.replace(0, name.size(), field->flag);
  if (!s.resume.empty() && what.find(", but the checkpoint ") != what.npos)
    refuse_resumed(name, what, field, s);
  if (!field) throw e;
  throw UsageError(what);
}

}  // namespace crossent::cli
