#include "crossent/softmax.h"

#include "accuracy/batches.h"

namespace crossent::accuracy {
namespace {

using namespace precise;  // NOLINT: this file speaks of nothing else

template <class T>
void softmax_of(Table& table) {
  const char* type = TypeInfo<T>::kName;
  const int bits = TypeInfo<T>::kComputeBits;
  for_each_batch<T>({.most_classes = 70000}, [&](Batch<T>& batch, Family family, Rng&) {
    const std::size_t rows = batch.x.rows(), cols = batch.x.cols();
    std::vector<RowAnswer<DD>> answers;
    for (std::size_t r = 0; r < rows; ++r)
      answers.push_back(solve<DD>(batch.problem(r), {.gradient = false, .probability = true}));
    for (const std::string& target : simd_targets()) {
      set_simd_target(target);
      Matrix<T> p(rows, cols), log_p(rows, cols);
      const MatrixView<const T> x = batch.x.view();
      softmax<T>(x, p.view());
      log_softmax<T>(x, log_p.view());
      for (std::size_t r = 0; r < rows; ++r) {
        double worst = 0, worst_log = 0;
        for (std::size_t j = 0; j < cols; ++j) {
          const DD& exact = answers[r].probability[j];
          worst = std::max(worst, element_ulps(p(r, j), exact, bits));
          const double z = widen(batch.x(r, j));
          if (z == -INFINITY) continue;
          const DD log_exact = (DD(z) - DD(answers[r].max)) - answers[r].log1p_others;
          const double ulps = element_ulps(log_p(r, j), log_exact, bits);
          // near the end of f64's range 40 bits are enough
          const bool tiny = std::fabs(to_double(log_exact)) < kTinyLoss;
          worst_log = std::max(worst_log, tiny ? ulps * 0x1p-12 : ulps);
        }
        const std::string input = input_name(family, cols, r);
        table.record({"softmax", "", type, target}, kGradientUlps, worst, input);
        table.record({"log_softmax", "", type, target}, kLossUlps, worst_log, input);
      }
    }
  });
}

}  // namespace

void measure_softmax(Table& table) {
  for_each_type([&]<class T>() { softmax_of<T>(table); });
}

}  // namespace crossent::accuracy
