#include <algorithm>

#include "accuracy/table.h"
#include "crossent/cpu.h"
#include "crossent/softmax.h"
#include "precise/batch.h"

namespace crossent::accuracy {
namespace {

using namespace precise;  // NOLINT: this file speaks of nothing else

template <class T>
std::size_t rows_of(std::size_t cols) {
  if (cols <= 130) return 40;
  if (cols <= 2000) return 12;
  return std::is_same_v<T, float> || cols < 10000 ? 1 : 0;
}

std::string input_name(Family family, std::size_t cols, std::size_t row) {
  return std::string(name_of(family)) + ", C = " + std::to_string(cols) + ", row " +
         std::to_string(row);
}

// Calls body(batch, family) for every family and number of classes; half of the labels are the
// largest class.
template <class T, class Body>
void for_each_batch(const Body& body) {
  for (int f = 0; f < static_cast<int>(Family::count); ++f)
    for (std::size_t cols : class_counts()) {
      const std::size_t rows = rows_of<T>(cols);
      if (rows == 0) continue;
      std::mt19937_64 rng(cols * 100 + static_cast<std::size_t>(f));
      Batch<T> batch(rows, cols);
      for (std::size_t r = 0; r < rows; ++r) {
        const auto row = make_row(static_cast<Family>(f), cols, reach_of(TypeInfo<T>::kName), rng);
        batch.x.set_row(r, row);
        const auto best = std::max_element(row.begin(), row.end()) - row.begin();
        batch.label[r] = rng() % 2 ? best : static_cast<std::int64_t>(rng() % cols);
      }
      body(batch, static_cast<Family>(f));
    }
}

template <class T>
void cross_entropy_of(Table& table) {
  const char* type = TypeInfo<T>::kName;
  for_each_batch<T>([&](Batch<T>& batch, Family family) {
    std::vector<RowAnswer<DD>> answers;
    for (std::size_t r = 0; r < batch.x.rows(); ++r) answers.push_back(solve<DD>(batch.problem(r)));
    for (const std::string& target : simd_targets()) {
      set_simd_target(target);
      const Output<T> out = batch.run();
      for (std::size_t r = 0; r < batch.x.rows(); ++r) {
        const Errors e = measure(batch, out, r, answers[r]);
        const std::string input = input_name(family, batch.x.cols(), r);
        const std::string label = ", label " + std::to_string(batch.label[r]);
        table.record("cross_entropy: loss", 4, type, target, e.loss, input + label);
        table.record("cross_entropy: gradient", 8, type, target, e.gradient,
                     input + label + ", column " + std::to_string(e.column));
        table.record("cross_entropy: log-sum-exp beside the largest logit", 4, type, target, e.lse,
                     input);
      }
    }
  });
}

template <class T>
void softmax_of(Table& table) {
  const char* type = TypeInfo<T>::kName;
  const int bits = TypeInfo<T>::kComputeBits;
  for_each_batch<T>([&](Batch<T>& batch, Family family) {
    const std::size_t rows = batch.x.rows(), cols = batch.x.cols();
    if (cols > 70000) return;
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
        table.record("softmax", 8, type, target, worst, input_name(family, cols, r));
        table.record("log_softmax", 4, type, target, worst_log, input_name(family, cols, r));
      }
    }
  });
}

}  // namespace

void measure_cross_entropy(Table& table) {
  cross_entropy_of<float>(table);
  cross_entropy_of<double>(table);
  cross_entropy_of<f16>(table);
  cross_entropy_of<bf16>(table);
}

void measure_softmax(Table& table) {
  softmax_of<float>(table);
  softmax_of<double>(table);
  softmax_of<f16>(table);
  softmax_of<bf16>(table);
}

}  // namespace crossent::accuracy
