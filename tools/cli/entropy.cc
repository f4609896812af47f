// `crossent entropy`: entropy of counts, distributions and densities; H(p, q) and KL with --q.
#include "crossent/entropy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/lists.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "cli/scalars.h"
#include "cli/suggest.h"
#include "cli/units.h"
#include "cli/verb.h"
#include "crossent/error.h"

namespace crossent::cli {
namespace {

// "normal(0, 1)"
Density parse_density(const Value& value) {
  static const std::vector<std::string> kNames = {"normal", "uniform", "exponential"};
  const std::string form = "normal(mean,sd), uniform(low,high) or exponential(rate)";
  const std::string& text = value.text;
  const auto fail = [&](const std::string& what, const std::string& hint) {
    throw UsageError(value.option + " " + escape(text) + ": " + what, hint);
  };
  const std::size_t open = text.find('(');
  const std::string name = text.substr(0, open);
  if (std::count(kNames.begin(), kNames.end(), name) == 0) {
    const std::string guess = nearest(name, kNames);
    fail("is no density", guess.empty() ? form : "did you mean '" + guess + "'? " + form);
  }
  if (open == text.npos || !text.ends_with(')')) fail("is no density", form);
  std::vector<double> numbers;
  const std::string inside = text.substr(open + 1, text.size() - open - 2);
  for (std::size_t begin = 0; begin <= inside.size();) {
    const std::size_t end = std::min(inside.find(',', begin), inside.size());
    std::string word = inside.substr(begin, end - begin);
    word.erase(0, std::min(word.find_first_not_of(' '), word.size()));
    word.erase(word.find_last_not_of(' ') + 1);
    const auto number = parse_real(word);
    if (!number) fail("'" + escape(word) + "' is not a number", form);
    numbers.push_back(*number);
    begin = end + 1;
  }
  if (numbers.size() != (name == "exponential" ? 1u : 2u))
    fail("has the wrong number of parameters", form);
  try {
    if (name == "normal") return Density::normal(numbers[0], numbers[1]);
    if (name == "uniform") return Density::uniform(numbers[0], numbers[1]);
    return Density::exponential(numbers[0]);
  } catch (const ValueError&) {
    fail("its parameters are out of range", "sd > 0, low < high, rate > 0, all finite");
  }
  return Density::normal(0, 1);
}

struct Amounts {  // nats
  double entropy = 0, cross_entropy = 0, kl = 0;
};

class EntropyVerb : public Verb {
 public:
  void declare(Options& options) override {
    options.list("--counts", "N..", counts_, "how often each outcome was seen");
    options.list("--probs", "P", probs_, "a distribution p, sums to 1");
    options.value("--density", "D", density_,
                  "a density: normal(mean,sd), uniform(low,high) or exponential(rate)");
    options.list("--q", "Q", q_, "a second distribution or density: adds H(p,q) and KL(p||q)");
    options.value("--base", "B", base_,
                  "unit: e (nats), 2 (bits), 10 (dits) or any number above 1");
  }

  int run(Context& context) override {
    const int given = (counts_.empty() ? 0 : 1) + (probs_.empty() ? 0 : 1) + (density_ ? 1 : 0);
    if (given != 1)
      throw UsageError(given == 0 ? "nothing to take the entropy of"
                                  : "give one of --counts, --probs, --density",
                       "as in: crossent entropy --counts 26,4");
    const Unit unit(base_);
    const Amounts a = density_ ? of_densities() : of_distributions();
    context.out = context.json ? json(a, unit) : text(a, unit, Style(context));
    return 0;
  }

 private:
  Amounts of_densities() const {
    const Density p = parse_density(*density_);
    if (q_.size() > 1) throw UsageError("option --q is given twice");
    Amounts a{entropy(p)};
    if (!q_.empty()) {
      const Density q = parse_density(q_.front());
      a.cross_entropy = cross_entropy(p, q);
      a.kl = kl_divergence(p, q);
    }
    return a;
  }

  Amounts of_distributions() {
    p_ = parse_list(counts_.empty() ? probs_ : counts_);
    if (!counts_.empty() && p_.rows.size() == counts_.size()) join_rows(p_);
    one_row(p_);
    DistributionOptions options;
    options.normalize = !counts_.empty();
    check_distributions(p_, counts_.empty() ? "probability" : "count", options.normalize,
                        "a number is mistyped, or these are weights: give them as --counts");
    const std::vector<double> p = p_.row(0);
    Amounts a{counts_.empty() ? entropy(p) : entropy_from_counts(p)};
    if (q_.empty()) return a;
    const List list = parse_list(q_);
    one_row(list);
    check_distributions(list, "probability", false, "q is a distribution: its numbers sum to 1");
    if (list.cols() != p.size())
      throw InputError(
          fmt::format("p has {}, q has {}", counted(static_cast<std::int64_t>(p.size()), "outcome"),
                      list.cols()),
          "both must list the same outcomes in the same order");
    const std::vector<double> q = list.row(0);
    a.cross_entropy = cross_entropy(p, q, options);
    a.kl = kl_divergence(p, q, options);
    return a;
  }

  static void one_row(const List& list) {
    if (list.rows.size() > 1)
      throw InputError(
          fmt::format("{} rows are given, one is expected ({})", list.rows.size(), list.option),
          "one distribution at a time", list.excerpt(1));
  }

  std::string json(const Amounts& a, const Unit& unit) const {
    Json object = json_head("entropy");
    put_nats(object, "entropy", a.entropy);
    put(object, "perplexity", perplexity(a.entropy));
    if (!q_.empty()) {
      put_nats(object, "cross_entropy", a.cross_entropy);
      put_nats(object, "kl", a.kl);
    }
    if (unit.chosen())
      put(object, "in_base", unit.from_nats(q_.empty() ? a.entropy : a.cross_entropy));
    return json_line(object);
  }

  std::string text(const Amounts& a, const Unit& unit, const Style& style) const {
    const std::string name = density_ ? "differential entropy" : "entropy";
    std::string first;
    if (!q_.empty() && std::isinf(a.kl))
      first = "The cross-entropy is infinite: q gives 0 to something that p has.";
    else if (!q_.empty())
      first = fmt::format("The cross-entropy is {}: {} for not knowing which, {} for believing q.",
                          unit.amount(style, a.cross_entropy), unit.number(style, a.entropy),
                          unit.number(style, a.kl));
    else if (density_)
      first =
          fmt::format("The differential entropy is {}{}.", unit.amount(style, a.entropy),
                      a.entropy < 0 ? " (it may be negative: it depends on the unit of x)" : "");
    else
      first = fmt::format("The entropy is {}: as unsure as {} equally likely outcomes (of {}).",
                          unit.amount(style, a.entropy), style.rounded(perplexity(a.entropy)),
                          p_.cols());
    std::string out = style.bold(first) + "\n";
    Table table({true, true});
    if (!counts_.empty()) {
      double total = 0;
      std::string shares;
      for (const double n : p_.row(0)) total += n;
      for (const double n : p_.row(0))
        shares += (shares.empty() ? "" : ", ") + style.number(n / total);
      table.add({"p", fmt::format("{}   (of {})", shares, count_text(total))});
    }
    if (!q_.empty()) {
      table.add({name + " H(p)", unit.amount(style, a.entropy)});
      table.add({"cross-entropy H(p,q)", unit.amount(style, a.cross_entropy)});
      table.add({"divergence KL(p||q)", unit.amount(style, a.kl)});
    }
    return out + table.text();
  }

  std::vector<Value> counts_, probs_, q_;
  std::optional<Value> density_, base_;
  List p_;
};

}  // namespace

VerbInfo entropy_verb() {
  return {
      "entropy",
      "--counts N.. | --probs P | --density D [--q Q] [--base B]",
      "entropy of counts, a distribution or a density; H(p,q), KL",
      "The entropy H(p) = -sum p log p says how unsure a distribution is, 0 log 0 = 0. With --q "
      "also the cross-entropy H(p,q) = -sum p log q of believing q where p is true, and the "
      "divergence KL(p||q) = H(p,q) - H(p). The entropy of a density is the continuous one: it "
      "may be negative.",
      {"kl", "kl-divergence"},
      {{"crossent entropy --counts 26,4 --base 2", "0.566510 bits: a nearly pure node of a tree"},
       {"crossent entropy --probs .15,.35,.25,.25 --q .20,.40,.30,.10", "H(p), H(p,q), KL(p||q)"},
       {"crossent entropy --density 'uniform(0,0.5)'", "-1 bit"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<EntropyVerb>()); }};
}

}  // namespace crossent::cli
