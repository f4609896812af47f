#include "cli/train_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/train_axis.h"

namespace crossent::cli {
namespace {

using History = std::vector<EpochRecord>;

bool validated(const History& h) { return !h.empty() && h.front().validation.rows > 0; }

template <class Get>
std::vector<double> series(const History& history, const Get& get) {
  std::vector<double> out;
  for (const EpochRecord& record : history) out.push_back(get(record));
  return out;
}

std::vector<double> training_loss(const History& h) {
  return series(h, [](const EpochRecord& r) { return r.training.loss; });
}
std::vector<double> validation_loss(const History& h) {
  return series(h, [](const EpochRecord& r) { return r.validation.loss; });
}

PlotAxis loss_axis(const History& h) {
  std::vector<double> all = training_loss(h);
  if (validated(h)) {
    const std::vector<double> more = validation_loss(h);
    all.insert(all.end(), more.begin(), more.end());
  }
  return PlotAxis::of(all);
}

PlotAxis epoch_axis(const History& h) {
  return PlotAxis::linear(static_cast<double>(h.front().epoch), static_cast<double>(h.back().epoch),
                          true);
}

// --- terminal ---------------------------------------------------------------------------------

constexpr std::size_t kHeight = 11;
constexpr std::size_t kFewest = 5;  // epochs that make a curve

void draw(std::vector<std::string>& rows, const History& h, const std::vector<double>& y,
          const PlotAxis& axis, char mark) {
  const std::size_t width = rows.front().size();
  const double first = static_cast<double>(h.front().epoch);
  const double span = static_cast<double>(h.back().epoch) - first;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!axis.holds(y[i])) continue;
    const double x = (static_cast<double>(h[i].epoch) - first) / span;
    const double level = std::clamp(axis.share(y[i]), 0.0, 1.0);
    const auto column = static_cast<std::size_t>(std::lround(x * static_cast<double>(width - 1)));
    const auto row = kHeight - 1 - static_cast<std::size_t>(std::lround(level * (kHeight - 1)));
    char& cell = rows[row][column];
    cell = cell == ' ' || cell == mark ? mark : '#';
  }
}

// --- SVG --------------------------------------------------------------------------------------

constexpr double kLeft = 64, kRight = 616;

struct Panel {
  double upper, bottom;
  const PlotAxis& x;
  const PlotAxis& y;
  double px(double epoch) const { return kLeft + (kRight - kLeft) * x.share(epoch); }
  double py(double value) const { return bottom - (bottom - upper) * y.share(value); }
};

std::string label(double x, double y, const char* style, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, style, text);
}

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

std::string line(const char* style, double x1, double y1, double x2, double y2) {
  return fmt::format(
      "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", style, x1,
      y1, x2, y2);
}

std::string grid(const Panel& p, const char* unit, const std::string& name) {
  std::string out = label(kLeft, p.upper - 12, "name", name);
  for (const double mark : p.y.marks()) {
    out += line("grid", kLeft, p.py(mark), kRight, p.py(mark));
    out += label(kLeft - 8, p.py(mark) + 4, "end", p.y.text(mark) + unit);
  }
  for (const double mark : p.x.marks()) {
    out += line("grid", p.px(mark), p.upper, p.px(mark), p.bottom);
    out += label(p.px(mark), p.bottom + 18, "middle", p.x.text(mark));
  }
  return out;
}

std::string curve(const char* style, const Panel& p, const History& h,
                  const std::vector<double>& y) {
  std::string points;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (p.y.holds(y[i]))
      points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ",
                            p.px(static_cast<double>(h[i].epoch)), p.py(y[i]));
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", style, points);
}

constexpr const char* kHead =
    R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 600" width="640" height="600" role="img" aria-labelledby="title">
<title id="title">{}</title>
<style>
text {{ font: 13px system-ui, sans-serif; fill: #1f2328; }}
.paper {{ fill: #ffffff; }}
.head {{ font-size: 16px; font-weight: 600; }} .name {{ font-weight: 600; }}
.end {{ text-anchor: end; }} .middle {{ text-anchor: middle; }}
.grid {{ stroke: #d0d7de; stroke-width: 1; }}
.best {{ stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 2 4; }}
polyline {{ fill: none; stroke-width: 2.5; stroke-linejoin: round; }}
.training {{ stroke: #0b62c4; stroke-width: 2.5; }} .validation {{ stroke: #b35900; stroke-width: 2.5; stroke-dasharray: 7 4; }}
.training-text {{ fill: #0b62c4; }} .validation-text {{ fill: #b35900; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3; }} .paper {{ fill: #0d1117; }} .grid {{ stroke: #30363d; }} .best {{ stroke: #8b949e; }}
.training {{ stroke: #58a6ff; }} .validation {{ stroke: #f0883e; }}
.training-text {{ fill: #58a6ff; }} .validation-text {{ fill: #f0883e; }}
}}
</style>
<rect class="paper" width="640" height="600"/>
)svg";

std::string legend(bool validation) {
  std::string out = line("training", kLeft, 53, kLeft + 30, 53) +
                    label(kLeft + 38, 57, "training-text", "training rows");
  if (!validation) return out;
  return out + line("validation", 210, 53, 240, 53) +
         label(248, 57, "validation-text", "validation rows");
}

std::string best_line(const Panel& p, const History& h) {
  std::int64_t best = -1;
  for (const EpochRecord& r : h)
    if (r.best) best = r.epoch;
  if (best < 0) return "";
  const double x = p.px(static_cast<double>(best));
  return line("best", x, p.upper, x, p.bottom);
}

}  // namespace

std::string terminal_curves(const Style& style, int columns, const char* round,
                            const History& history) {
  if (history.size() < kFewest) return "";
  const PlotAxis axis = loss_axis(history);
  const auto width = static_cast<std::size_t>(std::clamp(columns - 14, 20, 61));
  std::vector<std::string> rows(kHeight, std::string(width, ' '));
  draw(rows, history, training_loss(history), axis, '*');
  if (validated(history)) draw(rows, history, validation_loss(history), axis, 'o');
  std::vector<std::string> names(kHeight);
  std::size_t margin = 3;
  for (const double mark : axis.marks()) {
    const auto row =
        kHeight - 1 - static_cast<std::size_t>(std::lround(axis.share(mark) * (kHeight - 1)));
    names[row] = axis.text(mark);
    margin = std::max(margin, names[row].size());
  }
  std::string out = "  loss\n";
  for (std::size_t i = 0; i < kHeight; ++i) {
    std::string& row = rows[i];
    row.erase(row.find_last_not_of(' ') + 1);
    out += fmt::format("  {:>{}} {}{}\n", names[i], margin, style.utf8() ? "\u2502" : "|", row);
  }
  out += fmt::format("  {:>{}} {}", "", margin, style.utf8() ? "\u2514" : "+");
  for (std::size_t x = 0; x < width; ++x) out += style.utf8() ? "\u2500" : "-";
  const std::string first = grouped(history.front().epoch), last = grouped(history.back().epoch);
  const std::string left(margin + 4, ' ');
  out += fmt::format("\n{}{}{:>{}}\n", left, first, last, width - first.size());
  return out + left + round + "   * training" +
         (validated(history) ? "   o validation   # both\n" : "\n");
}

std::string svg_curves(const std::string& title, const char* round, const History& history) {
  const bool both = validated(history);
  std::string out = fmt::format(kHead, xml(title)) + label(kLeft, 30, "head", xml(title));
  if (history.size() < 2)
    return out + label(kLeft, 80, "name", fmt::format("too few {}s", round)) + "</svg>\n";
  const PlotAxis x = epoch_axis(history), losses = loss_axis(history);
  const auto percent = [](double share) { return 100 * share; };
  const auto right =
      series(history, [&](const EpochRecord& r) { return percent(r.training.accuracy); });
  const auto held =
      series(history, [&](const EpochRecord& r) { return percent(r.validation.accuracy); });
  double least = 100;
  for (const auto* values : {&right, &held})
    for (const double v : *values)
      if (std::isfinite(v)) least = std::min(least, v);
  const PlotAxis accuracies = PlotAxis::linear(least, 100);
  const Panel upper{100, 330, x, losses}, lower{400, 530, x, accuracies};
  out += legend(both);
  out += grid(upper, "", losses.logarithmic() ? "loss (logarithmic)" : "loss") +
         best_line(upper, history);
  out += curve("training", upper, history, training_loss(history));
  if (both) out += curve("validation", upper, history, validation_loss(history));
  out += grid(lower, " %", "accuracy") + best_line(lower, history);
  out += curve("training", lower, history, right);
  if (both) out += curve("validation", lower, history, held);
  out += label((kLeft + kRight) / 2, 572, "middle",
               std::string(round) + (both ? " (dotted: lowest validation loss)" : ""));
  return out + "</svg>\n";
}

}  // namespace crossent::cli
