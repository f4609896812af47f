#include "cli/lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/output/text.h"
#include "cli/scalars.h"
#include "crossent/entropy.h"
#include "crossent/error.h"
#include "io/number.h"

namespace crossent::cli {
namespace {

std::string plural(const std::string& noun) {
  return noun.ends_with('y') ? noun.substr(0, noun.size() - 1) + "ies" : noun + "s";
}

constexpr bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Reads one value of the option; appends its rows to the list.
class Scanner {
 public:
  Scanner(List& list, std::size_t source)
      : list_(list), source_(source), text_(list.sources[source]) {}

  void read() {
    list_.rows.emplace_back();
    while (at_ < text_.size()) step();
    if (depth_ > 0) fail(text_.size(), 0, "a [ is not closed");
    if (need_number_) fail(text_.size(), 0, "a number is missing at the end");
    if (list_.rows.back().empty()) empty_row();
  }

 private:
  [[noreturn]] void fail(std::size_t begin, std::size_t width, const std::string& what,
                         const std::string& hint = {}) const {
    throw InputError(what + " (" + list_.option + ")", hint, {list_.option, text_, begin, width});
  }
  [[noreturn]] void empty_row() const {
    fail(0, text_.size(), list_.rows.size() == 1 ? "the list is empty" : "a row is empty",
         "numbers are separated by commas or blanks, rows by ;");
  }

  void step() {
    const char c = text_[at_];
    if (blank(c)) {
      ++at_;
    } else if (c == '[') {
      open();
    } else if (c == ']') {
      close();
    } else if (c == ';') {
      next_row();
      ++at_;
    } else if (c == ',') {
      comma();
    } else {
      number();
    }
  }

  void open() {
    const bool first = list_.rows.back().empty() && !need_number_;
    if (depth_ == 2 || closed_ || !(first || between_rows_))
      fail(at_, 1, "this [ has no place here");
    ++depth_;
    nested_ = nested_ || depth_ == 2;
    between_rows_ = false;
    ++at_;
  }

  void close() {
    if (depth_ == 0 || need_number_) fail(at_, 1, "this ] has no place here");
    if (--depth_ == 0) closed_ = true;
    if (depth_ == 1 && list_.rows.back().empty()) empty_row();
    between_rows_ = false;
    row_closed_ = depth_ == 1;
    ++at_;
  }

  void next_row() {
    if (list_.rows.back().empty()) empty_row();
    if (need_number_) fail(at_, 1, "a number is missing before this ;");
    list_.rows.emplace_back();
    row_closed_ = false;
    between_rows_ = true;
    closed_ = closed_ && depth_ > 0;  // "[1,2];[3,4]"
  }

  void comma() {
    if (nested_ && row_closed_) {  // "],["
      next_row();
    } else if (list_.rows.back().empty() || need_number_ || closed_) {
      fail(at_, 1, "a number is missing before this comma");
    } else {
      need_number_ = true;
    }
    ++at_;
  }

  void number() {
    const std::size_t end = std::min(text_.find_first_of(" \t\n\r,;[]", at_), text_.size());
    const std::string word = text_.substr(at_, end - at_);
    if (closed_ || row_closed_) fail(at_, word.size(), "text after the closing ]");
    const auto value = parse_real(word);
    if (!value) refuse_word(word);
    list_.rows.back().push_back({*value, word, source_, at_});
    need_number_ = between_rows_ = false;
    at_ = end;
  }

  [[noreturn]] void refuse_word(const std::string& word) const {
    std::string hint = "numbers are separated by commas or blanks, rows by ;";
    if (word.ends_with('%'))
      if (const auto share = parse_real(word.substr(0, word.size() - 1)))
        hint = fmt::format("write {:g}", *share / 100);
    const bool large = std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
    });
    const bool digits = word.find_first_of("0123456789") != word.npos;
    if (large && digits && word.find_first_of("eE") != word.npos)
      fail(at_, word.size(), "'" + escape(word) + "' is too large for a number",
           "the largest is 1.797e308; inf stands for infinity");
    fail(at_, word.size(), "'" + escape(word) + "' is not a number", hint);
  }

  List& list_;
  std::size_t source_, at_ = 0;
  const std::string& text_;
  int depth_ = 0;
  bool nested_ = false;        // [[..],[..]]
  bool closed_ = false;        // after the outer ]
  bool row_closed_ = false;    // after an inner ]
  bool between_rows_ = false;  // after ; or "],"
  bool need_number_ = false;   // after a comma
};

}  // namespace

std::vector<double> List::row(std::size_t i) const {
  std::vector<double> out;
  for (const Number& n : rows[i]) out.push_back(n.value);
  return out;
}

std::vector<Number> List::numbers() const {
  std::vector<Number> out;
  for (const auto& r : rows) out.insert(out.end(), r.begin(), r.end());
  return out;
}

std::vector<double> List::flat() const {
  std::vector<double> out;
  for (const auto& r : rows)
    for (const Number& n : r) out.push_back(n.value);
  return out;
}

std::vector<double> List::matrix() const {
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (rows[i].size() != cols())
      throw InputError(
          fmt::format("row {} has {}, row 1 has {} ({})", i + 1,
                      counted(static_cast<std::int64_t>(rows[i].size()), "number"), cols(), option),
          "every row has one number per class", excerpt(i));
  return flat();
}

Excerpt List::excerpt(const Number& n) const {
  return {option, sources[n.source], n.begin, n.text.size()};
}

Excerpt List::excerpt(std::size_t i) const {
  const Number &first = rows[i].front(), &last = rows[i].back();
  return {option, sources[first.source], first.begin, last.begin + last.text.size() - first.begin};
}

void join_rows(List& list) {
  for (std::size_t i = 1; i < list.rows.size(); ++i)
    list.rows[0].insert(list.rows[0].end(), list.rows[i].begin(), list.rows[i].end());
  list.rows.resize(1);
}

List parse_list(const std::vector<Value>& values) {
  List list;
  for (const Value& value : values) {
    list.option = value.option;
    list.sources.push_back(value.text);
  }
  for (std::size_t k = 0; k < list.sources.size(); ++k) Scanner(list, k).read();
  return list;
}

std::vector<std::int64_t> integers(const List& list, const std::string& what) {
  std::vector<std::int64_t> out;
  for (const Number& n : list.numbers()) {
    std::int64_t value = 0;
    const io::NumberFault fault = io::parse_integer(n.text, &value);
    if (fault == io::NumberFault::too_large)
      throw InputError(fmt::format("{} {} is too large ({})", what, escape(n.text), list.option),
                       "", list.excerpt(n));
    if (fault != io::NumberFault::none)
      throw InputError(
          fmt::format("{} {} is not a whole number ({})", what, escape(n.text), list.option), "",
          list.excerpt(n));
    out.push_back(value);
  }
  return out;
}

void check_probability(const List& list, const Number& n, const std::string& noun, bool weight) {
  if (n.value >= 0 && (weight ? std::isfinite(n.value) : n.value <= 1)) return;
  const std::string place = list.option.starts_with('-') ? " (" + list.option + ")" : "";
  if (std::isnan(n.value))
    throw InputError(fmt::format("{} nan is not a number{}", noun, place), "", list.excerpt(n));
  const std::string why = n.value < 0 ? "is negative" : weight ? "is not finite" : "is above 1";
  const char* range = weight ? "at least 0" : "in [0, 1]";
  const bool scores = list.option == "--probs";
  throw InputError(
      fmt::format("{} {} {}: it must be {}{}", noun, escape(n.text), why, range, place),
      scores ? "values below 0 or above 1 look like logits; use --logits" : "", list.excerpt(n));
}

namespace {

// As the library sees it: the values are checked one by one before.
bool sums_to_1(const std::vector<double>& p) {
  try {
    entropy(p);
    return true;
  } catch (const ValueError&) {
    return false;
  }
}

}  // namespace

void check_distributions(const List& list, const std::string& noun, bool any_sum,
                         const std::string& hint) {
  for (std::size_t i = 0; i < list.rows.size(); ++i) {
    double sum = 0;
    for (const Number& n : list.rows[i]) {
      check_probability(list, n, noun, any_sum);
      sum += n.value;
    }
    const std::string row = list.rows.size() > 1 ? fmt::format("row {}: ", i + 1) : "";
    if (any_sum && !(sum > 0))
      throw InputError(fmt::format("{}every {} is 0 ({})", row, noun, list.option),
                       "a distribution needs some mass", list.excerpt(i));
    if (any_sum && std::isinf(sum))
      throw InputError(fmt::format("{}the {} sum to more than 1.797e308, the largest number ({})",
                                   row, plural(noun), list.option),
                       "only their ratios count: divide them all by the same number",
                       list.excerpt(i));
    if (!any_sum && !sums_to_1(list.row(i)))
      throw InputError(
          fmt::format("{}the {} sum to {:.10g}, not 1 ({})", row, plural(noun), sum, list.option),
          hint, list.excerpt(i));
  }
}

}  // namespace crossent::cli
