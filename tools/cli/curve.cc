// `crossent curve`: what a predicted probability costs, as a plot, a table, an SVG file.
#include <fmt/format.h>

#include "cli/curve_plot.h"
#include "cli/files.h"
#include "cli/lists.h"
#include "cli/output/json.h"
#include "cli/units.h"
#include "cli/verb.h"
#include "io/output_file.h"

namespace crossent::cli {
namespace {

class CurveVerb : public Verb {
 public:
  void declare(Options& options) override {
    options.value("-o,--output", "FILE", output_, "write an SVG figure instead of the plot").file =
        true;
    options.list("--at", "H..", at_, "probabilities for the table (0.01 .. 0.99)");
    options.value("--base", "B", base_,
                  "unit: e (nats), 2 (bits), 10 (dits) or any number above 1");
  }

  int run(Context& context) override {
    const Unit unit(base_);
    std::vector<double> h = {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99};
    if (!at_.empty()) {
      const List list = parse_list(at_);
      for (const Number& n : list.numbers()) check_probability(list, n, "probability");
      h = list.flat();
    }
    const bool to_stdout = output_ && (output_->text == "-" || output_->text == "/dev/stdout");
    if (context.json && to_stdout)
      throw UsageError(
          "--json and " + output_->option + " " + output_->text + " both write to standard output",
          "write the figure to a file: -o curve.svg");
    if (output_) check_figure_name(output_->option, output_->text);
    const std::vector<CostPoint> points = cost_points(h);
    if (context.json)
      context.out = json(points, unit);
    else if (!output_)
      context.out = text(points, unit, context);
    if (output_) {
      io::OutputFile file(output_->text);
      file.write(svg_plot(unit));
      file.commit();
      const bool device = output_->text == "-" || output_->text.starts_with("/dev/");
      if (!context.json && !device)
        context.notes.push_back("wrote the figure to " + escape(output_->text));
    }
    return 0;
  }

 private:
  static std::string json(const std::vector<CostPoint>& points, const Unit& unit) {
    Json object = json_head("curve");
    object["points"] = Json::array();
    for (const CostPoint& point : points) {
      Json row;
      row["h"] = point.h;
      put_nats(row, "if_yes", point.yes);
      put_nats(row, "if_no", point.no);
      if (unit.chosen()) {
        put(row, "if_yes_in_base", unit.from_nats(point.yes));
        put(row, "if_no_in_base", unit.from_nats(point.no));
      }
      object["points"].push_back(std::move(row));
    }
    return json_line(object);
  }

  static std::string text(const std::vector<CostPoint>& points, const Unit& unit,
                          const Context& context) {
    const Style style(context);
    const std::string log = unit.log();
    std::string out =
        style.bold(fmt::format("Predicting yes with probability h costs -{} h if the truth is yes, "
                               "-{}(1-h) if it is no: a sure mistake costs without limit.",
                               log, log)) +
        "\n";
    out += terminal_plot(style, context.terminal.columns, unit);
    Table table({false, false, false, true});
    table.add({"h", "truth yes", "truth no", fmt::format("({})", unit.name())});
    for (const CostPoint& point : points)
      table.add({fmt::format("{}", point.h), unit.number(style, point.yes),
                 unit.number(style, point.no), point.h == 0.5 ? "the same" : ""});
    return out + table.text();
  }

  std::optional<Value> output_, base_;
  std::vector<Value> at_;
};

}  // namespace

VerbInfo curve_verb() {
  return {
      "curve",
      "[-o FILE] [--at H..] [--base B] [--json]",
      "what a predicted probability costs, as a plot",
      "Plots -ln h and -ln(1-h), the cost of predicting yes with probability h, in the terminal "
      "or as an SVG figure, and lists both at some h. They cross at h = 0.5, 1 bit.",
      {"plot"},
      {{"crossent curve", "the plot and a table"},
       {"crossent curve -o curve.svg", "the figure"},
       {"crossent curve --at 0.01,0.5 --json", "two points, as JSON"}},
      [] { return std::unique_ptr<Verb>(std::make_unique<CurveVerb>()); }};
}

}  // namespace crossent::cli
