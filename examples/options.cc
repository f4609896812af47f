// Options compose in one call: ignored rows, class weights, label smoothing, gradient in place.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "crossent/crossent.h"

int main() {
  std::vector<float> x = {2, 0, -1, 0.5f, 0.5f, 0.5f, -1, 4, 0};  // [3, 3]; becomes the gradient
  const std::vector<std::int64_t> labels = {0, -100, 1};          // the second row is padding
  const std::vector<double> weight = {1, 2, 1};

  crossent::Options options;
  options.ignore_index = -100;
  options.class_weight = weight;
  options.label_smoothing = 0.1;
  options.divisor = crossent::Divisor::rows;  // the two live rows, not their total weight 3

  const crossent::MatrixView<float> view = crossent::matrix(x.data(), 3, 3);
  crossent::Outputs<float> in_place;
  in_place.gradient = view;
  const crossent::Result r = crossent::cross_entropy<float>(view, labels, options, in_place);

  std::printf("mean %.6f nats = %.6f / %g; %d rows, %d ignored\n", r.mean, r.sum, r.divisor,
              static_cast<int>(r.rows), static_cast<int>(r.ignored));
  for (std::size_t i = 0; i < 3; ++i) {
    std::printf("gradient %+.4f %+.4f %+.4f\n", view(i, 0), view(i, 1), view(i, 2));
  }

  try {
    crossent::cross_entropy<float>(view, std::vector<int>{0, 1, 3});
  } catch (const crossent::ValueError& e) {
    std::printf("%s\n", e.what());
  }
}
