// `crossent joint`: the likelihood of independent events.
#include <fmt/format.h>

#include <cmath>

#include "cli/lists.h"
#include "cli/output/json.h"
#include "cli/output/text.h"
#include "cli/units.h"
#include "cli/verb.h"
#include "crossent/entropy.h"

namespace crossent::cli {
namespace {

constexpr std::size_t kShown = 20;  // events listed for people; JSON has them all

struct Event {
  std::string name, text;
  double p;
};

class JointVerb : public Verb {
 public:
  void declare(Options& options) override {
    options.positional("EVENT..", arguments_,
                       "NAME=P or P: the probability of an event, in [0, 1]");
  }

  int run(Context& context) override {
    for (const Value& argument : arguments_) read(argument);
    if (events_.empty())
      throw UsageError("no events given", "as in: crossent joint duck=0.70 dog=0.80 cat=0.97");
    std::vector<double> p;
    for (const Event& event : events_) p.push_back(event.p);
    const Likelihood all = joint_likelihood(p);
    context.out = context.json ? json(all) : text(all, Style(context));
    return 0;
  }

 private:
  void read(const Value& argument) {
    const std::size_t equals = argument.text.rfind('=');
    const bool named = equals != std::string::npos;
    const std::string name = named ? argument.text.substr(0, equals) : "";
    const std::size_t begin = named ? equals + 1 : 0;
    List list = parse_list({{"probability", argument.text.substr(begin)}});
    list.sources.front() = argument.text;
    for (Number n : list.numbers()) {
      n.begin += begin;
      check_probability(list, n,
                        named ? fmt::format("the probability of {}", escape(name)) : "probability");
      events_.push_back({name, n.text, n.value});
    }
  }

  std::string json(const Likelihood& all) const {
    Json object = json_head("joint");
    put(object, "probability", all.probability);
    put_nats(object, "nll", all.nll);
    put(object, "mean", all.mean);
    put(object, "typical_probability", all.typical_probability);
    object["events"] = Json::array();
    for (const Event& event : events_) {
      Json row;
      row["name"] = event.name.empty() ? Json() : Json(event.name);
      row["p"] = event.p;
      put(row, "nll", joint_likelihood({&event.p, 1}).nll);
      object["events"].push_back(std::move(row));
    }
    return json_line(object);
  }

  std::string text(const Likelihood& all, const Style& style) const {
    const Unit unit;
    const auto count = static_cast<std::int64_t>(events_.size());
    const bool underflow = all.probability == 0 && std::isfinite(all.nll);
    const std::string p = underflow              ? style.exponential(-all.nll)
                          : all.probability == 0 ? "0"
                                                 : style.number(all.probability);
    std::string product;
    if (count > 1 && count <= 8)
      for (const Event& event : events_) product += (product.empty() ? " = " : " x ") + event.text;
    std::string out =
        style.bold(count == 1 ? fmt::format("The event has probability {}.", p)
                              : fmt::format("The {} events together have probability {}{}.",
                                            grouped(count), p, product));
    out += fmt::format("\n  -ln likelihood   {}   (the sum of the events' losses)\n",
                       unit.amount(style, all.nll));
    out += fmt::format("  mean per event   {}\n", unit.amount(style, all.mean));
    out += fmt::format("  typical p        {}   (geometric mean)\n",
                       style.number(all.typical_probability));
    Table table({true, false, false});
    table.add({"event", "p", "-ln p"});
    for (std::size_t i = 0; i < events_.size() && i < kShown; ++i) {
      const Event& event = events_[i];
      table.add({event.name.empty() ? std::to_string(i + 1) : escape(event.name), event.text,
                 style.number(joint_likelihood({&event.p, 1}).nll)});
    }
    out += table.text();
    if (events_.size() > kShown)
      out += fmt::format("  ... and {} more (--json lists them all)\n",
                         grouped(count - static_cast<std::int64_t>(kShown)));
    return out;
  }

  std::vector<Value> arguments_;
  std::vector<Event> events_;
};

}  // namespace

VerbInfo joint_verb() {
  return {"joint",
          "NAME=P.. [--json]",
          "likelihood of independent events, its -ln, their mean",
          "Multiplies the probabilities of independent events, and adds their -ln p: the sum does "
          "not underflow where the product does. The mean -ln p of the true classes is the "
          "cross-entropy of a data set: likelihood = exp(-N CE).",
          {"likelihood"},
          {{"crossent joint duck=0.70 dog=0.80 cat=0.97", "three right answers at once: 0.5432"}},
          [] { return std::unique_ptr<Verb>(std::make_unique<JointVerb>()); }};
}

}  // namespace crossent::cli
