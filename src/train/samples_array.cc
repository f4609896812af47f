#include "train/samples_array.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/refuse.h"
#include "io/byte_source.h"
#include "io/excerpt.h"
#include "io/idx.h"
#include "train/sample_format.h"

namespace crossent::training {
namespace {

constexpr std::string_view kPrefix = "feature_";

std::optional<std::size_t> feature_number(const std::string& name) {
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const auto result = std::from_chars(name.data() + kPrefix.size(), end, number);
  if (result.ec != std::errc() || result.ptr != end || name != feature_name(number))
    return std::nullopt;
  return number;
}

// A label of an array and its place in messages.
void add_label(std::string_view text, const SampleRequest& request, LabelFile* labels) {
  const std::int32_t number = labels->classes.class_number(text);
  if (number == Dictionary::kUnknown)
    throw DataError("the model knows no class " + io::quoted_text(text) + " (label[" +
                        std::to_string(labels->numbers.size()) + "])",
                    labels->name, 0, 0, "its classes are " + listed(request.schema->classes));
  labels->numbers.push_back(number);
}

void read_idx_labels(const std::string& path, const SampleRequest& request, LabelFile* labels) {
  constexpr std::size_t kRows = 64 * 1024;
  const SampleOptions& options = request.options;
  io::IdxReader reader(io::decompressed(io::open_file(path, options.stop, options.progress), path),
                       path);
  if (reader.dimensions() != 1 || is_floating(reader.type()))
    throw DataError("the labels are " + reader.shape(), path, 0, 0,
                    "one integer a row is expected: are these the images?");
  std::vector<char> bytes;
  std::vector<double> values;
  while (const std::size_t rows = reader.next(kRows, &bytes)) {
    values.resize(rows);
    io::idx_reals(reader.type(), bytes.data(), rows, values.data());
    for (const double value : values)
      add_label(std::to_string(static_cast<std::int64_t>(value)), request, labels);
  }
}

void read_npy_labels(const std::string& path, const SampleRequest& request, LabelFile* labels) {
  const ArrayPath at = array_path(path);
  const LabelArray array =
      read_labels(at.file, {.member = at.member, .stop = request.options.stop});
  for (std::size_t i = 0; i < array.size(); ++i) add_label(array.labels().text(i), request, labels);
}

}  // namespace

std::string feature_name(std::size_t column) {
  return std::string(kPrefix) + std::to_string(column);
}

LabelFile read_label_file(const std::string& path, const SampleRequest& request) {
  LabelFile labels;
  labels.name = io::shown_path(path);
  if (request.schema) labels.classes = Dictionary(request.schema->classes);
  switch (sample_format(path)) {
    case SampleFormat::idx:
      read_idx_labels(path, request, &labels);
      break;
    case SampleFormat::array:
      read_npy_labels(path, request, &labels);
      break;
    default:
      throw DataError("the labels of an array are expected in NPY, NPZ or IDX", labels.name, 0, 0,
                      "name the file of the labels as the target");
  }
  return labels;
}

void ArraySource::choose_all(std::size_t width) {
  if (!request.options.text.empty())
    refuse("read_samples", "text", "text names columns, but arrays hold numbers alone");
  const std::vector<std::string>& ignore = request.options.ignore;
  for (const std::string& column : ignore) {
    const auto number = feature_number(column);
    if (!number || *number >= width)
      throw DataError("there is no column " + io::quoted_text(column) + " (ignored)", name, 0, 0,
                      "its columns are feature_0 to " + feature_name(width - 1));
  }
  for (std::size_t c = 0; c < width; ++c) {
    const std::string column = feature_name(c);
    if (std::find(ignore.begin(), ignore.end(), column) != ignore.end()) continue;
    chosen_.push_back({c, request.options.allow_missing});
    columns.push_back({column, false});
  }
  if (columns.empty()) throw DataError("no column is left to learn from", name);
}

void ArraySource::choose_for_model(std::size_t width, bool sparse) {
  for (const InputColumn& input : request.schema->inputs) {
    const auto number = feature_number(input.name);
    if (!number || input.is_text() || (*number >= width && !sparse))
      throw DataError("there is no column " + io::quoted_text(input.name) + " (the model needs it)",
                      name, 0, 0, "an array's columns are feature_0, feature_1, ...");
    chosen_.push_back({*number, input.fill.has_value()});
    columns.push_back({input.name, false});
  }
}

void ArraySource::choose_columns(std::size_t width, bool sparse) {
  if (request.schema)
    choose_for_model(width, sparse);
  else
    choose_all(width);
}

void ArraySource::read_label_file(std::uint64_t rows) {
  const std::vector<std::string>& files = request.options.targets;
  if (files.size() > 1)
    refuse("read_samples", "targets",
           "targets = " + std::to_string(files.size()) +
               " files: an array has one file of labels (use a table for several targets)");
  if (files.empty()) {
    if (request.schema && request.need_targets)
      throw DataError("the labels of the array are needed", name, 0, 0,
                      "name the file of the labels as the target");
    return;
  }
  labels_ = training::read_label_file(files[0], request);
  if (labels_->numbers.size() != rows)
    throw DataError(std::to_string(labels_->numbers.size()) + " labels for the " +
                        std::to_string(rows) + " rows of " + name,
                    labels_->name, 0, 0, "one label a row is expected");
  targets = {kLabelName};
}

void ArraySource::make_array_dictionaries() {
  make_dictionaries();
  if (!labels_) return;
  for (Dictionaries& each : dictionaries) each.classes = labels_->classes;
}

void ArraySource::check_keep(std::span<const std::string> keep) const {
  if (!keep.empty())
    throw DataError("there is no column " + io::quoted_text(keep[0]) + " (to keep)", name, 0, 0,
                    "arrays hold features alone");
}

void ArraySource::begin_block(std::int64_t first_row, std::size_t rows, int worker,
                              Block* block) const {
  prepare(first_row, rows, worker, block);
  if (labels_)
    std::copy_n(labels_->numbers.begin() + first_row, rows, block->samples.labels.begin());
}

void ArraySource::put_row(std::span<const double> values, std::size_t row, Block* block) const {
  double* out = block->samples.numbers.data() + row * chosen_.size();
  for (const Choice& choice : chosen_) {
    const double value = choice.column < values.size() ? values[choice.column] : 0;
    if (!std::isfinite(value) && !(std::isnan(value) && choice.may_miss)) {
      const std::string at = std::to_string(block->first_row + static_cast<std::int64_t>(row));
      throw DataError("element [" + at + "][" + std::to_string(choice.column) + "] is " +
                          number_text(value) + ", not a finite number",
                      name, 0, 0,
                      std::isnan(value) ? "fill it in or remove the row; --impute fills in the "
                                          "column's mean"
                                        : "correct the value or remove the row");
    }
    *out++ = value;
  }
}

namespace {

class NpySource final : public ArraySource {
 public:
  NpySource(ArrayReader reader, SampleRequest given)
      : ArraySource(std::move(given)), reader_(std::move(reader)) {
    name = reader_.path();
    if (reader_.dimensions() != 2)
      throw DataError("the array has one dimension", name, 0, 0,
                      "rows of features need two: are these the labels?");
    choose_columns(static_cast<std::size_t>(reader_.cols()));
    read_label_file(static_cast<std::uint64_t>(reader_.rows()));
    make_array_dictionaries();
  }
  int workers() const override { return reader_.workers(); }
  bool read(std::span<const std::string> keep, const std::function<void(Block&)>& use) override {
    check_keep(keep);
    std::vector<Block> blocks(static_cast<std::size_t>(workers()));
    return reader_.read([&](const ArrayBlock& array) {
      Block& block = blocks[static_cast<std::size_t>(array.worker)];
      begin_block(array.first_row, array.rows, array.worker, &block);
      std::vector<double> values(array.cols);
      for (std::size_t r = 0; r < array.rows; ++r) {
        for (std::size_t c = 0; c < array.cols; ++c) values[c] = array.real(r, c);
        put_row(values, r, &block);
      }
      use(block);
    });
  }

 private:
  ArrayReader reader_;
};

class IdxSource final : public SequentialSource {
 public:
  IdxSource(io::IdxReader reader, SampleRequest given)
      : SequentialSource(std::move(given)), reader_(std::move(reader)) {
    name = reader_.name();
    if (reader_.dimensions() == 1)
      throw DataError("the array is " + reader_.shape() + ", of one dimension", name, 0, 0,
                      "rows of features need two: are these the labels?");
    choose_columns(reader_.cols());
    read_label_file(reader_.rows());
    make_array_dictionaries();
  }

 private:
  void read_blocks(const std::function<void(Block&)>& use) override {
    const std::size_t most = std::max<std::size_t>(1, kBlockValues / reader_.cols());
    std::vector<char> bytes;
    std::vector<double> values;
    std::int64_t first_row = 0;
    while (const std::size_t rows = reader_.next(most, &bytes)) {
      values.resize(rows * reader_.cols());
      io::idx_reals(reader_.type(), bytes.data(), values.size(), values.data());
      Block block;
      begin_block(first_row, rows, 0, &block);
      for (std::size_t r = 0; r < rows; ++r)
        put_row(std::span(values).subspan(r * reader_.cols(), reader_.cols()), r, &block);
      use(block);
      first_row += static_cast<std::int64_t>(rows);
      if (request.options.progress) request.options.progress->rows += rows;
    }
  }

  io::IdxReader reader_;
};

}  // namespace

bool SequentialSource::read(std::span<const std::string> keep,
                            const std::function<void(Block&)>& use) {
  check_keep(keep);
  try {
    read_blocks(use);
  } catch (const io::Stopped&) {
    return false;
  }
  return true;
}

std::unique_ptr<SampleSource> open_array(const std::string& path, SampleRequest request) {
  const ArrayPath at = array_path(path);
  const SampleOptions& options = request.options;
  ArrayReader reader(at.file, {.member = at.member,
                               .threads = options.threads,
                               .stop = options.stop,
                               .progress = options.progress});
  return std::make_unique<NpySource>(std::move(reader), std::move(request));
}

std::unique_ptr<SampleSource> open_idx(std::unique_ptr<io::ByteSource> bytes, std::string name,
                                       SampleRequest request) {
  return std::make_unique<IdxSource>(io::IdxReader(std::move(bytes), std::move(name)),
                                     std::move(request));
}

}  // namespace crossent::training
