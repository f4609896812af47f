#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cli/errors.h"
#include "cli/options.h"

// Lists and tables of numbers on the command line: "0.2,0.7,0.1", "[1 -inf 2]", "1,2;3,4".
namespace crossent::cli {

/// A number, as it was typed and where.
struct Number {
  double value = 0;
  std::string text;
  std::size_t source = 0, begin = 0;  ///< in List::sources
};

/// The rows of one option (all its repetitions together).
struct List {
  std::string option;
  std::vector<std::string> sources;
  std::vector<std::vector<Number>> rows;

  bool given() const { return !sources.empty(); }
  std::vector<double> row(std::size_t i) const;
  std::vector<double> flat() const;  ///< every number, row after row
  std::vector<Number> numbers() const;
  /// Rows after one another, for a MatrixView. InputError unless all are of one length.
  std::vector<double> matrix() const;
  std::size_t cols() const { return rows.empty() ? 0 : rows.front().size(); }
  Excerpt excerpt(const Number& number) const;
  Excerpt excerpt(std::size_t row) const;  ///< the whole row
};

/// Numbers are separated by commas or blanks, rows by ';' or by repeating the option; one pair of
/// [ ] around a list is dropped, and [[..],[..]] is read as rows. InputError for anything else.
List parse_list(const std::vector<Value>& values);

/// All rows as one: "--counts 26 --counts 4" is "--counts 26,4".
void join_rows(List& list);

/// Every number of a list as an integer; "1.0" and "1e3" are refused.
std::vector<std::int64_t> integers(const List& list, const std::string& what);

/// Refuses rows that are no probability distributions and says which of the three rules is broken:
/// a negative number, a number above 1, the sum (`hint` is for that one). `any_sum`: weights, of
/// any size but not negative, that sum to more than 0.
void check_distributions(const List& list, const std::string& noun, bool any_sum,
                         const std::string& hint);
/// Refuses a number outside [0, 1]; `weight`: one that is negative or not finite.
void check_probability(const List& list, const Number& number, const std::string& noun,
                       bool weight = false);

}  // namespace crossent::cli
