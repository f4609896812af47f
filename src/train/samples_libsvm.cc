// LIBSVM text as a source of samples.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/refuse.h"
#include "io/excerpt.h"
#include "io/libsvm.h"
#include "train/samples_array.h"

namespace crossent::training {
namespace {

std::string gigabytes(double bytes) { return number_text(std::round(bytes / 1e8) / 10) + " GB"; }

// Rows as they stand in the file.
struct SparseRows {
  std::vector<std::size_t> ends{};  // of each row's entries
  std::vector<io::LibsvmReader::Entry> entries{};
  std::vector<std::int32_t> labels{};
  std::size_t width = 0;  // columns up to the last that is not 0
};

class LibsvmSource final : public SequentialSource {
 public:
  LibsvmSource(std::unique_ptr<io::ByteSource> bytes, std::string file, SampleRequest given)
      : SequentialSource(std::move(given)), reader_(std::move(bytes), file) {
    name = std::move(file);
    plan_target();
    make_dictionaries();
    if (request.schema) choose_columns(0, true);
  }

 private:
  void plan_target();
  void read_blocks(const std::function<void(Block&)>& use) override;
  SparseRows read_rows(std::size_t most);
  void put_label(SparseRows* rows);
  void check_memory(std::size_t rows, std::size_t width) const;
  void hand_over(const SparseRows& rows, const std::function<void(Block&)>& use);

  io::LibsvmReader reader_;
  std::int64_t rows_done_ = 0;
};

// The first word of a line is its label. A model that scores rows wants to know it only when asked:
// rows without labels are written with some number there.
void LibsvmSource::plan_target() {
  const std::vector<std::string>& wanted = request.options.targets;
  if (wanted.size() > 1 || (wanted.size() == 1 && wanted[0] != kLabelName))
    throw DataError("there is no column " + io::quoted_text(wanted.back()) + " (target)", name, 0,
                    0, "the labels of LIBSVM text are named \"label\"");
  if (!request.schema || request.need_targets || !wanted.empty()) targets = {kLabelName};
}

void LibsvmSource::put_label(SparseRows* rows) {
  if (targets.empty()) return;
  const std::int32_t label = dictionaries[0].classes.class_number(reader_.label());
  if (label == Dictionary::kUnknown && !request.schema)
    throw reader_.label_error("the label is not UTF-8", kToUtf8);
  if (label == Dictionary::kUnknown)
    throw reader_.label_error("the model knows no class " + io::quoted_text(reader_.label()),
                              "its classes are " + listed(request.schema->classes));
  rows->labels.push_back(label);
}

SparseRows LibsvmSource::read_rows(std::size_t most) {
  SparseRows rows;
  while (rows.ends.size() < most && reader_.next()) {
    put_label(&rows);
    const auto entries = reader_.entries();
    rows.entries.insert(rows.entries.end(), entries.begin(), entries.end());
    rows.ends.push_back(rows.entries.size());
    if (!entries.empty())
      rows.width = std::max<std::size_t>(rows.width, entries.back().column + std::size_t{1});
  }
  return rows;
}

// The refusal has to come before the memory is gone.
void LibsvmSource::check_memory(std::size_t rows, std::size_t width) const {
  const double bytes = 8.0 * static_cast<double>(rows) * static_cast<double>(width);
  const auto most = static_cast<double>(request.most_bytes);
  if (bytes <= most) return;
  throw DataError(
      std::to_string(rows) + " rows of " + std::to_string(width) + " columns are " +
          gigabytes(bytes) + " of numbers, more than " + gigabytes(most) + ", half of the memory",
      name, 0, 0, "zeros are held too: number the columns without gaps, or take fewer rows");
}

// How many columns there are is known at the end of the file, unless a model says it.
void LibsvmSource::read_blocks(const std::function<void(Block&)>& use) {
  const bool known = request.schema.has_value();
  const std::size_t most = known ? std::max<std::size_t>(1, kBlockValues / (columns.size() + 1))
                                 : std::numeric_limits<std::size_t>::max();
  for (;;) {
    const SparseRows rows = read_rows(most);
    if (rows.ends.empty()) return;
    check_memory(static_cast<std::size_t>(rows_done_) + rows.ends.size(),
                 known ? columns.size() : rows.width);
    if (!known) choose_columns(std::max<std::size_t>(rows.width, 1));
    hand_over(rows, use);
  }
}

void LibsvmSource::hand_over(const SparseRows& rows, const std::function<void(Block&)>& use) {
  const std::size_t count = rows.ends.size();
  const std::size_t most = std::max<std::size_t>(1, kBlockValues / (columns.size() + 1));
  std::vector<double> values(rows.width, 0.0);
  for (std::size_t begin = 0; begin < count; begin += most) {
    const std::size_t size = std::min(most, count - begin);
    Block block;
    prepare(rows_done_, size, 0, &block);
    if (!targets.empty())
      std::copy_n(rows.labels.begin() + static_cast<std::ptrdiff_t>(begin), size,
                  block.samples.labels.begin());
    for (std::size_t r = 0; r < size; ++r) {
      const std::size_t from = begin + r == 0 ? 0 : rows.ends[begin + r - 1];
      const auto entries = std::span(rows.entries).subspan(from, rows.ends[begin + r] - from);
      for (const auto& entry : entries) values[entry.column] = entry.value;
      put_row(values, r, &block);
      for (const auto& entry : entries) values[entry.column] = 0;
    }
    use(block);
    rows_done_ += static_cast<std::int64_t>(size);
    if (request.options.progress) request.options.progress->rows += size;
  }
}

}  // namespace

std::unique_ptr<SampleSource> open_libsvm(std::unique_ptr<io::ByteSource> bytes, std::string name,
                                          SampleRequest request) {
  return std::make_unique<LibsvmSource>(std::move(bytes), std::move(name), std::move(request));
}

}  // namespace crossent::training
