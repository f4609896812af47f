#include "cli/curve_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "crossent/binary_cross_entropy.h"
#include "crossent/entropy.h"

namespace crossent::cli {
namespace {

constexpr double kTop = 5;  // nats shown

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

void draw(std::vector<std::string>& rows, const std::vector<double>& y, char mark) {
  const auto height = static_cast<double>(rows.size());
  for (std::size_t x = 0; x < y.size(); ++x) {
    const double level = (height - 0.5) * y[x] / kTop;
    if (level >= height) continue;
    char& cell = rows[rows.size() - 1 - static_cast<std::size_t>(level)][x];
    cell = cell == ' ' ? mark : '#';
  }
}

// --- SVG --------------------------------------------------------------------------------------

constexpr double kLeft = 64, kRight = 616, kBottom = 360, kUpper = 56;

double svg_x(double h) { return kLeft + (kRight - kLeft) * h; }
double svg_y(double cost) { return kBottom - (kBottom - kUpper) * cost / kTop; }

std::string polyline(const char* style, const std::vector<double>& h,
                     const std::vector<double>& y) {
  std::string points;
  for (std::size_t i = 0; i < h.size(); ++i)
    if (y[i] <= kTop + 1e-9)
      points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", svg_x(h[i]), svg_y(y[i]));
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", style, points);
}

std::string label(double x, double y, const char* style, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, style, text);
}

std::string grid() {
  std::string out;
  for (int nats = 0; nats <= 5; ++nats) {
    const double y = svg_y(nats);
    out +=
        fmt::format("<line class=\"grid\" x1=\"{0}\" y1=\"{2:.1f}\" x2=\"{1}\" y2=\"{2:.1f}\"/>\n",
                    kLeft, kRight, y);
    out += label(kLeft - 8, y + 4, "end", std::to_string(nats));
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

std::string terminal_plot(const Style& style, int columns) {
  const auto width = static_cast<std::size_t>(std::clamp(columns - 10, 20, 61));
  constexpr std::size_t kHeight = 15;  // three lines a nat
  std::vector<double> h;
  for (std::size_t x = 0; x < width; ++x)
    h.push_back((static_cast<double>(x) + 0.5) / static_cast<double>(width));
  std::vector<std::string> rows(kHeight, std::string(width, ' '));
  draw(rows, costs(h, 1), '*');
  draw(rows, costs(h, 0), 'o');
  const char* bar = style.utf8() ? "\u2502" : "|";
  const char* dash = style.utf8() ? "\u2500" : "-";
  std::string out = "  nats\n";
  for (std::size_t i = 0; i < kHeight; ++i) {
    std::string& row = rows[i];
    row.erase(row.find_last_not_of(' ') + 1);
    out += fmt::format("  {:>3} {}{}\n", i % 3 == 0 ? std::to_string(5 - i / 3) : "", bar, row);
  }
  out += fmt::format("  {:>3} {}", 0, style.utf8() ? "\u2514" : "+");
  for (std::size_t x = 0; x < width; ++x) out += dash;
  out += fmt::format("\n       {:<{}}{:<{}}1\n", 0, width / 2 - 1, "0.5", width - width / 2);
  return out +
         "       h, the predicted probability of yes   * truth is yes   o truth is no   # both\n";
}

std::string svg_plot() {
  std::vector<double> h;
  // Even steps along the curve of yes where it is steep, and in h elsewhere; mirrored for no.
  for (int i = 0; i <= 120; ++i) h.push_back(perplexity(-kTop * (1 - i / 120.0)));
  for (int i = 1; i < 200; ++i) h.push_back(i / 200.0);
  for (int i = 0; i <= 120; ++i) h.push_back(1 - perplexity(-kTop * (1 - i / 120.0)));
  std::sort(h.begin(), h.end());
  std::string out = kHead;
  out += label(kLeft, 30, "head", "Cost of a yes-or-no prediction: cross-entropy in nats");
  out += grid();
  out += polyline("yes", h, costs(h, 1)) + polyline("no", h, costs(h, 0));
  const CostPoint middle = cost_points({0.5}).front();
  out += fmt::format("<circle class=\"meet\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"/>\n", svg_x(0.5),
                     svg_y(middle.yes));
  out += label(svg_x(0.5), svg_y(0.22), "middle", fmt::format("{:.6f} = 1 bit", middle.yes));
  out += label(svg_x(0.06), svg_y(3.6), "yes-text", "-ln h: the truth is yes");
  out += label(svg_x(0.94), svg_y(3.6), "no-text", "-ln(1-h): the truth is no");
  out += label(svg_x(0.5), kBottom + 42, "middle", "h, the predicted probability of yes");
  return out + "</svg>\n";
}

}  // namespace crossent::cli
