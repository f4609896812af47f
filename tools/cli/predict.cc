// `crossent predict`: the probabilities of a model for the rows of a file, as `eval` reads them.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <utility>

#include "cli/command_line.h"
#include "cli/errors.h"
#include "cli/files.h"
#include "cli/next_step.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "cli/rows_file.h"
#include "cli/suggest.h"
#include "cli/train_flags.h"
#include "cli/train_names.h"
#include "cli/verb.h"
#include "cli/watch.h"
#include "crossent/samples.h"

namespace crossent::cli {
namespace {

// In f64, whatever the model was trained in: the bits of a row do not depend on its block.
Network<double> widened(const Model& model) {
  Network<double> out{model.architecture(), {}};
  std::visit(
      [&](const auto& n) { out.parameters.assign(n.parameters.begin(), n.parameters.end()); },
      model.network);
  return out;
}

/// Turns blocks of rows into lines; one object for each worker.
class Predictor {
 public:
  Predictor(const Model& model, const Network<double>& network, bool labelled)
      : model_(model), network_(network), labelled_(labelled) {}

  std::string lines(const SampleStream::Block& block, std::size_t kept) {
    const Samples& s = block.samples;
    rows_.resize(s.rows);
    std::iota(rows_.begin(), rows_.end(), std::size_t{0});
    p_.resize(s.rows * model_.columns());
    compute(s);
    filled += std::count(s.codes.begin(), s.codes.end(), kMissingCode) +
              std::count_if(s.numbers.begin(), s.numbers.end(), [](double x) { return x != x; });
    std::string out;
    for (std::size_t i = 0; i < s.rows; ++i) {
      fmt::format_to(std::back_inserter(out), "{}",
                     block.first_row + static_cast<std::int64_t>(i) + 1);
      for (std::size_t k = 0; k < kept; ++k) out += "," + csv_field(block.kept[i * kept + k]);
      line(s, i, out);
    }
    return out;
  }
  std::int64_t correct = 0;  ///< rows, of several targets: labels
  std::int64_t filled = 0;   ///< values that are missing, or words that the model does not know

 private:
  void compute(const Samples& s) {
    const Architecture& a = network_.architecture;
    const std::vector<double> x = encode<double>(s, model_.inputs, rows_);
    std::vector<double> logits(s.rows * a.outputs);
    network_logits<double>(network_, matrix(x.data(), s.rows, a.inputs),
                           matrix(logits.data(), s.rows, a.outputs), 1);
    probabilities<double>(model_, matrix(std::as_const(logits).data(), s.rows, a.outputs),
                          matrix(p_.data(), s.rows, model_.columns()));
  }

  void line(const Samples& s, std::size_t i, std::string& out) {
    const std::size_t columns = model_.columns();
    const double* p = &p_[i * columns];
    if (model_.multi_label()) {
      for (std::size_t k = 0; k < columns && labelled_; ++k) {
        const bool truth = s.target_values[i * columns + k] != 0;
        correct += truth == (p[k] > 0.5);
        out += truth ? ",1" : ",0";
      }
    } else {
      const auto said = static_cast<std::size_t>(std::max_element(p, p + columns) - p);
      if (labelled_) {
        const auto truth = static_cast<std::size_t>(s.labels[i]);
        correct += truth == said;
        out += "," + csv_field(model_.classes[truth]);
      }
      out += "," + csv_field(model_.classes[said]);
    }
    for (std::size_t k = 0; k < columns; ++k) fmt::format_to(std::back_inserter(out), ",{}", p[k]);
    out += '\n';
  }

  const Model& model_;
  const Network<double>& network_;
  bool labelled_;
  std::vector<std::size_t> rows_;
  std::vector<double> p_;
};

std::string header_of(const Model& model, bool labelled, const std::vector<std::string>& kept) {
  std::string out = "row";
  for (const std::string& name : kept) out += "," + csv_field(name);
  if (model.multi_label()) {
    for (const std::string& target : model.targets)
      if (labelled) out += "," + csv_field(target);
    for (const std::string& target : model.targets) out += "," + csv_field("prob_" + target);
  } else {
    out += labelled ? ",label,predicted" : ",predicted";
    for (const std::string& name : model.classes) out += "," + csv_field("p_" + name);
  }
  return out + "\n";
}

void check_kept(const SampleStream& stream, const Model& model, const std::string& file,
                const std::vector<std::string>& kept) {
  const std::vector<std::string>& others = stream.other_columns();
  for (const std::string& name : kept) {
    if (std::count(others.begin(), others.end(), name) == 0) {
      const std::string guess = did_you_mean(name, others);
      std::string all;
      for (const std::string& other : others) all += (all.empty() ? "" : ", ") + other;
      throw DataError(fmt::format("there is no column \"{}\" to keep (--id)", name), file, 1, 0,
                      !guess.empty() ? guess
                      : all.empty()  ? "every column is a feature of the model or its target"
                                     : "columns that are no features: " + all);
    }
    const std::string own = header_of(model, true, {});
    if (("," + own).find("," + csv_field(name) + ",") != std::string::npos)
      throw UsageError("--id " + name + ": the predictions have a column of that name");
  }
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    out += (i ? ", " : "") + names[i];
  return names.size() > kShown ? out + fmt::format(", ... ({} in all)", names.size()) : out;
}

class PredictVerb : public Verb {
 public:
  void declare(Options& o) override {
    o.positional("FILE", files_, "MODEL of crossent train (.crossent, .safetensors), then DATA")
        .file = true;
    o.value("-o,--output", "FILE", output_, "write the predictions there (else stdout)").file =
        true;
    o.repeated("--id", "COLS", id_, "columns of the data to keep beside the predictions");
    o.value("--target", "COL|FILE", target_,
            "columns of the labels (else named as learned); arrays: their file")
        .file = true;
    o.value("--header", "WHEN", header_, "whether line 1 names the columns").choices = {
        "auto", "yes", "no"};
  }

  int run(Context& context) override {
    check(context);
    const Model model = load();
    Progress progress;
    const std::string& data = files_[1].text;
    SampleStream stream(data, model, sample_options(model, context, &progress));
    const std::vector<std::string> kept = split_commas(id_);
    check_kept(stream, model, data, kept);
    const bool labelled = stream.has_targets();
    const Network<double> network = widened(model);
    RowsFile file(output_ ? output_->text : "-", header_of(model, labelled, kept));
    std::vector<Predictor> predictors(static_cast<std::size_t>(stream.workers()),
                                      Predictor(model, network, labelled));
    bool complete = false;
    {
      const Watch watch(context.terminal, progress, data + " ");
      complete = stream.read(kept, [&](const SampleStream::Block& block) {
        Predictor& predictor = predictors[static_cast<std::size_t>(block.worker)];
        const auto rows = static_cast<std::int64_t>(block.samples.rows);
        file.put(block.first_row, rows, predictor.lines(block, kept.size()));
      });
    }
    if (!complete) throw Interrupted();
    file.commit();
    std::int64_t correct = 0;
    for (const Predictor& p : predictors) correct += p.correct;
    note_filled(predictors, context);
    if (!labelled) note_left_out(model, stream, kept, context);
    report(model, stream, labelled ? std::optional(correct) : std::nullopt, kept, context);
    return exit_code::kOk;
  }

 private:
  void check(const Context& context) {
    if (files_.size() != 2)
      throw UsageError(fmt::format("a model and a file of data are wanted, not {}", files_.size()),
                       "as in: crossent predict digits.crossent digits.csv -o preds.csv");
    quiet_ = !output_ || is_stdout(output_->text);
    if (quiet_ && context.json)
      throw UsageError("--json and the predictions both go to standard output",
                       "write the predictions to a file: -o preds.csv");
    if (quiet_) return;
    for (std::size_t i = 0; i < files_.size(); ++i)
      if (same_file(output_->text, files_[i].text))
        throw UsageError(fmt::format("{} would replace {} {}", output_->option,
                                     i == 0 ? "the model" : "the data", escape(files_[i].text)),
                         "write the predictions to another file");
    if (target_ && same_file(output_->text, target_->text))
      throw UsageError(output_->option + " would replace the labels " + escape(target_->text),
                       "write the predictions to another file");
  }

  SampleOptions sample_options(const Model& model, const Context& context,
                               Progress* progress) const {
    SampleOptions options;
    options.threads = context.threads;
    options.stop = &stop_requested;
    options.progress = progress;
    options.targets = targets_of(model);
    for (const Word<Header>& word : kHeaders)
      if (header_ && header_->text == word.text) options.header = word.value;
    return options;
  }

  std::vector<std::string> targets_of(const Model& model) const {
    if (!target_) return {};
    if (!model.multi_label()) return {target_->text};
    const std::vector<std::string> names = split_commas({*target_});
    if (names.size() != model.targets.size())
      throw UsageError(fmt::format("--target names {} for the {} targets of the model",
                                   counted(static_cast<std::int64_t>(names.size()), "column"),
                                   model.targets.size()),
                       "the columns of " + listed(model.targets) + ", in this order");
    return names;
  }

  // The arguments in the other order are a slip that the file itself shows.
  Model load() const {
    const std::string &model = files_[0].text, &data = files_[1].text;
    try {
      return load_model(model);
    } catch (const DataError&) {
      if (!std::filesystem::is_regular_file(data) || !is_model(data)) throw;
      throw UsageError(
          escape(model) + " is no model, but " + escape(data) + " is",
          "the model comes first: crossent predict " + escape(data) + " " + escape(model));
    }
  }

  static bool is_model(const std::string& path) {
    try {
      load_model(path);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  static void note_filled(const std::vector<Predictor>& predictors, Context& context) {
    std::int64_t filled = 0;
    for (const Predictor& p : predictors) filled += p.filled;
    if (filled > 0)
      context.notes.push_back(fmt::format(
          "{} missing or, if words, unknown to the model: filled in as --impute learned",
          counted(filled, "value") + (filled == 1 ? " is" : " are")));
  }

  // A column that is left out may hold the labels under another name.
  static void note_left_out(const Model& model, const SampleStream& stream,
                            const std::vector<std::string>& kept, Context& context) {
    std::vector<std::string> left;
    for (const std::string& name : stream.other_columns())
      if (std::count(kept.begin(), kept.end(), name) == 0) left.push_back(name);
    if (left.empty()) return;
    context.notes.push_back(escape(fmt::format(
        "without labels: the data do not have {} {} (left out: {}); --target COL reads labels from "
        "another column, --id COL keeps one",
        model.multi_label() ? "all of the model's targets" : "the model's target",
        listed(model.targets), listed(left))));
  }

  void report(const Model& model, const SampleStream& stream, std::optional<std::int64_t> correct,
              const std::vector<std::string>& kept, Context& context) const {
    const std::int64_t rows = stream.rows();
    const auto answers =
        model.multi_label() ? rows * static_cast<std::int64_t>(model.columns()) : rows;
    const double accuracy =
        correct ? static_cast<double>(*correct) / static_cast<double>(answers) : 0;
    if (context.json) {
      Json object = json_head("predict");
      object["rows"] = rows;
      object["classes"] = model.multi_label() ? model.targets : model.classes;
      if (correct) {
        object[model.multi_label() ? "correct_labels" : "correct"] = *correct;
        if (model.multi_label()) object["labels"] = answers;
        put(object, "accuracy", accuracy);
      }
      object["output"] = output_->text;
      context.out = json_line(object);
      return;
    }
    if (quiet_) return;
    const Style style(context);
    context.out = fmt::format("Wrote the predictions for {} to {}", counted(rows, "row"),
                              escape(output_->text));
    if (correct)
      context.out += fmt::format(": {} of {} {}right ({})", grouped(*correct), grouped(answers),
                                 model.multi_label() ? "labels " : "", style.percent(accuracy));
    context.out += ".\n";
    const auto options = eval_options(model, kept);
    if (correct && options)
      context.out += fmt::format("  crossent eval {}{}\n", shell_word(output_->text), *options);
  }

  std::vector<Value> files_, id_;
  std::optional<Value> output_, target_, header_;
  bool quiet_ = false;
};

}  // namespace

VerbInfo predict_verb() {
  return {
      "predict",
      "MODEL DATA [-o FILE] [--id COL] [--json]",
      "the probabilities that a model gives, as `crossent eval` reads them",
      "Streams the rows of a table or array through a model of crossent train and writes, in their "
      "order, the row (from 1), the label if the data have it, the most probable class, and a "
      "column "
      "p_CLASS for every class (several targets: prob_TARGET). Columns are found by name, in any "
      "order; a missing one, and a word or label that the model does not know, are refused (a "
      "model "
      "of --impute takes such words, and missing values, as it learned to).",
      {},
      {{"crossent predict digits.crossent test.csv -o preds.csv", "then: crossent eval preds.csv"},
       {"crossent predict m.crossent new.csv --id customer | head", "to stdout, a column kept"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<PredictVerb>()); }};
}

}  // namespace crossent::cli
