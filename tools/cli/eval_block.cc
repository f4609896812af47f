// One block of a table into a Statistics, and its refusals in the words of the file.
#include "cli/eval_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/suggest.h"

namespace crossent::cli {
namespace {

// What the value outside [0, 1] suggests about its row.
std::string outside_hint(const Layout& layout, std::span<const double> row) {
  double sum = 0;
  bool negative = true, positive = true;
  for (const double v : row) {
    sum += v;
    negative &= v <= 0;
    positive &= v >= 0;
  }
  if (row.size() > 1 && negative)
    return "values at or below 0 look like log-probabilities; use " +
           instead(layout, "--log-probs");
  if (row.size() > 1 && positive && std::fabs(sum - 100) < 0.5)
    return "the row sums to 100: percentages? use --normalize";
  return "values below 0 or above 1 look like logits; use " + instead(layout, "--logits");
}

Fault row_fault(const Layout& layout, std::span<const double> row) {
  if (layout.kind == Kind::logits)
    return {"no class is left: every logit of the row is -inf",
            "a masked class has -inf, but one must stay"};
  double sum = 0;
  for (const double v : row) sum += layout.kind == Kind::probabilities ? v : std::exp(v);
  if (layout.kind == Kind::log_probabilities)
    return {fmt::format("the probabilities exp(..) of the row sum to {:.6g}, not 1", sum),
            "not normalised? use " + instead(layout, "--logits")};
  if (!(sum > 0)) return {fmt::format("the probabilities of the row sum to {:.6g}", sum), ""};
  return {fmt::format("the probabilities of the row sum to {:.9g}, not 1", sum),
          "up to 1e-6 off is taken as rounding; --normalize divides every row by its sum"};
}

std::string unmatched_label(const Classes& classes, const std::string& label) {
  const std::string guess = did_you_mean(label, classes.names);
  if (!guess.empty()) return guess;
  std::string all;
  for (std::size_t k = 0; k < std::min<std::size_t>(classes.size(), 8); ++k)
    all += (k ? ", " : "") + classes.names[k];
  if (classes.size() > 8) all += ", ...";
  const bool number = !label.empty() && std::all_of(label.begin(), label.end(),
                                                    [](char c) { return c >= '0' && c <= '9'; });
  return "the classes, by their columns, are " + all +
         (number ? "; if labels count those columns, add --labels-from 0 or 1" : "");
}

DataError fault_of(const TableBlock& block, const Layout& layout, const Selection& s,
                   const ValueError& e) {
  const auto row = static_cast<std::size_t>(e.row);
  if (e.argument == "weight") {
    const Fault f = weight_fault(block.reals(row, s.weight));
    return block.error(row, s.weight, f.what + fmt::format(" (column \"{}\")", layout.weight),
                       f.hint);
  }
  if (e.argument == "label") {
    if (!layout.classes.by_number) {
      const std::string label(block.texts(s.label)[row]);
      const auto at = layout.classes.index.find(label);
      if (at != layout.classes.index.end() && at->second == Classes::kAmbiguous)
        return block.error(row, s.label,
                           fmt::format("label \"{}\" is the name of one column and the class of "
                                       "another (column \"{}\")",
                                       label, layout.label),
                           "rename one of the columns");
      return block.error(
          row, s.label,
          fmt::format("label \"{}\" matches no class (column \"{}\")", label, layout.label),
          unmatched_label(layout.classes, label));
    }
    return block.error(row, s.label,
                       label_fault(layout.classes, block.integers(s.label)[row]) +
                           fmt::format(" (column \"{}\")", layout.label),
                       "");
  }
  const std::size_t n = layout.values.size();
  std::vector<double> values(n);
  for (std::size_t j = 0; j < n; ++j) values[j] = block.reals(row, j);
  const Fault f = value_fault(layout, values, e.column);
  if (e.column < 0) return block.error(row, 0, f.what, f.hint);
  const auto column = static_cast<std::size_t>(e.column);
  return block.error(row, column, f.what + fmt::format(" (column \"{}\")", layout.values[column]),
                     f.hint);
}

void read_labels_of(const TableBlock& block, const Classes& classes, std::size_t column,
                    Worker& worker) {
  std::vector<std::int64_t>& out = worker.labels;
  out.resize(block.rows);
  if (classes.by_number) {
    const auto labels = block.integers(column);
    LabelRun run;  // of its own: nothing that is written to aliases it
    for (std::size_t i = 0; i < block.rows; ++i) {
      out[i] = classes.at(labels[i]);
      run.take(labels[i]);
    }
    worker.run.take(run);
    return;
  }
  const auto labels = block.texts(column);
  std::string key;
  for (std::size_t i = 0; i < block.rows; ++i) {
    key = labels[i];
    const auto at = classes.index.find(key);
    out[i] = at == classes.index.end() ? -1 : at->second;
  }
}

}  // namespace

Selection select(const Layout& layout) {
  Selection s;
  for (const std::string& name : layout.values) s.columns.push_back({name, ColumnKind::real});
  const auto add = [&](const std::string& name, ColumnKind kind) {
    if (name.empty()) return std::size_t{0};
    for (std::size_t i = 0; i < s.columns.size(); ++i)
      if (s.columns[i].name == name && s.columns[i].kind == kind) return i;
    s.columns.push_back({name, kind});
    return s.columns.size() - 1;
  };
  s.weight = add(layout.weight, ColumnKind::real);
  s.label = add(layout.label, layout.classes.by_number ? ColumnKind::integer : ColumnKind::text);
  s.id = add(layout.id, ColumnKind::text);
  s.group = add(layout.group, ColumnKind::text);
  return s;
}

std::string instead(const Layout& layout, const char* flag) {
  const std::size_t space = layout.option.find(' ');
  if (layout.option.starts_with("--as ")) return std::string("--as ") + (flag + 2);
  return flag + layout.option.substr(space);
}

std::string label_hint(const Classes& classes, const LabelRun& run, bool whole) {
  const auto count = static_cast<std::int64_t>(classes.size());
  const auto fits = [&](std::int64_t base) {
    return run.low >= base && run.high <= base + count - 1;
  };
  if (!classes.by_number) {  // names are expected: numbers of their columns?
    if (!fits(0) && !fits(1)) return "";
    return fmt::format(
        "labels run {}..{} for {} classes: if they count the columns of the classes, use "
        "--labels-from {}",
        run.low, run.high, count,
        fits(0) && fits(1) ? "0 or 1"
        : fits(0)          ? "0"
                           : "1");
  }
  std::string out = fmt::format("labels run {}..{} for {} classes{}", run.low, run.high, count,
                                whole ? "" : ", as far as read");
  for (const std::int64_t base : {0, 1})
    if (base != classes.base && fits(base))
      return out + fmt::format(": they count from {}; use --labels-from {}", base, base);
  return run.low >= classes.base ? out + ": are columns of classes missing?" : out;
}

Fault weight_fault(double weight) {
  const char* scale = "weights may be scaled: only their ratios count";
  if (weight >= 1e-280 && weight <= 1e280)
    return {fmt::format("weight {} times the loss of the row is above 1e289", weight), scale};
  if (weight > 0 && !std::isinf(weight))
    return {fmt::format("weight {} is outside [1e-280, 1e280]", weight), scale};
  return {fmt::format("weight {} is outside [0, inf)", weight), "a weight of 0 leaves a row out"};
}

std::string label_fault(const Classes& classes, std::int64_t label) {
  const auto count = static_cast<std::int64_t>(classes.size());
  return fmt::format("label {} is outside {}..{}", label, classes.base, classes.base + count - 1);
}

Fault value_fault(const Layout& layout, std::span<const double> row, std::int64_t column) {
  if (column < 0) return row_fault(layout, row);
  const double v = row[static_cast<std::size_t>(column)];
  const char* noun = layout.kind == Kind::probabilities ? "probability"
                     : layout.kind == Kind::logits      ? "logit"
                                                        : "log-probability";
  if (std::isnan(v)) return {fmt::format("{} is not a number", noun), ""};
  if (layout.kind == Kind::logits)
    return {"two logits of the row are +inf", "at most one class can be certain"};
  if (layout.kind == Kind::log_probabilities)
    return {fmt::format("log-probability {} is above 0", v),
            "probabilities? use " + instead(layout, "--probs") + "; logits? use " +
                instead(layout, "--logits")};
  return {fmt::format("probability {} is outside [0, 1]", v),
          std::isinf(v) ? "" : outside_hint(layout, row)};
}

RowOutputs loss_outputs(Worker& worker, std::size_t rows, const RowsFile* losses) {
  if (!losses) return {};
  worker.loss.resize(rows);
  worker.p_true.resize(rows);
  worker.predicted.resize(rows);
  return {worker.loss, worker.p_true, worker.predicted};
}

void put_losses(RowsFile& losses, const Worker& worker, const Classes& classes,
                const Source& source, std::int64_t first_row, std::size_t rows,
                std::span<const std::string_view> id) {
  std::string out;
  for (std::size_t i = 0; i < rows; ++i) {
    out += id.empty()
               ? std::to_string(source.rows_before + first_row + static_cast<std::int64_t>(i))
               : csv_field(std::string(id[i]));
    fmt::format_to(std::back_inserter(out), ",{},{},{}\n", worker.loss[i], worker.p_true[i],
                   csv_field(classes.text(worker.predicted[i])));
  }
  losses.put(first_row, static_cast<std::int64_t>(rows), std::move(out));
}

void add_block(const TableBlock& block, const Layout& layout, const Selection& s,
               const Source& source, Worker& worker, RowsFile* losses) {
  const std::size_t values = layout.values.size();
  read_labels_of(block, layout.classes, s.label, worker);
  RowInfo info;
  info.first_row = block.first_row;
  info.source = source.number;
  info.line = [&](std::size_t i) { return block.line(i); };
  if (!layout.weight.empty()) {
    info.weight = RealSpan(&block.reals(0, s.weight), block.rows, block.reals.row_stride);
  }
  if (!layout.id.empty()) info.id = block.texts(s.id);
  if (!layout.group.empty()) info.group = block.texts(s.group);
  const RowOutputs outputs = loss_outputs(worker, block.rows, losses);
  MatrixView<const double> x = block.reals;
  x.cols = values;
  try {
    worker.statistics.add(x, layout.kind, worker.labels, info, outputs);
  } catch (const ValueError& e) {
    throw RowError(fault_of(block, layout, s, e), block.first_row + e.row, e.argument == "label");
  }
  if (losses)
    put_losses(*losses, worker, layout.classes, source, block.first_row, block.rows, info.id);
}

}  // namespace crossent::cli
