#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/context.h"
#include "cli/output/json.h"
#include "cli/rows_file.h"
#include "crossent/dataset.h"
#include "crossent/explain.h"
#include "crossent/statistics.h"

// The parts of `crossent eval`: settings -> layout of the files -> Statistics -> text or JSON.
namespace crossent::cli {

/// One --fail-if: the run fails (exit 1) when KEY OP NUMBER holds, or when the key is null.
struct Check {
  std::string text, key, op;
  double number = 0;
};

struct EvalSettings {
  std::vector<std::string> files;
  std::string label, id, weight, group;  ///< column names (NPY: files); empty: not given
  std::optional<Kind> kind;              ///< empty: to be inferred
  std::string values;                    ///< pattern or names of the value columns
  bool binary = false;                   ///< `values` is one column: the second class's
  Header header = Header::automatic;     ///< of tables
  std::string positive;                  ///< the label of the second of two classes
  std::optional<std::int64_t> labels_from;
  std::string losses;  ///< file for the rows' losses
  std::string like_name;
  std::vector<Check> checks;
  StatisticsOptions statistics;  ///< classes is filled in from the layout
  int threads = 0;
};

/// Parses "loss > 0.5".
/// Errors  UsageError naming what is wrong, with a suggestion for a misspelt key
Check parse_check(const std::string& text);
/// The keys of checks: "rows, loss, ..."
std::string check_keys();

/// The classes in the order of their columns, and what a label is called.
struct Classes {
  std::vector<std::string> names;                 ///< of the columns, without their prefix
  static constexpr std::int64_t kAmbiguous = -2;  ///< a text that names two columns

  bool by_number = true;  ///< labels are integers from `base` on, else names
  std::int64_t base = 0;
  std::unordered_map<std::string, std::int64_t> index;  ///< for labels by name; kAmbiguous

  /// The class of a label by number; negative or too large when it is none.
  std::int64_t at(std::int64_t label) const;
  std::string text(std::int64_t k) const;  ///< as the label column says it
  Json json(std::int64_t k) const;
  std::size_t size() const { return names.size(); }
};

/// What the columns of a table mean.
struct Layout {
  Kind kind = Kind::probabilities;
  bool binary = false;
  bool headerless = false;  ///< columns are named column_1, column_2, ...
  std::string label, id, weight, group;
  std::vector<std::string> values;  ///< column names, by class
  std::string shown;                ///< "probs=p_0..p_9"
  std::string option;               ///< "--probs 'p_*'": how to ask for the same columns
  Classes classes;
};

/// Infers what settings leave open. Only one reading may exist. Labels of a table without a header
/// count its columns.
/// Errors  DataError naming the file and its columns
Layout infer_layout(const EvalSettings& settings, const TableReader& table);
/// Refuses a further table that lacks a column of the layout.
void check_columns(const Layout& layout, const TableReader& table);
/// The layout of NPY input: classes by number.
Layout array_layout(const EvalSettings& settings, std::int64_t cols);

/// Refuses a --losses file that is standard output or one of the inputs.
void check_losses(const EvalSettings& settings);

/// What was read.
struct Evaluation {
  Layout layout;
  std::vector<std::string> sources;  ///< as messages name the files
  Summary summary;
  bool single = false;  ///< the values were f32 or narrower
};

/// Reads every file.
/// Errors  DataError (the first bad row of the first bad file), IoError, Interrupted
Evaluation evaluate(const EvalSettings& settings, const Context& context);

/// The 95 % interval of a mean loss; no loss is below 0.
inline Interval loss_interval(double mean, double standard_error) {
  const double half = kZ95 * standard_error;
  return {std::max(mean - half, 0.0), mean + half};
}

/// A warning: what, why, what to try.
std::vector<std::string> eval_warnings(const EvalSettings& settings, const Evaluation& e);
Json eval_json(const EvalSettings& settings, const Evaluation& e,
               const std::vector<std::string>& warnings);
/// What --like's tool does to probabilities, and which ones it is given.
std::string like_note(const EvalSettings& settings, const Evaluation& e);
std::string eval_text(const EvalSettings& settings, const Evaluation& e, const Context& context);

/// The notes of the checks that fail, by the object of eval_json.
std::vector<std::string> failed_checks(const std::vector<Check>& checks, const Json& object);

}  // namespace crossent::cli
