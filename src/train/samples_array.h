#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "train/sample_source.h"

namespace crossent::training {

/// The labels of an array's rows, a file of their own.
struct LabelFile {
  std::string name{};
  std::vector<std::int32_t> numbers{};  ///< of `classes`
  Dictionary classes{};
};

/// Rows of numbers without names: columns are feature_0, feature_1, ...
class ArraySource : public SampleSource {
 protected:
  explicit ArraySource(SampleRequest given) { request = std::move(given); }
  /// Chooses the columns of rows of `width` numbers. Where absent numbers are zeros (sparse text),
  /// the model may want more columns than there are.
  void choose_columns(std::size_t width, bool sparse = false);
  /// Reads the labels that options.targets names, for `rows` rows.
  void read_label_file(std::uint64_t rows);
  /// As make_dictionaries(), with the classes of the label file.
  void make_array_dictionaries();
  /// Arrays have no columns that could be kept.
  void check_keep(std::span<const std::string> keep) const;
  /// Sizes a block and gives it its labels, when they are a file.
  void begin_block(std::int64_t first_row, std::size_t rows, int worker, Block* block) const;
  /// Checks the numbers of a row of the file and puts those chosen to row `row` of the block.
  void put_row(std::span<const double> values, std::size_t row, Block* block) const;

 private:
  void choose_all(std::size_t width);
  void choose_for_model(std::size_t width, bool sparse);
  struct Choice {
    std::size_t column = 0;  // of the file
    bool may_miss = false;
  };
  std::vector<Choice> chosen_;
  std::optional<LabelFile> labels_;
};

/// A stream of bytes: one worker reads it from front to back.
class SequentialSource : public ArraySource {
 public:
  int workers() const final { return 1; }
  bool read(std::span<const std::string> keep, const std::function<void(Block&)>& use) final;

 protected:
  using ArraySource::ArraySource;
  virtual void read_blocks(const std::function<void(Block&)>& use) = 0;
};

/// Errors  as read_labels; DataError: labels in more than one dimension, labels the model does not
///         know
LabelFile read_label_file(const std::string& path, const SampleRequest& request);

/// The target of rows whose labels have no name.
inline constexpr const char* kLabelName = "label";
std::string feature_name(std::size_t column);

}  // namespace crossent::training
