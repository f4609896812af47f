#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crossent/dataset.h"
#include "crossent/model.h"
#include "crossent/view.h"

namespace crossent {

/// How a file becomes labelled rows in memory.
struct SampleOptions {
  /// Tables: the target column; several: independent labels 0 or 1. Arrays (NPY, NPZ, IDX): the
  /// file of the labels, one integer a row. LIBSVM text has its labels in it: "label", or nothing.
  /// Empty: rows without targets. With a model, a table's targets are the columns named here, in
  /// the model's order, else those that the model names.
  std::vector<std::string> targets{};
  std::vector<std::string> ignore{};  ///< columns that are no features (without a model)
  std::vector<std::string> text{};    ///< columns of texts, whatever they look like (one-hot)
  /// Missing values are kept (NaN, kMissingCode), not refused: empty fields and, in any case, na,
  /// n/a, #n/a, <na>, nan, null, none, ?. Columns that `text` names hold such words as they stand.
  /// With a model, missing is allowed where it has a fill, and so are texts it does not know.
  bool allow_missing = false;
  Header header = Header::automatic;
  int threads = 0;
  const std::atomic<bool>* stop = nullptr;  ///< set: the read ends with IoError (interrupted)
  Progress* progress = nullptr;
};

/// The code of a text that is missing, or that the model does not know.
inline constexpr std::int32_t kMissingCode = -1;

/// Rows in memory, as they were read: numbers, texts as codes, targets.
struct Samples {
  std::string source{};  ///< as messages name the file
  std::size_t rows = 0;
  /// The feature columns in the order of the file; a column of texts has its levels, sorted (those
  /// that were given, when the columns were). Arrays, and LIBSVM text from its index 1 on:
  /// feature_0, feature_1, ... With a model: its inputs, in its order.
  std::vector<InputColumn> columns{};
  std::vector<double> numbers{};  ///< [rows, number columns] row-major; NaN: missing
  /// [rows, text columns] row-major: indices of levels, or kMissingCode
  std::vector<std::int32_t> codes{};

  std::vector<std::string> targets{};  ///< names ("label" of an array's); empty: none
  /// Of a single target: its distinct labels, by number when all are integers of 64 bits ("+1" and
  /// "01" are 1), else by their bytes.
  std::vector<std::string> classes{};
  std::vector<std::int32_t> labels{};  ///< [rows] of a single target
  std::vector<float> target_values{};  ///< [rows, targets] of several: 0 or 1

  std::size_t number_columns() const;
  std::size_t text_columns() const { return columns.size() - number_columns(); }
};

/// Reads a whole table (CSV, TSV; gzip, zstd), NPY or NPZ array ("file.npz[member]"), IDX file
/// (MNIST's format, plain or gzip; its images become rows) or LIBSVM text (".libsvm", ".svm",
/// ".svmlight"). A column is text when its first value that is not missing, in the first MiB of
/// rows, is no number (a number with a decimal comma is refused).
///
/// Errors  IoError; DataError file:line:column: a missing target or ignored column, text in a
///         column of numbers, inf, a missing value (unless allow_missing), a column of texts that
///         are all missing, a missing label, several targets that are not 0 or 1, no rows, rows and
///         labels that differ in number, an IDX file of another type or size, names, texts and
///         labels that are not UTF-8 (no model could be saved), LIBSVM text that with its zeros
///         takes more than half of the machine's memory.
///         ValueError: options that contradict each other
/// Threads  the same samples for every number of threads
Samples read_samples(const std::string& path, const SampleOptions& options);

/// The same for rows that a model is to score: columns are found by name, in any order, others are
/// ignored; texts and labels must be known to the model.
/// Errors  also DataError for a missing column, and file:line:column for an unknown text or label,
///         with what is known. The targets may be absent unless `need_targets` or named.
Samples read_samples(const std::string& path, const Model& model, const SampleOptions& options,
                     bool need_targets);

/// How features are made of columns.
struct FeatureOptions {
  bool standardize = false;  ///< (x - mean) / sd (population), of the rows given
  double scale = 1;          ///< else x * scale
  bool impute = false;       ///< missing: the column's mean, its most frequent text
};

/// A text that no training row has.
struct UnseenLevel {
  std::string column{}, level{};
  std::size_t row = 0;  ///< the first that has it
};
/// Leaves a column of texts the levels of `rows` (the training rows), as a model knows them that
/// learned from these; other texts become missing. Returns these texts, none where all are seen.
/// Errors  ValueError for a row outside, a column with nothing but missing texts in `rows`
std::vector<UnseenLevel> keep_levels(std::span<const std::size_t> rows, Samples* samples);

/// samples.columns with center, factor and fill set from `rows` (indices; the training rows only).
/// A constant column is left unscaled. Means and deviations are right to some ulps at every size.
/// Errors  ValueError for a scale that is 0 or not finite, a column with nothing but missing values
std::vector<InputColumn> fit_inputs(const Samples& samples, std::span<const std::size_t> rows,
                                    const FeatureOptions& options);

/// The features of the rows given, row-major [rows.size(), features]: numbers as
/// (x - center) * factor in f64 rounded to T, texts as 0 and 1.
/// Errors  ValueError: inputs whose names or levels are not those of samples.columns (unless those
///         are absent, as in a stream), a missing number or text without a fill, a feature
///         beyond T
template <class T>
std::vector<T> encode(const Samples& samples, std::span<const InputColumn> inputs,
                      std::span<const std::size_t> rows);

/// Row indices dealt into training and validation.
struct Split {
  std::vector<std::size_t> training, validation;  ///< each rising
};
/// `fraction` of each class goes to validation, drawn by `seed`; several targets: of all rows.
/// Errors  ValueError for a fraction outside (0, 1), or one that leaves either side empty
Split stratified_split(const Samples& samples, double fraction, std::uint64_t seed);

/// The rows of a table or array for a model, a block at a time, in bounded memory.
class SampleStream {
 public:
  /// Errors  as read_samples
  SampleStream(const std::string& path, const Model& model, const SampleOptions& options);
  ~SampleStream();
  SampleStream(SampleStream&&) noexcept;
  SampleStream& operator=(SampleStream&&) noexcept;

  bool has_targets() const;
  /// Column names of the table that are neither features nor targets (ids), in the file's order.
  const std::vector<std::string>& other_columns() const;
  int workers() const;

  /// Rows [first_row, first_row + samples.rows) with the fields of `keep`'s columns as texts
  /// [rows, keep.size()]; called from workers() threads, in any order of blocks.
  struct Block {
    std::int64_t first_row = 0;
    int worker = 0;
    Samples samples{};  ///< its `columns` stay empty: the model's inputs describe them
    std::vector<std::string> kept{};
  };
  /// Errors  as read_samples, the first in the order of the file. Returns false when stopped.
  bool read(std::span<const std::string> keep, const std::function<void(const Block&)>& use);
  std::int64_t rows() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossent
