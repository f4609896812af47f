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

void fit_number(const training::Moments& m, const FeatureOptions& options, InputColumn* column) {
  if (m.present == 0)
    refuse("fit_inputs", "samples",
           "column " + io::quoted_text(column->name) +
               " has nothing but missing values in the rows (ignore it)");
  if (options.impute) column->fill = m.mean;
  if (!options.standardize) {
    column->factor = options.scale;
    return;
  }
  column->center = m.mean;
  const double factor = 1 / m.deviation;
  column->factor = std::isfinite(factor) ? factor : 1;
}

}  // namespace

std::vector<InputColumn> fit_inputs(const Samples& samples, std::span<const std::size_t> rows,
                                    const FeatureOptions& options) {
  if (!std::isfinite(options.scale) || options.scale == 0)
    refuse_value("fit_inputs", "scale", options.scale, "is outside the finite numbers but 0");
  for (const std::size_t row : rows)
    if (row >= samples.rows)
      refuse_value("fit_inputs", "rows", static_cast<double>(row),
                   "is outside [0, " + std::to_string(samples.rows) + ")");
  std::vector<InputColumn> columns = samples.columns;
  std::vector<InputColumn*> numbers;
  for (InputColumn& column : columns)
    if (!column.is_text()) numbers.push_back(&column);
  const auto moments = training::moments_of(samples, rows, options.standardize || options.impute);
  for (std::size_t c = 0; c < numbers.size(); ++c) fit_number(moments[c], options, numbers[c]);
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

template <class T>
T feature_of(const InputColumn& input, double number, std::size_t row) {
  if (std::isnan(number) && !input.fill)
    refuse("encode", "numbers",
           "column " + io::quoted_text(input.name) + " is missing in row " + std::to_string(row) +
               " (impute, or remove the row)",
           static_cast<std::int64_t>(row));
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
      out[static_cast<std::size_t>(*code++)] = T{1};
    } else {
      *out = feature_of<T>(input, *number++, row);
    }
    out += input.features();
  }
}

void check_rows(const Samples& samples, std::span<const InputColumn> inputs, const Layout& layout,
                std::span<const std::size_t> rows) {
  for (const std::size_t row : rows) {
    if (row >= samples.rows)
      refuse_value("encode", "rows", static_cast<double>(row),
                   "is outside [0, " + std::to_string(samples.rows) + ")");
    const std::int32_t* code = samples.codes.data() + row * layout.texts;
    for (const InputColumn& input : inputs) {
      if (!input.is_text()) continue;
      if (*code < 0 || static_cast<std::size_t>(*code) >= input.levels.size())
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
