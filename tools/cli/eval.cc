// `crossent eval`: the cross-entropy of a file of predictions, and what it means.
#include "cli/eval.h"

#include <algorithm>

#include "cli/errors.h"
#include "cli/label_names.h"
#include "cli/output/text.h"
#include "cli/scalars.h"
#include "cli/verb.h"

namespace crossent::cli {
namespace {

constexpr struct {
  const char* name;
  Like like;
} kTools[] = {{"sklearn", Like::sklearn},     {"kaggle", Like::kaggle},
              {"xgboost", Like::xgboost},     {"lightgbm", Like::lightgbm},
              {"yardstick", Like::yardstick}, {"torch", Like::torch},
              {"keras", Like::keras}};

class EvalVerb : public Verb {
 public:
  void declare(Options& o) override {
    o.positional("FILE", files_, "predictions: .csv .tsv (also .gz .zst), .npy, .npz; - is stdin")
        .file = true;
    o.value("--label", "COL", label_,
            "the true class (else " + label_names() + "); NPY: a file");
    o.value("--probs", "COLS", probs_, "probabilities: 'p_*' or p_cat,p_dog; NPZ: an array");
    o.value("--logits", "COLS", logits_, "logits: 'z_*'");
    o.value("--log-probs", "COLS", log_probs_, "log-probabilities (nats): 'l_*'");
    o.value("--prob", "COL", prob_, "two classes: the probability of the second");
    o.value("--positive", "NAME", positive_,
            "with --prob: the label of the second class, where labels are texts");
    o.value("--as", "KIND", as_, "what an NPY file holds").choices = {"probs", "logits",
                                                                      "log-probs"};
    o.value("--header", "WHEN", header_,
            "whether line 1 names the columns (auto: when no field of it is a number)")
        .choices = {"auto", "yes", "no"};
    o.value("--id", "COL", id_, "names the rows; duplicates are reported");
    o.value("--weight", "COL", weight_, "weight of each row");
    o.value("--group", "COL", group_, "rows of one group are not independent: clustered error");
    o.value("--labels-from", "N", labels_from_, "what the first class is called: 0 or 1")
        .choices = {"0", "1"};
    o.flag("--normalize", normalize_, "divide the probabilities of each row by their sum");
    auto& like = o.value("--like", "TOOL", like_, "also the number that another tool prints");
    for (const auto& tool : kTools) like.choices.push_back(tool.name);
    o.value("--worst", "N", worst_, "rows of largest loss to show (10)");
    o.value("--bins", "N", bins_, "bins of the calibration (10)");
    o.value("--top-k", "K", top_k_, "also how often the truth is among the K most probable");
    o.value("--losses", "FILE", losses_,
            "write id, loss, p_true, predicted of every row (not to stdout)")
        .file = true;
    o.repeated("--fail-if", "CHECK", fail_if_,
               "exit 1 when it holds: 'loss > 0.5', 'accuracy < 0.9'; of")
        .values = check_keys();
  }

  int run(Context& context) override {
    const EvalSettings settings = gather();
    const Evaluation e = evaluate(settings, context);
    const std::vector<std::string> warnings = eval_warnings(settings, e);
    const Json object = eval_json(settings, e, warnings);
    const std::vector<std::string> failed = failed_checks(settings.checks, object);
    if (context.json) {
      context.out = json_line(object);
    } else {
      context.out = eval_text(settings, e, context);
      for (const std::string& w : warnings) context.notes.push_back(escape(w));
    }
    context.notes.insert(context.notes.end(), failed.begin(), failed.end());
    return failed.empty() ? exit_code::kOk : exit_code::kCheckFailed;
  }

 private:
  EvalSettings gather() const {
    EvalSettings s;
    for (const Value& file : files_) s.files.push_back(file.text);
    if (s.files.empty()) throw UsageError("no file given", "crossent eval FILE; - reads stdin");
    if (std::count(s.files.begin(), s.files.end(), "-") > 1)
      throw UsageError("standard input (-) can be read once");
    const auto text = [](const std::optional<Value>& v) { return v ? v->text : std::string(); };
    s.label = text(label_);
    s.id = text(id_);
    s.positive = text(positive_);
    if (positive_ && !prob_)
      throw UsageError("--positive goes with --prob", "one probability a row, of that label");
    s.weight = text(weight_);
    s.group = text(group_);
    s.losses = text(losses_);
    gather_kind(s);
    if (header_)
      s.header = header_->text == "yes"  ? Header::yes
                 : header_->text == "no" ? Header::no
                                         : Header::automatic;
    if (labels_from_) s.labels_from = integer_in(*labels_from_, 0, 1);
    s.statistics.normalize = normalize_;
    if (worst_) s.statistics.worst = static_cast<int>(integer_in(*worst_, 0, 100'000));
    if (bins_) s.statistics.bins = static_cast<int>(integer_in(*bins_, 1, 10'000));
    if (top_k_) s.statistics.top_k = static_cast<int>(integer_in(*top_k_, 1, 1 << 20));
    s.like_name = text(like_);
    for (const auto& tool : kTools)
      if (s.like_name == tool.name) s.statistics.like = tool.like;
    for (const Value& check : fail_if_) s.checks.push_back(parse_check(check.text));
    return s;
  }

  void gather_kind(EvalSettings& s) const {
    const auto use = [&](const std::optional<Value>& v, Kind kind, bool binary) {
      if (!v) return;
      if (s.kind)
        throw UsageError("give one of --probs, --logits, --log-probs and --prob",
                         "the same columns cannot be two things");
      s.kind = kind;
      s.values = v->text;
      s.binary = binary;
    };
    use(probs_, Kind::probabilities, false);
    use(logits_, Kind::logits, false);
    use(log_probs_, Kind::log_probabilities, false);
    use(prob_, Kind::probabilities, true);
    if (!as_) return;
    if (s.kind)
      throw UsageError("--as and " +
                       std::string("--probs, --logits, --log-probs say the same twice"));
    s.kind = as_->text == "probs"    ? Kind::probabilities
             : as_->text == "logits" ? Kind::logits
                                     : Kind::log_probabilities;
  }

  std::vector<Value> files_, fail_if_;
  std::optional<Value> label_, probs_, logits_, log_probs_, prob_, positive_, as_, header_, id_,
      weight_, group_, labels_from_, like_, worst_, bins_, top_k_, losses_;
  bool normalize_ = false;
};

}  // namespace

VerbInfo eval_verb() {
  return {
      "eval",
      "FILE.. [--label COL] [--probs 'p_*' | --logits 'z_*' | --log-probs 'l_*' | --prob COL]",
      "cross-entropy of a file of predictions: intervals, baselines, calibration, worst rows",
      "Reads a table with one prediction a row, or an NPY array, and prints the log loss with its "
      "95 % interval, the skill over the class frequencies, calibration, every class and the worst "
      "rows. Nothing is clipped: a truth that was given probability 0 costs infinity and is named. "
      "Columns that are not named are inferred when only one reading exists, and printed.",
      {},
      {{"crossent eval preds.csv", "columns label and p_0, p_1, ..."},
       {"crossent eval preds.csv --label y --prob p --group user", "binary, clustered error"},
       {"crossent eval z.npy --label y.npy --as logits --json", "arrays; one JSON object"},
       {"crossent eval preds.csv --fail-if 'loss > 0.5'", "exit 1 when the loss is above"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<EvalVerb>()); }};
}

}  // namespace crossent::cli
