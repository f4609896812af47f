// Which columns of a table are labels, values and the rest.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <set>

#include "cli/command_line.h"
#include "cli/errors.h"
#include "cli/eval.h"
#include "cli/label_names.h"
#include "cli/scalars.h"
#include "cli/suggest.h"

namespace crossent::cli {
namespace {

struct Prefix {
  const char* text;
  Kind kind;
};
constexpr Prefix kPrefixes[] = {{"p_", Kind::probabilities},
                                {"prob_", Kind::probabilities},
                                {"proba_", Kind::probabilities},
                                {"z_", Kind::logits},
                                {"logit_", Kind::logits}};

const char* flag_of(Kind kind) {
  switch (kind) {
    case Kind::probabilities:
      return "--probs";
    case Kind::logits:
      return "--logits";
    default:
      return "--log-probs";
  }
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    out += (i ? ", " : "") + names[i];
  return names.size() > kShown ? fmt::format("{}, ... ({} in all)", out, names.size()) : out;
}

[[noreturn]] void refuse_table(const TableReader& table, const std::string& what,
                               const std::string& hint) {
  throw DataError(what, table.path(), 1, 0, hint);
}

void need_column(const TableReader& table, const std::string& name, const char* role) {
  if (table.find(name)) return;
  const std::string guess = did_you_mean(name, table.names());
  refuse_table(table, fmt::format("there is no column \"{}\" ({})", name, role),
               guess.empty() ? "columns: " + listed(table.names()) : guess);
}

// The part of `name` that the only * of `pattern` stands for.
std::optional<std::string> matched(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  if (name.size() <= head.size() + tail.size() || !name.starts_with(head) || !name.ends_with(tail))
    return std::nullopt;
  return std::string(name.substr(head.size(), name.size() - head.size() - tail.size()));
}

struct Columns {
  std::vector<std::string> names, suffixes;
};

Columns by_pattern(const TableReader& table, std::string_view pattern, const Layout& roles) {
  Columns c;
  for (const std::string& name : table.names()) {
    if (name == roles.label || name == roles.id || name == roles.weight || name == roles.group)
      continue;
    if (auto suffix = matched(pattern, name)) {
      c.names.push_back(name);
      c.suffixes.push_back(*suffix);
    }
  }
  return c;
}

// "p_cat,p_dog": what they share up to the last _ is no part of the class names.
Columns by_list(const TableReader& table, const std::string& list, const char* role) {
  Columns c;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    c.names.push_back(list.substr(begin, end - begin));
    need_column(table, c.names.back(), role);
    if (std::count(c.names.begin(), c.names.end(), c.names.back()) > 1)
      refuse_table(table, fmt::format("column \"{}\" is given twice", c.names.back()), "");
    begin = end + 1;
  }
  std::string shared = c.names.front();
  for (const std::string& name : c.names) {
    const auto stop = std::mismatch(shared.begin(), shared.end(), name.begin(), name.end()).first;
    shared.erase(stop, shared.end());
  }
  const std::size_t cut = c.names.size() > 1 ? shared.rfind('_') + 1 : 0;  // npos + 1 is 0
  for (const std::string& name : c.names) c.suffixes.push_back(name.substr(cut));
  return c;
}

// The suffixes as integers written the usual way.
std::optional<std::vector<std::int64_t>> as_integers(const std::vector<std::string>& suffixes) {
  std::vector<std::int64_t> out;
  for (const std::string& s : suffixes) {
    std::int64_t v = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
    if (error != std::errc() || std::to_string(v) != s) return std::nullopt;
    out.push_back(v);
  }
  return out;
}

// Numbered columns a, a+1, ... (a >= 0) are put in that order; labels count from a, or from
// --labels-from. The names that a table without a header gets say nothing about classes.
void fill_classes(const EvalSettings& settings, Columns c, Layout& layout) {
  if (layout.headerless)
    for (std::size_t k = 0; k < c.names.size(); ++k) c.suffixes[k] = std::to_string(k);
  const auto numbers = as_integers(c.suffixes);
  bool consecutive = false;
  if (numbers && *std::min_element(numbers->begin(), numbers->end()) >= 0) {
    std::vector<std::size_t> order(c.names.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return (*numbers)[a] < (*numbers)[b]; });
    const std::int64_t first = (*numbers)[order[0]];
    consecutive = true;
    Columns sorted;
    for (std::size_t i = 0; i < order.size(); ++i) {
      consecutive &= (*numbers)[order[i]] == first + static_cast<std::int64_t>(i);
      sorted.names.push_back(c.names[order[i]]);
      sorted.suffixes.push_back(c.suffixes[order[i]]);
    }
    if (consecutive) {
      c = sorted;
      layout.classes.base = first;
    }
  }
  Classes& classes = layout.classes;
  classes.by_number = consecutive || settings.labels_from.has_value();
  if (settings.labels_from) classes.base = *settings.labels_from;
  classes.names = c.suffixes;
  layout.values = c.names;
  for (std::size_t k = 0; k < c.names.size(); ++k)
    for (const std::string& name : {c.suffixes[k], c.names[k]}) {
      const auto [at, added] = classes.index.emplace(name, static_cast<std::int64_t>(k));
      if (!added && at->second != static_cast<std::int64_t>(k)) at->second = Classes::kAmbiguous;
    }
  const std::string flag = flag_of(layout.kind);
  layout.shown = flag.substr(2) + "=" + layout.values.front() +
                 (layout.values.size() > 2 ? ".." : ",") + layout.values.back();
}

// False/True and no/yes name the classes by themselves; in any case of letters.
void name_by_words(const std::string& first_label, Classes& classes) {
  const std::string word = lowered(first_label);
  const bool truth = word == "true" || word == "false";
  if (!truth && word != "yes" && word != "no") return;
  classes.by_number = false;
  classes.names = {truth ? "false" : "no", truth ? "true" : "yes"};
  for (std::int64_t k = 0; k < 2; ++k) {
    const std::string name = classes.names[static_cast<std::size_t>(k)];
    for (unsigned upper = 0; upper < 1U << name.size(); ++upper) {
      std::string spelt = name;
      for (std::size_t i = 0; i < name.size(); ++i)
        if (upper >> i & 1U) spelt[i] = static_cast<char>(spelt[i] - 'a' + 'A');
      classes.index.emplace(spelt, k);
    }
  }
}

// --positive: a first look at the labels, which must be two texts, one of them that name.
void name_by_positive(const EvalSettings& settings, const TableReader& table, Layout& layout) {
  if (!std::filesystem::is_regular_file(table.path()))
    throw UsageError("--positive reads the file twice: " + table.path() + " can be read once",
                     "save it in a file, or write the labels as 0 and 1");
  std::set<std::string> found;
  std::mutex mutex;
  TableOptions options;
  options.header = settings.header;
  options.stop = &stop_requested;
  const Column column{layout.label, ColumnKind::text};
  const bool whole = TableReader(table.path(), options).read({&column, 1}, [&](const auto& block) {
    std::set<std::string> own;
    for (const std::string_view label : block.texts(0))
      if (own.size() < 3) own.emplace(label);
    const std::lock_guard lock(mutex);
    found.merge(own);
  });
  if (!whole) throw Interrupted();
  const std::vector<std::string> names(found.begin(), found.end());
  if (found.count(settings.positive) == 0)
    refuse_table(table, fmt::format("no label is \"{}\" (--positive)", settings.positive),
                 "labels: " + listed(names));
  if (found.size() != 2)
    refuse_table(table,
                 fmt::format("column \"{}\" holds {} of the two labels that --positive needs: {}",
                             layout.label, found.size() < 2 ? "one" : "more", listed(names)),
                 found.size() < 2 ? "" : "many classes: --probs 'p_*'");
  Classes& classes = layout.classes;
  classes.by_number = false;
  classes.names = {names[0] == settings.positive ? names[1] : names[0], settings.positive};
  classes.index = {{classes.names[0], 0}, {classes.names[1], 1}};
}

void fill_binary(const EvalSettings& settings, const TableReader& table, const std::string& column,
                 Layout& layout) {
  layout.binary = true;
  layout.values = {column};
  layout.classes.base = settings.labels_from.value_or(0);
  layout.classes.names = {"0", "1"};
  const std::size_t label = table.find(layout.label).value_or(0);
  if (!settings.positive.empty())
    name_by_positive(settings, table, layout);
  else if (label < table.first_row().size())
    name_by_words(table.first_row()[label], layout.classes);
  layout.shown =
      (layout.kind == Kind::probabilities ? std::string("prob")
                                          : std::string(flag_of(layout.kind)).substr(2)) +
      "=" + column + " (of class " + layout.classes.text(1) + ")";
}

std::string infer_label(const TableReader& table) {
  std::vector<std::string> found;
  for (const char* name : kLabelNames)
    if (table.find(name)) found.push_back(name);
  if (found.size() == 1) return found[0];
  const std::string likely = likely_label(table.names()).value_or("COL");
  if (found.empty())
    refuse_table(table,
                 table.has_header() ? "no column is called " + label_names()
                                    : "the columns have no names: a field of line 1 is a number",
                 (table.has_header() ? "name it: --label " + shell_word(likely) + "; columns: "
                                     : "a header all the same? --header yes; else --label COL: ") +
                     listed(table.names()));
  refuse_table(table, "several columns could be the label: " + listed(found),
               "choose one: --label " + found[0]);
}

// "two classes? --prob score; else " where that is the only column of numbers left.
std::string only_number(const TableReader& table, const Layout& roles) {
  std::string found;
  for (std::size_t j = 0; j < table.first_row().size() && j < table.names().size(); ++j) {
    const std::string& name = table.names()[j];
    if (name == roles.label || name == roles.id || name == roles.weight || name == roles.group)
      continue;
    if (!parse_real(table.first_row()[j])) continue;
    if (!found.empty()) return "";
    found = name;
  }
  return found.empty() ? "" : "two classes? --prob " + found + "; else ";
}

void infer_values(const EvalSettings& settings, const TableReader& table, Layout& layout) {
  std::vector<std::pair<const Prefix*, Columns>> readings;
  std::string shown;
  for (const Prefix& prefix : kPrefixes) {
    Columns c = by_pattern(table, std::string(prefix.text) + "*", layout);
    if (c.names.size() < 2) continue;
    shown += (shown.empty() ? "" : ", ") + std::string(prefix.text) + "* (" +
             std::to_string(c.names.size()) + " columns)";
    readings.emplace_back(&prefix, std::move(c));
  }
  if (readings.size() > 1)
    refuse_table(table, "several readings exist: " + shown,
                 fmt::format("choose one: {} '{}*'", flag_of(readings[0].first->kind),
                             readings[0].first->text));
  if (readings.empty())
    refuse_table(
        table, "no columns share a prefix p_, prob_, proba_ (probabilities) or z_, logit_ (logits)",
        only_number(table, layout) +
            "name them: --probs 'p_*', --logits 'z_*', --prob COL or --log-probs 'l_*' "
            "(log-probabilities are not inferred); columns: " +
            listed(table.names()));
  layout.kind = readings[0].first->kind;
  layout.option = fmt::format("{} '{}*'", flag_of(layout.kind), readings[0].first->text);
  fill_classes(settings, std::move(readings[0].second), layout);
}

}  // namespace

std::int64_t Classes::at(std::int64_t label) const {
  if (label < base) return -1;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(label) -
                                   static_cast<std::uint64_t>(base));
}

std::string Classes::text(std::int64_t k) const {
  return by_number ? std::to_string(k + base) : names[static_cast<std::size_t>(k)];
}

Json Classes::json(std::int64_t k) const {
  return by_number ? Json(k + base) : Json(names[static_cast<std::size_t>(k)]);
}

Layout infer_layout(const EvalSettings& settings, const TableReader& table) {
  Layout layout;
  layout.headerless = !table.has_header();
  layout.id = settings.id;
  layout.weight = settings.weight;
  layout.group = settings.group;
  if (!layout.id.empty()) need_column(table, layout.id, "--id");
  if (!layout.weight.empty()) need_column(table, layout.weight, "--weight");
  if (!layout.group.empty()) need_column(table, layout.group, "--group");
  if (!settings.label.empty()) need_column(table, settings.label, "--label");
  layout.label = settings.label.empty() ? infer_label(table) : settings.label;
  if (!settings.kind) {
    infer_values(settings, table, layout);
    return layout;
  }
  if (settings.values.empty())
    throw UsageError("--as is for NPY and NPZ files",
                     "name the columns: --probs 'p_*', --logits 'z_*'");
  layout.kind = *settings.kind;
  const char* flag = settings.binary ? "--prob" : flag_of(layout.kind);
  layout.option = fmt::format("{} '{}'", flag, settings.values);
  const bool pattern = std::count(settings.values.begin(), settings.values.end(), '*') == 1;
  Columns c;
  if (settings.binary && !pattern) {
    need_column(table, settings.values, flag);
    c = {{settings.values}, {settings.values}};
  } else {
    c = pattern ? by_pattern(table, settings.values, layout)
                : by_list(table, settings.values, flag);
  }
  if (c.names.empty())
    refuse_table(table, fmt::format("no column matches {}", layout.option),
                 "columns: " + listed(table.names()));
  if (settings.binary && c.names.size() > 1)
    refuse_table(table, fmt::format("--prob takes one column, not {}", c.names.size()),
                 fmt::format("many classes: --probs '{}'", settings.values));
  if (c.names.size() > 1)
    fill_classes(settings, std::move(c), layout);
  else if (!settings.binary && layout.kind == Kind::probabilities)
    refuse_table(table, fmt::format("only one column matches {}", layout.option),
                 "two classes, one probability: --prob " + c.names[0]);
  else
    fill_binary(settings, table, c.names[0], layout);
  return layout;
}

void check_columns(const Layout& layout, const TableReader& table) {
  need_column(table, layout.label, "label");
  for (const std::string& name : layout.values) need_column(table, name, "as in the first file");
  if (!layout.id.empty()) need_column(table, layout.id, "--id");
  if (!layout.weight.empty()) need_column(table, layout.weight, "--weight");
  if (!layout.group.empty()) need_column(table, layout.group, "--group");
}

Layout array_layout(const EvalSettings& settings, std::int64_t cols) {
  Layout layout;
  layout.kind = *settings.kind;
  layout.label = settings.label;
  layout.id = settings.id;
  layout.weight = settings.weight;
  layout.group = settings.group;
  layout.option = std::string("--as ") + (flag_of(layout.kind) + 2);
  layout.shown =
      fmt::format("{} ({} column{})", flag_of(layout.kind) + 2, cols, cols == 1 ? "" : "s");
  layout.binary = cols == 1;
  layout.classes.base = settings.labels_from.value_or(0);
  for (std::int64_t k = 0; k < std::max<std::int64_t>(cols, 2); ++k)
    layout.classes.names.push_back(std::to_string(k));
  return layout;
}

}  // namespace crossent::cli
