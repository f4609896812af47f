// Loss, gradient and accuracy of a batch in one pass: what a training loop asks for every step.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "crossent/crossent.h"

int main() {
  const std::vector<float> logits = {3.2f, 1.3f, 0.2f, 0.8f,  // [2 rows, 4 classes]
                                     0.1f, 0.2f, 2.5f, 1.0f};
  const std::vector<std::int32_t> labels = {0, 3};
  std::vector<float> gradient(logits.size());
  std::vector<std::int64_t> argmax(labels.size());

  crossent::Outputs<float> want;  // an output that is left empty is not computed
  want.gradient = crossent::matrix(gradient.data(), 2, 4);
  want.argmax = argmax;
  const crossent::Result r =
      crossent::cross_entropy<float>(crossent::matrix(logits.data(), 2, 4), labels, {}, want);

  std::printf("mean cross-entropy %.6f nats over %d rows\n", r.mean, static_cast<int>(r.rows));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::printf("row %zu: said %d, truth %d, gradient", i, static_cast<int>(argmax[i]), labels[i]);
    for (std::size_t j = 0; j < 4; ++j) std::printf(" %+.4f", gradient[i * 4 + j]);
    std::printf("\n");
  }
}
