// Columns of samples as features of a network.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/refuse.h"
#include "core/rows.h"
#include "crossent/samples.h"
#include "io/excerpt.h"
#include "train/samples_moments.h"

namespace crossent {
namespace {

void refuse_empty(std::string_view op, const InputColumn& column) {
  refuse(op, "samples",
         "column " + io::quoted_text(column.name) +
             " has nothing but missing values in the rows (ignore it)");
}

void fit_number(const training::Moments& m, const FeatureOptions& options, InputColumn* column) {
  if (m.present == 0) refuse_empty("fit_inputs", *column);
  if (options.impute) column->fill = m.mean;
  if (!options.standardize) {
    column->factor = options.scale;
    return;
  }
  column->center = m.mean;
  const double factor = 1 / m.deviation;
  column->factor = std::isfinite(factor) ? factor : 1;
}

void check_rows_of(std::string_view op, const Samples& samples, std::span<const std::size_t> rows) {
  for (const std::size_t row : rows)
    if (row >= samples.rows)
      refuse_value(op, "rows", static_cast<double>(row),
                   "is outside [0, " + std::to_string(samples.rows) + ")");
}

// How many of the rows have each level, for every column of texts.
std::vector<std::vector<std::size_t>> level_counts(const Samples& samples,
                                                   std::span<const std::size_t> rows) {
  std::vector<std::vector<std::size_t>> counts;
  for (const InputColumn& column : samples.columns)
    if (column.is_text()) counts.emplace_back(column.levels.size());
  for (const std::size_t row : rows)
    for (std::size_t t = 0; t < counts.size(); ++t)
      if (const std::int32_t code = samples.codes[row * counts.size() + t]; code != kMissingCode)
        ++counts[t][static_cast<std::size_t>(code)];
  return counts;
}

// Gives the column's rows their new codes and tells which levels become missing.
void renumber_levels(const std::vector<std::int32_t>& numbers, std::size_t text,
                     const InputColumn& column, Samples* samples,
                     std::vector<UnseenLevel>* unseen) {
  const std::size_t texts = samples->text_columns();
  std::vector<bool> told(numbers.size());
  for (std::size_t row = 0; row < samples->rows; ++row) {
    std::int32_t& code = samples->codes[row * texts + text];
    if (code == kMissingCode) continue;
    const auto level = static_cast<std::size_t>(code);
    code = numbers[level];
    if (code != kMissingCode || told[level]) continue;
    told[level] = true;
    unseen->push_back({column.name, column.levels[level], row});
  }
}

// The most frequent level, the first of several.
void fit_text(const std::vector<std::size_t>& counts, InputColumn* column) {
  const auto most = std::max_element(counts.begin(), counts.end());
  if (*most == 0) refuse_empty("fit_inputs", *column);
  column->fill = static_cast<double>(most - counts.begin());
}

}  // namespace

std::vector<UnseenLevel> keep_levels(std::span<const std::size_t> rows, Samples* samples) {
  check_rows_of("keep_levels", *samples, rows);
  const auto counts = level_counts(*samples, rows);
  std::vector<UnseenLevel> unseen;
  std::size_t text = 0;
  for (InputColumn& column : samples->columns) {
    if (!column.is_text()) continue;
    std::vector<std::string> kept;
    std::vector<std::int32_t> renumbered;
    for (std::size_t k = 0; k < column.levels.size(); ++k) {
      const bool seen = counts[text][k] > 0;
      renumbered.push_back(seen ? static_cast<std::int32_t>(kept.size()) : kMissingCode);
      if (seen) kept.push_back(column.levels[k]);
    }
    if (kept.empty()) refuse_empty("keep_levels", column);
    if (kept.size() < column.levels.size())
      renumber_levels(renumbered, text, column, samples, &unseen);
    column.levels = std::move(kept);
    ++text;
  }
  return unseen;
}

std::vector<InputColumn> fit_inputs(const Samples& samples, std::span<const std::size_t> rows,
                                    const FeatureOptions& options) {
  if (!std::isfinite(options.scale) || options.scale == 0)
    refuse_value("fit_inputs", "scale", options.scale, "is outside the finite numbers but 0");
  check_rows_of("fit_inputs", samples, rows);
  std::vector<InputColumn> columns = samples.columns;
  std::vector<InputColumn*> numbers;
  for (InputColumn& column : columns)
    if (!column.is_text()) numbers.push_back(&column);
  const auto moments = training::moments_of(samples, rows, options.standardize || options.impute);
  for (std::size_t c = 0; c < numbers.size(); ++c) fit_number(moments[c], options, numbers[c]);
  if (!options.impute) return columns;
  const auto counts = level_counts(samples, rows);
  auto count = counts.begin();
  for (InputColumn& column : columns)
    if (column.is_text()) fit_text(*count++, &column);
  return columns;
}

namespace {

struct Layout {
  std::size_t numbers = 0, texts = 0, features = 0;
};

// What tells two columns apart: "has 3 levels, but the samples' has 2"; empty: nothing.
std::string difference(const InputColumn& input, const InputColumn& samples) {
  const auto quoted = [](const std::string& text) { return io::quoted_text(text); };
  const std::string column = " (column " + quoted(input.name) + ") has ";
  if (input.name != samples.name)
    return " is column " + quoted(input.name) + ", but the samples' is column " +
           quoted(samples.name);
  if (input.levels.size() != samples.levels.size())
    return column + std::to_string(input.levels.size()) + " levels, but the samples' has " +
           std::to_string(samples.levels.size());
  for (std::size_t k = 0; k < input.levels.size(); ++k)
    if (input.levels[k] != samples.levels[k])
      return column + "level[" + std::to_string(k) + "] = " + quoted(input.levels[k]) +
             ", but the samples' has " + quoted(samples.levels[k]);
  return "";
}

// The columns of a stream are empty: its rows are the model's.
void check_columns(const Samples& samples, std::span<const InputColumn> inputs) {
  for (std::size_t i = 0; i < std::min(inputs.size(), samples.columns.size()); ++i)
    if (const std::string what = difference(inputs[i], samples.columns[i]); !what.empty())
      refuse("encode", "inputs",
             "inputs[" + std::to_string(i) + "]" + what + " (read the samples for the model)",
             static_cast<std::int64_t>(i));
}

Layout layout_of(const Samples& samples, std::span<const InputColumn> inputs) {
  Layout layout;
  for (const InputColumn& input : inputs) {
    ++(input.is_text() ? layout.texts : layout.numbers);
    layout.features += input.features();
  }
  if (samples.numbers.size() != samples.rows * layout.numbers ||
      samples.codes.size() != samples.rows * layout.texts)
    refuse("encode", "inputs",
           "inputs have " + std::to_string(layout.numbers) + " columns of numbers and " +
               std::to_string(layout.texts) + " of texts, which is not what the samples hold");
  return layout;
}

[[noreturn]] void refuse_missing(const InputColumn& input, std::size_t row, const char* argument) {
  refuse("encode", argument,
         "column " + io::quoted_text(input.name) + " is missing in row " + std::to_string(row) +
             " (impute, or remove the row)",
         static_cast<std::int64_t>(row));
}

template <class T>
T feature_of(const InputColumn& input, double number, std::size_t row) {
  if (std::isnan(number) && !input.fill) refuse_missing(input, row, "numbers");
  const double value = ((std::isnan(number) ? *input.fill : number) - input.center) * input.factor;
  if (!(std::fabs(value) <= double{std::numeric_limits<T>::max()}))
    refuse_value("encode", "numbers", value,
                 "is outside the finite numbers of the network (column " +
                     io::quoted_text(input.name) + "; standardise it, or train in f64)",
                 static_cast<std::int64_t>(row));
  return static_cast<T>(value);
}

template <class T>
void encode_row(const Samples& samples, std::span<const InputColumn> inputs, const Layout& layout,
                std::size_t row, T* out) {
  const double* number = samples.numbers.data() + row * layout.numbers;
  const std::int32_t* code = samples.codes.data() + row * layout.texts;
  for (const InputColumn& input : inputs) {
    if (input.is_text()) {
      std::fill_n(out, input.levels.size(), T{0});
      const std::int32_t level = *code++;
      out[static_cast<std::size_t>(level == kMissingCode ? *input.fill : level)] = T{1};
    } else {
      *out = feature_of<T>(input, *number++, row);
    }
    out += input.features();
  }
}

void check_rows(const Samples& samples, std::span<const InputColumn> inputs, const Layout& layout,
                std::span<const std::size_t> rows) {
  check_rows_of("encode", samples, rows);
  for (const std::size_t row : rows) {
    const std::int32_t* code = samples.codes.data() + row * layout.texts;
    for (const InputColumn& input : inputs) {
      if (!input.is_text()) continue;
      if (*code == kMissingCode && !input.fill) refuse_missing(input, row, "codes");
      if (*code < kMissingCode || *code >= static_cast<std::int32_t>(input.levels.size()))
        refuse_value("encode", "codes", *code,
                     "is outside [0, " + std::to_string(input.levels.size()) + ")",
                     static_cast<std::int64_t>(row));
      ++code;
    }
  }
}

}  // namespace

template <class T>
std::vector<T> encode(const Samples& samples, std::span<const InputColumn> inputs,
                      std::span<const std::size_t> rows) {
  const Layout layout = layout_of(samples, inputs);
  check_columns(samples, inputs);
  check_rows(samples, inputs, layout, rows);
  std::vector<T> features(rows.size() * layout.features);
  core::for_each_block(rows.size(), core::rows_per_block(layout.features), layout.features, 0,
                       [&](std::size_t, std::size_t begin, std::size_t end) {
                         for (std::size_t i = begin; i < end; ++i)
                           encode_row(samples, inputs, layout, rows[i],
                                      features.data() + i * layout.features);
                       });
  return features;
}

template std::vector<float> encode(const Samples&, std::span<const InputColumn>,
                                   std::span<const std::size_t>);
template std::vector<double> encode(const Samples&, std::span<const InputColumn>,
                                    std::span<const std::size_t>);

}  // namespace crossent
