// NPY and NPZ input: values in one array, labels (weights, groups, ids) in others.
#include <fmt/format.h>

#include <algorithm>

#include "cli/errors.h"
#include "cli/eval_read.h"
#include "cli/suggest.h"
#include "cli/watch.h"

namespace crossent::cli {
namespace {

struct Place {
  std::string path, member;
};

bool is_archive(const std::string& path) { return detect_format(path) == FileFormat::npz; }

std::string listed_arrays(const std::vector<std::string>& members) {
  std::string all;
  for (const std::string& m : members) all += (all.empty() ? "arrays: " : ", ") + m;
  return all;
}

// The values: the member that is named, or the only one that is not the label.
Place values_place(const EvalSettings& settings, const std::string& path) {
  if (!is_archive(path)) {
    if (!settings.values.empty())
      throw UsageError(
          fmt::format("an NPY file has one array, and no name \"{}\" in it", settings.values),
          "--as probs, --as logits or --as log-probs");
    return {path, ""};
  }
  std::vector<std::string> members = archive_members(path);
  if (!settings.values.empty()) {
    if (std::count(members.begin(), members.end(), settings.values) == 0) {
      const std::string guess = did_you_mean(settings.values, members);
      throw DataError(fmt::format("there is no array \"{}\"", settings.values), path, 0, 0,
                      guess.empty() ? listed_arrays(members) : guess);
    }
    return {path, settings.values};
  }
  std::erase_if(members, [&](const std::string& m) {
    return m == settings.label || m == settings.weight || m == settings.group || m == settings.id;
  });
  if (members.size() != 1)
    throw DataError("several arrays could hold the values", path, 0, 0,
                    "name one: --probs, --logits or --log-probs NAME; " + listed_arrays(members));
  return {path, members[0]};
}

// A label, weight, group or id: a member of the archive of that name, else a file.
Place side_place(const std::string& name, const std::string& path) {
  if (is_archive(path)) {
    const std::vector<std::string> members = archive_members(path);
    if (std::count(members.begin(), members.end(), name) > 0) return {path, name};
  }
  return {name, ""};
}

ArrayOptions array_options(const Place& place, const Context& context) {
  ArrayOptions options;
  options.member = place.member;
  options.threads = context.threads;
  options.stop = &stop_requested;
  return options;
}

void need_rows(const std::string& name, std::int64_t got, std::int64_t rows) {
  if (got != rows) throw DataError(fmt::format("{} rows, but the values have {}", got, rows), name);
}

std::vector<double> read_reals(const Place& place, const Context& context, std::int64_t rows) {
  ArrayReader array(place.path, array_options(place, context));
  need_rows(array.path(), array.rows(), rows);
  if (array.cols() != 1) throw DataError("one weight a row is expected", array.path());
  std::vector<double> out(static_cast<std::size_t>(rows));
  const bool complete = array.read([&](const ArrayBlock& block) {
    for (std::size_t i = 0; i < block.rows; ++i)
      out[static_cast<std::size_t>(block.first_row) + i] = block.real(i, 0);
  });
  if (!complete) throw Interrupted();
  return out;
}

// What belongs to the rows of the values.
struct Sides {
  LabelArray label, group, id;
  std::vector<double> weight;
};

Sides read_sides(const EvalSettings& settings, const std::string& path, const Context& context,
                 std::int64_t rows) {
  const auto integers = [&](const std::string& name) {
    const Place place = side_place(name, path);
    LabelArray array = read_labels(place.path, array_options(place, context));
    need_rows(name, static_cast<std::int64_t>(array.size()), rows);
    return array;
  };
  Sides sides;
  sides.label = integers(settings.label);
  if (!settings.group.empty()) sides.group = integers(settings.group);
  if (!settings.id.empty()) sides.id = integers(settings.id);
  if (!settings.weight.empty())
    sides.weight = read_reals(side_place(settings.weight, path), context, rows);
  return sides;
}

DataError array_fault(const ArrayBlock& block, const std::string& path, const Layout& layout,
                      const Sides& sides, const ValueError& e) {
  const std::int64_t row = block.first_row + e.row;
  const auto at = static_cast<std::size_t>(row);
  if (e.argument == "label") {
    const Labels labels = sides.label.labels();
    LabelRun run;
    for (std::size_t i = 0; i < labels.size(); ++i) run.take(labels[i]);
    return DataError(fmt::format("[{}]: {}", row, label_fault(layout.classes, labels[at])),
                     layout.label, 0, 0, label_hint(layout.classes, run, true));
  }
  if (e.argument == "weight") {
    const Fault f = weight_fault(sides.weight[at]);
    return DataError(fmt::format("[{}]: {}", row, f.what), layout.weight, 0, 0, f.hint);
  }
  std::vector<double> values(block.cols);
  for (std::size_t j = 0; j < block.cols; ++j)
    values[j] = block.real(static_cast<std::size_t>(e.row), j);
  const Fault f = value_fault(layout, values, e.column);
  const std::string place =
      e.column < 0 ? fmt::format("[{}]", row) : fmt::format("[{}, {}]", row, e.column);
  return DataError(place + ": " + f.what, path, 0, 0, f.hint);
}

void add_values(const ArrayBlock& block, Kind kind, Worker& worker, const RowInfo& info,
                const RowOutputs& outputs) {
  const auto add = [&](auto view) {
    worker.statistics.add(view, kind, worker.labels, info, outputs);
  };
  switch (block.type) {
    case ElementType::f64:
      return add(block.view<double>());
    case ElementType::f32:
      return add(block.view<float>());
    case ElementType::f16:
      return add(block.view<f16>());
    default: {  // integers, such as one-hot predictions
      std::vector<double> values(block.rows * block.cols);
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = block.real(i / block.cols, i % block.cols);
      add(MatrixView<const double>(matrix(values.data(), block.rows, block.cols)));
    }
  }
}

std::vector<std::string> texts(const LabelArray& array, const ArrayBlock& block) {
  std::vector<std::string> out;
  for (std::size_t i = 0; array.size() > 0 && i < block.rows; ++i)
    out.push_back(array.labels().text(static_cast<std::size_t>(block.first_row) + i));
  return out;
}

}  // namespace

void Evaluator::add_array(const std::string& path) {
  const bool archive = is_archive(path);
  const auto arrays = [&] { return "; " + listed_arrays(archive_members(path)); };
  if (!settings_.kind)
    throw UsageError(
        fmt::format("an {} file does not say what its numbers are", archive ? "NPZ" : "NPY"),
        archive ? "--probs, --logits or --log-probs NAME" + arrays()
                : "--as probs, --as logits or --as log-probs");
  if (settings_.label.empty())
    throw UsageError(archive ? "no array of the NPZ file is named as the labels"
                             : "the labels of an NPY file are in another one",
                     archive ? "--label NAME" + arrays() : "--label Y.npy");
  if (settings_.files.size() > 1)
    throw UsageError(
        fmt::format("one {} file at a time", archive ? "NPZ" : "NPY"),
        "its labels are one array: --label " + std::string(archive ? "NAME" : "Y.npy"));
  const Place place = values_place(settings_, path);
  Progress progress;
  ArrayOptions options = array_options(place, context_);
  options.progress = &progress;
  ArrayReader array(place.path, options);
  if (settings_.binary && array.cols() != 1)
    throw DataError(fmt::format("--prob takes one column, not {}", array.cols()), array.path(), 0,
                    0, "many classes: --probs " + place.member);
  if (array.rows() == 0) throw DataError("there are no rows", array.path());
  if (array.cols() == 0) throw DataError("there are no classes: the rows are empty", array.path());
  use_layout(array_layout(settings_, array.cols()));
  const Layout& layout = result_.layout;
  const Source source = open_source(array.path(), array.workers());
  const Sides sides = read_sides(settings_, path, context_, array.rows());
  result_.single = array.type() == ElementType::f32 || array.type() == ElementType::f16;
  const Watch watch(context_.terminal, progress, array.path());
  const bool complete = array.read([&](const ArrayBlock& block) {
    Worker& worker = this->worker(block.worker);
    const auto first = static_cast<std::size_t>(block.first_row);
    worker.labels.resize(block.rows);
    for (std::size_t i = 0; i < block.rows; ++i)
      worker.labels[i] = layout.classes.at(sides.label.labels()[first + i]);
    const std::vector<std::string> ids = texts(sides.id, block), groups = texts(sides.group, block);
    const std::vector<std::string_view> id(ids.begin(), ids.end());
    const std::vector<std::string_view> group(groups.begin(), groups.end());
    RowInfo info;
    info.first_row = block.first_row;
    info.source = source.number;
    info.id = id;
    info.group = group;
    if (!sides.weight.empty()) info.weight = RealSpan(sides.weight.data() + first, block.rows);
    try {
      add_values(block, layout.kind, worker, info, loss_outputs(worker, block.rows, losses_.get()));
    } catch (const ValueError& e) {
      throw array_fault(block, array.path(), layout, sides, e);
    }
    if (losses_)
      put_losses(*losses_, worker, layout.classes, source, block.first_row, block.rows, info.id);
  });
  if (!complete) throw Interrupted();
  rows_ += array.rows();
}

}  // namespace crossent::cli
