#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crossent/samples.h"
#include "io/byte_source.h"
#include "train/dictionary.h"

// Files of every format as blocks of rows: one way of reading for whole files and for streams.
namespace crossent::training {

/// Numbers of a block, about.
inline constexpr std::size_t kBlockValues = 64 * 1024;

/// What a model knows of its rows.
struct Schema {
  std::vector<InputColumn> inputs{};
  std::vector<std::string> targets{}, classes{};
};

/// Half of the machine's memory: what is made of the samples takes memory too.
std::size_t half_of_memory();

/// What is wanted of a file.
struct SampleRequest {
  SampleOptions options{};
  std::optional<Schema> schema{};  ///< absent: columns, levels and classes are those of the file
  bool need_targets = true;        ///< else they may be absent (with a schema)
  /// Sparse rows become as many times longer as they like: more bytes of numbers are refused.
  std::size_t most_bytes = half_of_memory();
};

/// A file opened for reading its rows once.
class SampleSource {
 public:
  using Block = SampleStream::Block;
  struct Column {
    std::string name;
    bool text = false;
  };
  /// The codes that a worker's blocks hold are numbers of its own dictionaries.
  struct Dictionaries {
    std::vector<Dictionary> levels{};  ///< one a text column
    Dictionary classes{};
  };

  SampleSource() = default;
  SampleSource(const SampleSource&) = delete;
  SampleSource& operator=(const SampleSource&) = delete;
  virtual ~SampleSource() = default;

  virtual int workers() const = 0;
  /// Hands the rows over: threads, errors and result as TableReader::read. `use` may take what the
  /// block holds.
  virtual bool read(std::span<const std::string> keep, const std::function<void(Block&)>& use) = 0;

  std::string name{};  ///< as messages show the file
  SampleRequest request{};
  std::vector<Column> columns{};             ///< known after the read at the latest
  std::vector<std::string> targets{};        ///< empty: none
  std::vector<std::string> others{};         ///< columns that are neither
  std::vector<Dictionaries> dictionaries{};  ///< one a worker

 protected:
  bool multi_label() const { return targets.size() > 1; }
  /// One set of dictionaries a worker, of the columns and targets.
  void make_dictionaries();
  /// Sizes what the block holds.
  void prepare(std::int64_t first_row, std::size_t rows, int worker, Block* block) const;
};

/// Errors  as read_samples
std::unique_ptr<SampleSource> open_source(const std::string& path, SampleRequest request);
std::unique_ptr<SampleSource> open_table(TableReader reader, SampleRequest request);
std::unique_ptr<SampleSource> open_array(const std::string& path, SampleRequest request);
std::unique_ptr<SampleSource> open_idx(std::unique_ptr<io::ByteSource> bytes, std::string name,
                                       SampleRequest request);
std::unique_ptr<SampleSource> open_libsvm(std::unique_ptr<io::ByteSource> bytes, std::string name,
                                          SampleRequest request);

/// All rows of a source in the order of the file, with the levels and classes sorted.
Samples gather(SampleSource& source);

}  // namespace crossent::training
