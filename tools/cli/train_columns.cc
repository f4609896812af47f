// What the columns of the data look like: a slip, an id, a class under two names.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/train.h"
#include "io/number.h"

namespace crossent::cli {
namespace {

constexpr std::size_t kFewestRows = 10;  // of fewer rows nothing is said
constexpr std::size_t kShown = 3;

bool names(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_number(const std::string& text) {
  double value;
  return io::parse_real(text, &value) == io::NumberFault::none;
}

std::string rows_of(std::size_t rows) { return counted(static_cast<std::int64_t>(rows), "row"); }

std::string number_of(std::size_t n) { return grouped(static_cast<std::int64_t>(n)); }

/// A column of words over the rows to learn from.
struct Words {
  const InputColumn& column;
  std::vector<std::size_t> counts;  ///< of each level
  std::size_t present = 0, missing = 0;
};

Words words_of(const Samples& s, const InputColumn& column, std::size_t text,
               std::span<const std::size_t> rows) {
  Words words{column, std::vector<std::size_t>(column.levels.size())};
  const std::size_t texts = s.text_columns();
  for (const std::size_t row : rows) {
    const std::int32_t code = s.codes[row * texts + text];
    ++(code == kMissingCode ? words.missing : words.present);
    if (code != kMissingCode) ++words.counts[static_cast<std::size_t>(code)];
  }
  return words;
}

std::string about_missing(const Words& words, bool named) {
  if (words.missing == 0) return "";
  const auto most = std::max_element(words.counts.begin(), words.counts.end());
  const auto level = static_cast<std::size_t>(most - words.counts.begin());
  const std::string column = escape(words.column.name);
  return fmt::format(
      "column {} misses {} of {} words, filled in with \"{}\", the most frequent{}", column,
      number_of(words.missing), number_of(words.present + words.missing),
      escape(words.column.levels[level]),
      named ? "" : fmt::format("; --text {} takes words as NA or None as they stand", column));
}

std::string about_numbers(const Words& words) {
  std::size_t numbers = 0;
  std::string others;
  std::size_t shown = 0;
  for (std::size_t k = 0; k < words.counts.size(); ++k) {
    const std::string& level = words.column.levels[k];
    if (is_number(level))
      numbers += words.counts[k];
    else if (shown++ < kShown)
      others += fmt::format("{}\"{}\"", shown > 1 ? ", " : "", escape(level));
  }
  if (2 * numbers <= words.present) return "";
  return fmt::format(
      "column {} is read as words, but {} of its {} values are numbers: correct {}{}, or --text {} "
      "if numbers are names here",
      escape(words.column.name), number_of(numbers), number_of(words.present), others,
      shown > kShown ? ", ..." : "", escape(words.column.name));
}

std::string about_names(const Words& words) {
  const std::size_t distinct = words.column.levels.size();
  if (words.present < kFewestRows || 2 * distinct <= words.present) return "";
  return fmt::format(
      "column {} has {} different words in {}, a feature each: a name or an id? --ignore {}",
      escape(words.column.name), number_of(distinct), rows_of(words.present),
      escape(words.column.name));
}

// Whole numbers that only rise, in all rows of the file.
bool counts_rows(const Samples& s, std::size_t number) {
  if (s.rows < kFewestRows) return false;
  const std::size_t width = s.number_columns();
  for (std::size_t row = 0; row < s.rows; ++row) {
    const double x = s.numbers[row * width + number];
    if (std::isnan(x) || x != std::trunc(x)) return false;
    if (row > 0 && !(x > s.numbers[(row - 1) * width + number])) return false;
  }
  return true;
}

// In one case of letters and without blanks.
std::string folded(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

void about_class_names(const Samples& s, std::vector<std::string>& out) {
  std::map<std::string, std::string> first;
  for (const std::string& name : s.classes) {
    const auto [at, added] = first.emplace(folded(name), name);
    if (!added)
      out.push_back(
          fmt::format("the classes \"{}\" and \"{}\" of {} differ in case or blanks alone and are "
                      "learned as two: write them alike if they are one",
                      escape(at->second), escape(name), escape(s.targets.front())));
    if (io::is_missing(name))
      out.push_back(
          fmt::format("the class \"{}\" of {} looks like a missing label and is learned as a "
                      "class: remove its rows if it is none",
                      escape(name), escape(s.targets.front())));
  }
}

}  // namespace

std::vector<std::string> column_warnings(const TrainSettings& s, const Samples& samples,
                                         std::span<const std::size_t> rows) {
  std::vector<std::string> out;
  std::size_t text = 0, number = 0;
  for (const InputColumn& column : samples.columns) {
    if (!column.is_text()) {
      if (counts_rows(samples, number++))
        out.push_back(fmt::format(
            "column {} holds whole numbers that rise from row to row: an id? --ignore {}",
            escape(column.name), escape(column.name)));
      continue;
    }
    const Words words = words_of(samples, column, text++, rows);
    const bool named = names(s.samples.text, column.name);
    std::string slip = named ? "" : about_numbers(words);
    if (slip.empty()) slip = about_names(words);
    for (std::string note : {about_missing(words, named), slip})
      if (!note.empty()) out.push_back(std::move(note));
  }
  about_class_names(samples, out);
  return out;
}

}  // namespace crossent::cli
