#include "train/sample_source.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "io/byte_source.h"
#include "io/excerpt.h"
#include "train/sample_format.h"

namespace crossent::training {
namespace {

using Block = SampleSource::Block;

std::size_t text_count(const SampleSource& source) {
  return static_cast<std::size_t>(std::count_if(source.columns.begin(), source.columns.end(),
                                                [](const auto& column) { return column.text; }));
}

template <class T>
std::size_t append(std::vector<T>& to, std::vector<T>& from) {
  const std::size_t bytes = from.size() * sizeof(T);
  to.insert(to.end(), from.begin(), from.end());
  std::vector<T>().swap(from);
  return bytes;
}

// Joins blocks so that rows are not held twice: each is freed once it is copied, and malloc, which
// would keep the memory, is told now and then to give it back.
class Joiner {
 public:
  explicit Joiner(Samples* samples) : samples_(*samples) {}
  void add(Samples& block) {
    freed_ += append(samples_.numbers, block.numbers) + append(samples_.codes, block.codes) +
              append(samples_.labels, block.labels) +
              append(samples_.target_values, block.target_values);
    if (freed_ < kFreedAtOnce) return;
    freed_ = 0;
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
  }

 private:
  static constexpr std::size_t kFreedAtOnce = 16u << 20;
  Samples& samples_;
  std::size_t freed_ = 0;
};

std::vector<Block> read_blocks(SampleSource& source) {
  std::vector<std::vector<Block>> taken(static_cast<std::size_t>(source.workers()));
  const bool whole = source.read({}, [&](Block& block) {
    taken[static_cast<std::size_t>(block.worker)].push_back(std::move(block));
  });
  if (!whole)
    throw IoError(std::make_error_code(std::errc::interrupted), "cannot read " + source.name);
  std::vector<Block> blocks;
  for (std::vector<Block>& some : taken)
    std::move(some.begin(), some.end(), std::back_inserter(blocks));
  std::sort(blocks.begin(), blocks.end(),
            [](const Block& a, const Block& b) { return a.first_row < b.first_row; });
  return blocks;
}

// From each worker's numbers to those of the sorted texts.
struct Renumbering {
  std::vector<MergedTexts> levels;
  MergedTexts classes;
};

Renumbering renumbering_of(const SampleSource& source) {
  Renumbering all;
  std::vector<const Dictionary*> each(source.dictionaries.size());
  const auto collect = [&](const auto& dictionary_of) -> const auto& {
    std::transform(source.dictionaries.begin(), source.dictionaries.end(), each.begin(),
                   dictionary_of);
    return each;
  };
  for (std::size_t c = 0; c < text_count(source); ++c)
    all.levels.push_back(merge_levels(collect([c](const auto& d) { return &d.levels[c]; })));
  all.classes = merge_classes(collect([](const auto& d) { return &d.classes; }));
  return all;
}

void renumber(const Renumbering& all, Block* block) {
  const auto worker = static_cast<std::size_t>(block->worker);
  Samples& samples = block->samples;
  const std::size_t texts = all.levels.size();
  for (std::size_t i = 0; i < samples.codes.size(); ++i) {
    std::int32_t& code = samples.codes[i];
    if (code == kMissingCode) continue;
    code = all.levels[i % texts].numbers[worker][static_cast<std::size_t>(code)];
  }
  for (std::int32_t& label : samples.labels)
    label = all.classes.numbers[worker][static_cast<std::size_t>(label)];
}

void describe(const SampleSource& source, Renumbering* all, Samples* samples) {
  samples->source = source.name;
  samples->targets = source.targets;
  if (source.request.schema) {
    samples->columns = source.request.schema->inputs;
    if (source.targets.size() == 1) samples->classes = source.request.schema->classes;
    return;
  }
  std::size_t text = 0;
  for (const SampleSource::Column& column : source.columns) {
    samples->columns.push_back({.name = column.name});
    if (!column.text) continue;
    samples->columns.back().levels = std::move(all->levels[text++].texts);
    if (!samples->columns.back().is_text())
      throw DataError("column " + io::quoted_text(column.name) + " has nothing but missing values",
                      source.name, 0, 0, "there is nothing to learn from it: --ignore it");
  }
  if (source.targets.size() == 1) samples->classes = std::move(all->classes.texts);
}

}  // namespace

std::size_t half_of_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), bytes = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || bytes <= 0) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(pages) * static_cast<std::size_t>(bytes) / 2;
}

void SampleSource::make_dictionaries() {
  Dictionaries each;
  each.levels.resize(text_count(*this));
  if (request.schema) {
    auto level = each.levels.begin();
    for (const InputColumn& input : request.schema->inputs)
      if (input.is_text()) *level++ = Dictionary(input.levels);
    each.classes = Dictionary(request.schema->classes);
  }
  dictionaries.assign(static_cast<std::size_t>(workers()), each);
}

void SampleSource::prepare(std::int64_t first_row, std::size_t rows, int worker,
                           Block* block) const {
  const std::size_t texts = text_count(*this);
  block->first_row = first_row;
  block->worker = worker;
  Samples& samples = block->samples;
  samples.source = name;
  samples.rows = rows;
  samples.targets = targets;
  samples.numbers.resize(rows * (columns.size() - texts));
  samples.codes.resize(rows * texts);
  samples.labels.resize(targets.size() == 1 ? rows : 0);
  samples.target_values.resize(multi_label() ? rows * targets.size() : 0);
}

Samples gather(SampleSource& source) {
  std::vector<Block> blocks = read_blocks(source);
  const bool known = source.request.schema.has_value();
  Renumbering all = known ? Renumbering{} : renumbering_of(source);
  Samples samples;
  for (const Block& block : blocks) samples.rows += block.samples.rows;
  if (samples.rows == 0) throw DataError("the file has no rows", source.name);
  const auto reserve = [&](auto& values, std::size_t in_first) {
    values.reserve(in_first / blocks[0].samples.rows * samples.rows);
  };
  const Samples& first = blocks[0].samples;
  reserve(samples.numbers, first.numbers.size());
  reserve(samples.codes, first.codes.size());
  reserve(samples.labels, first.labels.size());
  reserve(samples.target_values, first.target_values.size());
  Joiner joiner(&samples);
  for (Block& block : blocks) {
    if (!known) renumber(all, &block);
    joiner.add(block.samples);
  }
  describe(source, &all, &samples);
  return samples;
}

namespace {

std::unique_ptr<SampleSource> open_format(const std::string& path, SampleRequest request) {
  const SampleOptions& options = request.options;
  const auto bytes = [&] {
    return io::decompressed(io::open_file(path, options.stop, options.progress),
                            io::shown_path(path));
  };
  switch (sample_format(path)) {
    case SampleFormat::array:
      return open_array(path, std::move(request));
    case SampleFormat::idx:
      return open_idx(bytes(), io::shown_path(path), std::move(request));
    case SampleFormat::libsvm:
      return open_libsvm(bytes(), io::shown_path(path), std::move(request));
    case SampleFormat::table:
      break;
  }
  TableReader reader(path, {.header = options.header,
                            .threads = options.threads,
                            .stop = options.stop,
                            .progress = options.progress});
  return open_table(std::move(reader), std::move(request));
}

}  // namespace

std::unique_ptr<SampleSource> open_source(const std::string& path, SampleRequest request) {
  try {
    return open_format(path, std::move(request));
  } catch (const io::Stopped&) {
    throw IoError(std::make_error_code(std::errc::interrupted),
                  "cannot read " + io::shown_path(path));
  }
}

}  // namespace crossent::training
