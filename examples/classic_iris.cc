// Two classic demonstrations on Iris, repeated; then with 30 seeds each, since one run is not
// evidence.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "crossent/crossent.h"

namespace {

struct Iris {
  std::vector<double> x = std::vector<double>(150 * 4);
  std::vector<std::int64_t> label = std::vector<std::int64_t>(150);
  crossent::MatrixView<const double> rows() const { return crossent::matrix(x.data(), 150, 4); }
};

Iris read_iris() {
  Iris iris;
  crossent::TableReader table("data/iris.csv");
  std::vector<crossent::Column> columns;
  for (const std::string& name : table.names()) columns.push_back({name});
  table.read(columns, [&](const crossent::TableBlock& block) {
    for (std::size_t i = 0; i < block.rows; ++i) {
      const std::size_t row = static_cast<std::size_t>(block.first_row) + i;
      for (std::size_t j = 0; j < 4; ++j) iris.x[row * 4 + j] = block.reals(i, j);
      iris.label[row] = static_cast<std::int64_t>(block.reals(i, 4));
    }
  });
  return iris;
}

void print_classic(const Iris& iris, crossent::Preset preset) {
  const crossent::PresetRun run = crossent::run_preset(preset, iris.rows(), iris.label);
  std::printf("%s, seed %d\n  error every 10 epochs ", crossent::preset_name(preset),
              static_cast<int>(run.seed));
  for (const crossent::PresetEpoch& epoch : run.history)
    if (epoch.epoch % 10 == 0) std::printf(" %.4f", epoch.error);
  std::printf("\n  right  %d of 120, %d of 30 not trained on\n",
              static_cast<int>(run.history.back().correct_training),
              static_cast<int>(run.history.back().correct_test));
}

// Mean and standard deviation.
void print_spread(const char* what, const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / n;
  for (const double v : values) squares += (v - mean) * (v - mean);
  std::printf("  right %s  %.1f +- %.1f\n", what, mean, std::sqrt(squares / (n - 1)));
}

void print_seeds(const Iris& iris, crossent::Preset preset) {
  std::vector<double> training, test;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto run = crossent::run_preset(preset, iris.rows(), iris.label, seed);
    training.push_back(static_cast<double>(run.history.back().correct_training));
    test.push_back(static_cast<double>(run.history.back().correct_test));
  }
  std::printf("%s, seeds 0 to 29\n", crossent::preset_name(preset));
  print_spread("of 120", training);
  print_spread("of  30", test);
}

}  // namespace

int main() {
  const Iris iris = read_iris();
  using crossent::Preset;
  for (const Preset preset : {Preset::mccaffrey_mse, Preset::mccaffrey_ce})
    print_classic(iris, preset);
  for (const Preset preset : {Preset::mccaffrey_mse, Preset::mccaffrey_ce})
    print_seeds(iris, preset);
}
