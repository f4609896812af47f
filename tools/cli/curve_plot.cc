#include "cli/curve_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "crossent/binary_cross_entropy.h"
#include "crossent/entropy.h"

namespace crossent::cli {
namespace {

constexpr int kSteps = 5;  // of the axis of costs

// The axis: steps of 1, 2 or 5 times a power of ten, the first of at least a nat.
struct Axis {
  explicit Axis(const Unit& unit) {
    const double nat = unit.from_nats(1);
    const double power = std::pow(10.0, std::floor(std::log10(nat)));
    step = 10 * power;
    for (const double digit : {5.0, 2.0, 1.0})
      if (digit * power >= nat * (1 - 1e-9)) step = digit * power;
    top = unit.to_nats(kSteps * step);
  }
  std::string text(int k) const { return fmt::format("{:g}", k * step); }
  double step, top;  // in the unit; in nats
};

std::vector<double> costs(const std::vector<double>& h, double truth) {
  const std::vector<double> target(h.size(), truth);
  std::vector<double> loss(h.size());
  BinaryOptions options;
  options.kind = Kind::probabilities;
  options.reduction = Reduction::none;
  BinaryOutputs<double> outputs;
  outputs.loss = loss;
  binary_cross_entropy<double>(matrix(h.data(), h.size(), 1), matrix(target.data(), h.size(), 1),
                               options, outputs);
  return loss;
}

// --- terminal ---------------------------------------------------------------------------------

void draw(std::vector<std::string>& rows, const std::vector<double>& y, double top, char mark) {
  const auto height = static_cast<double>(rows.size());
  for (std::size_t x = 0; x < y.size(); ++x) {
    const double level = (height - 0.5) * y[x] / top;
    if (level >= height) continue;
    char& cell = rows[rows.size() - 1 - static_cast<std::size_t>(level)][x];
    cell = cell == ' ' ? mark : '#';
  }
}

// --- SVG --------------------------------------------------------------------------------------

constexpr double kLeft = 64, kRight = 616, kBottom = 360, kUpper = 56;

double svg_x(double h) { return kLeft + (kRight - kLeft) * h; }
// `share` of the height of the axis.
double svg_y(double share) { return kBottom - (kBottom - kUpper) * share; }

std::string polyline(const char* style, const std::vector<double>& h, const std::vector<double>& y,
                     double top) {
  std::string points;
  for (std::size_t i = 0; i < h.size(); ++i)
    if (y[i] <= top + 1e-9)
      points +=
          fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", svg_x(h[i]), svg_y(y[i] / top));
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", style, points);
}

std::string label(double x, double y, const char* style, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, style, text);
}

std::string grid(const Axis& axis) {
  std::string out;
  for (int k = 0; k <= kSteps; ++k) {
    const double y = svg_y(static_cast<double>(k) / kSteps);
    out +=
        fmt::format("<line class=\"grid\" x1=\"{0}\" y1=\"{2:.1f}\" x2=\"{1}\" y2=\"{2:.1f}\"/>\n",
                    kLeft, kRight, y);
    out += label(kLeft - 8, y + 4, "end", axis.text(k));
  }
  for (int k = 0; k <= 4; ++k) {
    const double x = svg_x(k / 4.0);
    out +=
        fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\"/>\n",
                    x, kUpper, kBottom);
    out += label(x, kBottom + 18, "middle", fmt::format("{:g}", k / 4.0));
  }
  return out;
}

constexpr const char* kHead =
    R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 420" width="640" height="420" role="img" aria-labelledby="title desc">
<title id="title">Cross-entropy of a yes-or-no prediction</title>
<desc id="desc">-ln h, the cost when the truth is yes, falls from infinity at h = 0 to 0 at h = 1; -ln(1-h), the cost when the truth is no, is its mirror image. Both are 0.693147 nats = 1 bit at h = 0.5.</desc>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.paper { fill: #ffffff; }
.head { font-size: 16px; font-weight: 600; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: #d0d7de; stroke-width: 1; }
polyline { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
.yes { stroke: #0b62c4; } .no { stroke: #b35900; stroke-dasharray: 7 4; }
.yes-text { fill: #0b62c4; } .no-text { fill: #b35900; text-anchor: end; }
.meet { fill: #ffffff; stroke: #1f2328; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .paper, .meet { fill: #0d1117; } .grid { stroke: #30363d; }
.yes { stroke: #58a6ff; } .no { stroke: #f0883e; } .meet { stroke: #e6edf3; }
.yes-text { fill: #58a6ff; } .no-text { fill: #f0883e; }
}
</style>
<rect class="paper" width="640" height="420"/>
)svg";

}  // namespace

std::vector<CostPoint> cost_points(const std::vector<double>& h) {
  const std::vector<double> yes = costs(h, 1), no = costs(h, 0);
  std::vector<CostPoint> out;
  for (std::size_t i = 0; i < h.size(); ++i) out.push_back({h[i], yes[i], no[i]});
  return out;
}

std::string terminal_plot(const Style& style, int columns, const Unit& unit) {
  const Axis axis(unit);
  std::size_t margin = 3;  // of the numbers
  for (int k = 0; k <= kSteps; ++k) margin = std::max(margin, axis.text(k).size());
  const auto width = static_cast<std::size_t>(std::clamp(columns - 10, 20, 61));
  constexpr std::size_t kHeight = 3 * kSteps;
  std::vector<double> h;
  for (std::size_t x = 0; x < width; ++x)
    h.push_back((static_cast<double>(x) + 0.5) / static_cast<double>(width));
  std::vector<std::string> rows(kHeight, std::string(width, ' '));
  draw(rows, costs(h, 1), axis.top, '*');
  draw(rows, costs(h, 0), axis.top, 'o');
  const char* bar = style.utf8() ? "\u2502" : "|";
  const char* dash = style.utf8() ? "\u2500" : "-";
  std::string out = fmt::format("  {}\n", unit.name());
  for (std::size_t i = 0; i < kHeight; ++i) {
    std::string& row = rows[i];
    row.erase(row.find_last_not_of(' ') + 1);
    const int k = kSteps - static_cast<int>(i / 3);
    out += fmt::format("  {:>{}} {}{}\n", i % 3 == 0 ? axis.text(k) : "", margin, bar, row);
  }
  out += fmt::format("  {:>{}} {}", 0, margin, style.utf8() ? "\u2514" : "+");
  for (std::size_t x = 0; x < width; ++x) out += dash;
  const std::string left(margin + 4, ' ');
  out += fmt::format("\n{}{:<{}}{:<{}}1\n", left, 0, width / 2 - 1, "0.5", width - width / 2);
  return out + left +
         "h, the predicted probability of yes   * truth is yes   o truth is no   # both\n";
}

std::string svg_plot(const Unit& unit) {
  const Axis axis(unit);
  std::vector<double> h;
  // Even steps along the curve of yes where it is steep, and in h elsewhere; mirrored for no.
  for (int i = 0; i <= 120; ++i) h.push_back(perplexity(-axis.top * (1 - i / 120.0)));
  for (int i = 1; i < 200; ++i) h.push_back(i / 200.0);
  for (int i = 0; i <= 120; ++i) h.push_back(1 - perplexity(-axis.top * (1 - i / 120.0)));
  std::sort(h.begin(), h.end());
  const std::string log = "-" + unit.log();
  std::string out = kHead;
  for (std::size_t at = 0; (at = out.find("-ln", at)) != out.npos; at += log.size())
    out.replace(at, 3, log);
  out +=
      label(kLeft, 30, "head", "Cost of a yes-or-no prediction: cross-entropy in " + unit.name());
  out += grid(axis);
  out += polyline("yes", h, costs(h, 1), axis.top) + polyline("no", h, costs(h, 0), axis.top);
  const CostPoint middle = cost_points({0.5}).front();
  out += fmt::format("<circle class=\"meet\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", svg_x(0.5),
                     svg_y(middle.yes / axis.top));
  const double meet = unit.from_nats(middle.yes);
  out += label(svg_x(0.5), svg_y(0.044), "middle",
               meet == 1 ? "1 bit" : fmt::format("{:.6f} = 1 bit", meet));
  out += label(svg_x(0.06), svg_y(0.72), "yes-text", log + " h: the truth is yes");
  out += label(svg_x(0.94), svg_y(0.72), "no-text", log + "(1-h): the truth is no");
  out += label(svg_x(0.5), kBottom + 42, "middle", "h, the predicted probability of yes");
  return out + "</svg>\n";
}

}  // namespace crossent::cli
