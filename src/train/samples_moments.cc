#include "train/samples_moments.h"

#include <algorithm>
#include <cmath>

#include "core/compensated.h"
#include "core/rows.h"

namespace crossent::training {
namespace {

constexpr std::size_t kRowsTogether = 4096;
constexpr std::size_t kColumnsTogether = 512;  // their sums stay in the nearest cache

struct Extent {
  std::size_t present = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    ++present;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void merge(const Extent& later) {
    present += later.present;
    low = std::min(low, later.low);
    high = std::max(high, later.high);
  }
};

struct Sum {
  CompensatedSum sum{};
  void merge(const Sum& later) { sum.add(later.sum); }
};

// Of differences from a mean; their own sum is what the rounding of the mean left.
struct Differences {
  CompensatedSum sum{}, squares{};
  void add(double difference) {
    sum.add(difference);
    squares.add(difference * difference);
  }
  void merge(const Differences& later) {
    sum.add(later.sum);
    squares.add(later.squares);
  }
};

// Calls add(column, value, &sums of the column) for what is present, a block of rows at a time, and
// merges the blocks in order.
template <class Sums, class Add>
std::vector<Sums> summed(const Samples& samples, std::span<const std::size_t> rows,
                         const Add& add) {
  const std::size_t columns = samples.number_columns();
  const std::size_t stripes = (columns + kColumnsTogether - 1) / kColumnsTogether;
  const std::size_t blocks = (rows.size() + kRowsTogether - 1) / kRowsTogether;
  std::vector<Sums> parts(std::max<std::size_t>(blocks, 1) * columns);
  const auto body = [&](std::size_t task, std::size_t, std::size_t) {
    const std::size_t block = task / stripes, first = task % stripes * kColumnsTogether;
    const std::size_t end = std::min(first + kColumnsTogether, columns);
    const std::size_t last = std::min((block + 1) * kRowsTogether, rows.size());
    Sums* sums = parts.data() + block * columns;
    for (std::size_t i = block * kRowsTogether; i < last; ++i) {
      const double* values = samples.numbers.data() + rows[i] * columns;
      for (std::size_t c = first; c < end; ++c)
        if (!std::isnan(values[c])) add(c, values[c], sums + c);
    }
  };
  core::for_each_block(blocks * stripes, 1, kRowsTogether, 0, body);
  for (std::size_t part = columns; part < parts.size(); ++part)
    parts[part % columns].merge(parts[part]);
  parts.resize(columns);
  return parts;
}

// The power of two that brings the largest value near 1, so that no square leaves the range.
double scale_of(const Extent& extent) {
  const double largest = std::max(std::fabs(extent.low), std::fabs(extent.high));
  return std::scalbn(1.0, largest > 0 ? std::clamp(-std::ilogb(largest), -1022, 1023) : 0);
}

}  // namespace

std::vector<Moments> moments_of(const Samples& samples, std::span<const std::size_t> rows,
                                bool with_deviation) {
  const auto extents = summed<Extent>(
      samples, rows, [](std::size_t, double value, Extent* extent) { extent->add(value); });
  std::vector<Moments> moments;
  for (const Extent& extent : extents)
    moments.push_back({extent.present, extent.low, extent.high, extent.low, 0});
  if (!with_deviation) return moments;

  std::vector<double> scale(extents.size()), mean(extents.size());
  std::transform(extents.begin(), extents.end(), scale.begin(), scale_of);
  const auto sums = summed<Sum>(samples, rows, [&](std::size_t c, double value, Sum* sum) {
    sum->sum.add(value * scale[c]);
  });
  for (std::size_t c = 0; c < sums.size(); ++c)
    mean[c] = sums[c].sum.value() / static_cast<double>(extents[c].present);
  const auto differences = summed<Differences>(
      samples, rows,
      [&](std::size_t c, double value, Differences* all) { all->add(value * scale[c] - mean[c]); });
  for (std::size_t c = 0; c < sums.size(); ++c) {
    Moments& m = moments[c];
    if (m.present == 0 || m.low == m.high) continue;
    const auto n = static_cast<double>(m.present);
    const double left = differences[c].sum.value() / n;
    m.mean = mean[c] / scale[c];
    m.deviation = std::sqrt(differences[c].squares.value() / n - left * left) / scale[c];
  }
  return moments;
}

}  // namespace crossent::training
