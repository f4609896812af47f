// Tables as sources of samples.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/refuse.h"
#include "io/excerpt.h"
#include "io/number.h"
#include "train/json_text.h"
#include "train/sample_source.h"

namespace crossent::training {
namespace {

using io::quoted_text;

enum class Role { number, text, label, target_value, kept };

// A selected column of the table and its place in a block of samples.
struct Use {
  Role role = Role::number;
  std::string name{};
  std::size_t slot = 0;       // among the samples' columns of this role
  bool may_miss = false;      // numbers, texts
  bool as_it_stands = false;  // texts: no word but the empty one stands for a missing value
  bool unseen = false;        // numbers: no value was seen before the read
  std::size_t place = 0;      // in the selection
  std::size_t real = 0;       // among the real columns of the selection
};

bool is_real(Role role) { return role == Role::number || role == Role::target_value; }

// Nothing but missing values tells nothing: numbers, of which a text is refused. So is a number
// with a decimal comma, which must not make words of the others.
bool looks_like_number(const std::string& text) {
  double value;
  return io::parse_real(text, &value) != io::NumberFault::text || io::has_decimal_comma(text);
}

bool is_missing(std::string_view text, const Use& use) {
  return use.as_it_stands ? text.empty() : io::is_missing(text);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class TableSamples final : public SampleSource {
 public:
  TableSamples(TableReader reader, SampleRequest given) : reader_(std::move(reader)) {
    name = reader_.path();
    request = std::move(given);
    if (request.schema)
      plan_for_model();
    else
      plan_by_first_values();
    make_dictionaries();
  }
  int workers() const override { return reader_.workers(); }
  bool read(std::span<const std::string> keep, const std::function<void(Block&)>& use) override;

 private:
  void check_names(const std::vector<std::string>& names, const char* role) const;
  [[noreturn]] void refuse_missing_column(const std::string& column, const char* role) const;
  void check_utf8(const std::string& column) const;
  void refuse_twice(const std::string& target) const;
  void check_options() const;
  void check_given_targets(const std::set<std::string>& features) const;
  void plan_by_first_values();
  void plan_for_model();
  void plan_targets(const std::vector<std::string>& names);
  std::vector<crossent::Column> select(std::span<const std::string> keep);
  void fill(const TableBlock& table, Block* block);
  std::size_t put(const TableBlock& table, const Use& use, std::size_t rows, Block* block);
  std::size_t put_codes(const TableBlock& table, const Use& use, std::size_t rows, Block* block);
  std::size_t put_labels(const TableBlock& table, const Use& use, std::size_t rows, Block* block);
  DataError fault(const TableBlock& table, std::size_t row, const Use& use) const;
  DataError number_fault(const TableBlock& table, std::size_t row, const Use& use) const;
  DataError text_fault(const TableBlock& table, std::size_t row, const Use& use) const;
  std::string number_hint(const Use& use) const;

  TableReader reader_;
  std::vector<Use> uses_;  // in the order of the file, so that its first fault is found
};

void TableSamples::refuse_missing_column(const std::string& column, const char* role) const {
  throw DataError("there is no column " + quoted_text(column) + " (" + role + ")", name,
                  reader_.has_header() ? 1 : 0, 0, "its columns are " + listed(reader_.names()));
}

void TableSamples::check_names(const std::vector<std::string>& names, const char* role) const {
  for (const std::string& column : names)
    if (!reader_.find(column)) refuse_missing_column(column, role);
}

void TableSamples::check_utf8(const std::string& column) const {
  if (!is_utf8(column))
    throw DataError("the name of column " + quoted_text(column) + " is not UTF-8", name, 1, 0,
                    kToUtf8);
}

void TableSamples::plan_targets(const std::vector<std::string>& names) {
  targets = names;
  for (std::size_t t = 0; t < names.size(); ++t)
    uses_.push_back({names.size() == 1 ? Role::label : Role::target_value, names[t], t});
}

void TableSamples::refuse_twice(const std::string& target) const {
  const std::vector<std::string>& given = request.options.targets;
  if (std::count(given.begin(), given.end(), target) > 1)
    refuse("read_samples", "targets", "targets name " + quoted_text(target) + " twice");
}

void TableSamples::check_options() const {
  const SampleOptions& options = request.options;
  check_names(options.targets, "target");
  check_names(options.ignore, "ignored");
  check_names(options.text, "text");
  for (const std::string& target : options.targets) {
    check_utf8(target);
    if (contains(options.ignore, target))
      refuse("read_samples", "ignore", "ignore names the target " + quoted_text(target));
    refuse_twice(target);
  }
}

void TableSamples::plan_by_first_values() {
  check_options();
  const SampleOptions& options = request.options;
  const std::vector<std::string> first = reader_.first_values();
  std::size_t slots[2] = {0, 0};
  for (std::size_t f = 0; f < reader_.names().size(); ++f) {
    const std::string& column = reader_.names()[f];
    if (contains(options.ignore, column)) {
      others.push_back(column);
      continue;
    }
    if (contains(options.targets, column)) continue;
    check_utf8(column);
    const bool named = contains(options.text, column);
    const bool text = named || !looks_like_number(first[f]);
    uses_.push_back({.role = text ? Role::text : Role::number,
                     .name = column,
                     .slot = slots[text]++,
                     .may_miss = options.allow_missing,
                     .as_it_stands = named,
                     .unseen = first[f].empty()});
    columns.push_back({column, text});
  }
  if (columns.empty())
    throw DataError("no column is left to learn from", name, reader_.has_header() ? 1 : 0, 0,
                    "its columns are " + listed(reader_.names()));
  plan_targets(options.targets);
}

// The labels of a model's targets, in its order, in columns of other names.
void TableSamples::check_given_targets(const std::set<std::string>& features) const {
  const std::vector<std::string>& given = request.options.targets;
  if (given.size() != request.schema->targets.size())
    refuse("read_samples", "targets",
           "targets.size() = " + std::to_string(given.size()) + " is not " +
               std::to_string(request.schema->targets.size()) + ", the number of the model's");
  for (const std::string& target : given) {
    if (features.contains(target))
      refuse("read_samples", "targets",
             "targets name " + quoted_text(target) + ", which is a feature of the model");
    refuse_twice(target);
  }
}

void TableSamples::plan_for_model() {
  const Schema& schema = *request.schema;
  std::size_t slots[2] = {0, 0};
  std::set<std::string> used;
  for (const InputColumn& input : schema.inputs) {
    if (!reader_.find(input.name)) refuse_missing_column(input.name, "the model needs it");
    uses_.push_back({.role = input.is_text() ? Role::text : Role::number,
                     .name = input.name,
                     .slot = slots[input.is_text()]++,
                     .may_miss = input.fill.has_value()});
    columns.push_back({input.name, input.is_text()});
    used.insert(input.name);
  }
  const std::vector<std::string>& given = request.options.targets;
  if (!given.empty()) check_given_targets(used);
  const std::vector<std::string>& names = given.empty() ? schema.targets : given;
  const bool all_targets = std::all_of(names.begin(), names.end(),
                                       [&](const auto& t) { return reader_.find(t).has_value(); });
  if (all_targets || request.need_targets || !given.empty()) {
    check_names(names, "target");
    plan_targets(names);
    used.insert(names.begin(), names.end());
  }
  for (const std::string& column : reader_.names())
    if (!used.contains(column)) others.push_back(column);
}

std::string TableSamples::number_hint(const Use& use) const {
  if (use.role == Role::target_value) return "each of several targets is 0 or 1";
  if (request.schema) return "the model takes numbers here";
  return std::string(use.unseen ? "its first values are missing" : "its first value is a number") +
         ": --text COL reads the column as texts";
}

std::vector<crossent::Column> TableSamples::select(std::span<const std::string> keep) {
  for (std::size_t k = 0; k < keep.size(); ++k) {
    if (!reader_.find(keep[k])) refuse_missing_column(keep[k], "to keep");
    uses_.push_back({Role::kept, keep[k], k});
  }
  std::stable_sort(uses_.begin(), uses_.end(), [&](const Use& a, const Use& b) {
    return *reader_.find(a.name) < *reader_.find(b.name);
  });
  std::vector<crossent::Column> selection;
  std::size_t reals = 0;
  for (Use& use : uses_) {
    use.place = selection.size();
    if (is_real(use.role)) use.real = reals++;
    selection.push_back({use.name,
                         is_real(use.role) ? ColumnKind::real_or_missing : ColumnKind::text,
                         is_real(use.role) ? number_hint(use) : ""});
  }
  return selection;
}

bool TableSamples::read(std::span<const std::string> keep, const std::function<void(Block&)>& use) {
  const std::vector<crossent::Column> selection = select(keep);
  std::vector<Block> blocks(static_cast<std::size_t>(workers()));
  return reader_.read(selection, [&](const TableBlock& table) {
    Block& block = blocks[static_cast<std::size_t>(table.worker)];
    prepare(table.first_row, table.rows, table.worker, &block);
    block.kept.resize(table.rows * keep.size());
    fill(table, &block);
    use(block);
  });
}

// Each column goes on only to the first row that is bad so far.
void TableSamples::fill(const TableBlock& table, Block* block) {
  std::size_t good = table.rows;
  const Use* bad = nullptr;
  for (const Use& use : uses_) {
    const std::size_t done = put(table, use, good, block);
    if (done == good) continue;
    good = done;
    bad = &use;
  }
  if (bad) throw fault(table, good, *bad);
}

// Returns the first row in [0, rows) whose field is refused, else `rows`.
std::size_t TableSamples::put(const TableBlock& table, const Use& use, std::size_t rows,
                              Block* block) {
  Samples& samples = block->samples;
  const std::size_t stride = block->kept.size() / table.rows;
  switch (use.role) {
    case Role::number: {
      const std::size_t numbers = samples.numbers.size() / table.rows;
      for (std::size_t r = 0; r < rows; ++r) {
        const double value = table.reals(r, use.real);
        if (!std::isfinite(value) && !(std::isnan(value) && use.may_miss)) return r;
        samples.numbers[r * numbers + use.slot] = value;
      }
      return rows;
    }
    case Role::target_value:
      for (std::size_t r = 0; r < rows; ++r) {
        const double value = table.reals(r, use.real);
        if (value != 0 && value != 1) return r;
        samples.target_values[r * targets.size() + use.slot] = static_cast<float>(value);
      }
      return rows;
    case Role::kept:
      for (std::size_t r = 0; r < rows; ++r)
        block->kept[r * stride + use.slot] = table.texts(use.place)[r];
      return rows;
    case Role::label:
      return put_labels(table, use, rows, block);
    default:
      return put_codes(table, use, rows, block);
  }
}

std::size_t TableSamples::put_codes(const TableBlock& table, const Use& use, std::size_t rows,
                                    Block* block) {
  const auto texts = table.texts(use.place);
  Samples& samples = block->samples;
  Dictionary& levels = dictionaries[static_cast<std::size_t>(table.worker)].levels[use.slot];
  const std::size_t stride = samples.codes.size() / table.rows;
  for (std::size_t r = 0; r < rows; ++r) {
    const bool missing = !request.schema && is_missing(texts[r], use);
    const std::int32_t number = missing ? kMissingCode : levels.number(texts[r]);
    if (number == kMissingCode && !(use.may_miss && (missing || request.schema))) return r;
    samples.codes[r * stride + use.slot] = number;
  }
  return rows;
}

std::size_t TableSamples::put_labels(const TableBlock& table, const Use& use, std::size_t rows,
                                     Block* block) {
  const auto texts = table.texts(use.place);
  Dictionary& classes = dictionaries[static_cast<std::size_t>(table.worker)].classes;
  for (std::size_t r = 0; r < rows; ++r) {
    if (texts[r].empty()) return r;
    const std::int32_t number = classes.class_number(texts[r]);
    if (number == Dictionary::kUnknown) return r;
    block->samples.labels[r] = number;
  }
  return rows;
}

DataError TableSamples::fault(const TableBlock& table, std::size_t row, const Use& use) const {
  if (is_real(use.role)) return number_fault(table, row, use);
  if (use.role == Role::text) return text_fault(table, row, use);
  const std::string column = "column " + quoted_text(use.name);
  const std::string text(table.texts(use.place)[row]);
  if (text.empty())
    return table.error(row, use.place, "the label is missing (" + column + ")",
                       "remove the row: there is nothing to learn from it or to compare with");
  if (!request.schema)
    return table.error(row, use.place, "a text is not UTF-8 (" + column + ")", kToUtf8);
  return table.error(row, use.place, "the model knows no class " + quoted_text(text),
                     "its classes are " + listed(request.schema->classes));
}

DataError TableSamples::text_fault(const TableBlock& table, std::size_t row, const Use& use) const {
  const std::string column = "column " + quoted_text(use.name);
  const std::string text(table.texts(use.place)[row]);
  if (request.schema)
    return table.error(row, use.place, "the model knows no " + quoted_text(text) + " in " + column,
                       "it knows " + listed(dictionaries[0].levels[use.slot].texts()) +
                           "; trained with --impute, it takes others as missing");
  if (!is_missing(text, use))
    return table.error(row, use.place, "a text is not UTF-8 (" + column + ")", kToUtf8);
  const bool word = text.find_first_not_of(" \t") != text.npos;
  return table.error(
      row, use.place, "a text is missing (" + column + ")",
      "fill it in or remove the row; --impute takes the column's most frequent text" +
          (word ? ", --text COL this one as it stands" : std::string()));
}

DataError TableSamples::number_fault(const TableBlock& table, std::size_t row,
                                     const Use& use) const {
  const double value = table.reals(row, use.real);
  const std::string column = "column " + quoted_text(use.name);
  if (use.role == Role::target_value)
    return table.error(row, use.place,
                       std::isnan(value) ? "the label is missing (" + column + ")"
                                         : "target " + quoted_text(use.name) + " is " +
                                               number_text(value) + ", not 0 or 1",
                       number_hint(use));
  if (std::isnan(value))
    return table.error(row, use.place, "a number is missing (" + column + ")",
                       request.schema
                           ? "the model was trained without missing values here (--impute)"
                           : "fill it in or remove the row; --impute fills in the column's mean");
  return table.error(row, use.place, column + " is " + number_text(value) + ", not a finite number",
                     "correct the value or remove the row");
}

}  // namespace

std::unique_ptr<SampleSource> open_table(TableReader reader, SampleRequest request) {
  return std::make_unique<TableSamples>(std::move(reader), std::move(request));
}

}  // namespace crossent::training
