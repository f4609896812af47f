// Every number of threads gives the same bits, sums and means included (N4).
#include <gtest/gtest.h>

#include "core/bits.h"
#include "crossent/binary_cross_entropy.h"
#include "crossent/softmax.h"
#include "precise/fixtures.h"

namespace crossent::precise {
namespace {

constexpr int kThreads[] = {1, 2, 3, 7, 64};

template <class T>
class Threading : public EveryType<T> {};
TYPED_TEST_SUITE(Threading, Types);

TYPED_TEST(Threading, CrossEntropyHasTheSameBitsForEveryNumberOfThreads) {
  using T = TypeParam;
  constexpr std::pair<std::size_t, std::size_t> kShapes[] = {{9000, 4}, {500, 80}, {40, 1030}};
  for (const auto& [rows, cols] : kShapes) {
    if (reduced_grid() && rows > 1000) continue;
    const Batch<T> plain = logits_batch<T>(rows, cols, cols);
    for (const auto& [name, change] : changes<T>()) {
      Batch<T> b = plain;
      change(b);
      b.options.reduction = Reduction::mean;
      Bits first_result;
      std::vector<Bits> first;
      for (int threads : kThreads) {
        b.options.threads = threads;
        const auto out = b.run();
        if (first.empty()) {
          first = all_rows(out);
          first_result = result_bits(out.result);
        }
        ASSERT_EQ(result_bits(out.result), first_result) << name << " threads " << threads;
        ASSERT_TRUE(all_rows(out) == first) << name << " threads " << threads;
      }
    }
  }
}

TYPED_TEST(Threading, TheSoftmaxFamilyHasTheSameBitsForEveryNumberOfThreads) {
  using T = TypeParam;
  Batch<T> b = logits_batch<T>(400, 200, 9);
  std::vector<std::uint64_t> first[3];
  for (int threads : kThreads) {
    SoftmaxOptions options;
    options.threads = threads;
    std::vector<double> lse(400);
    Matrix<T> p(400, 200), log_p(400, 200);
    log_sum_exp<T>(b.x.view(), lse, options);
    softmax<T>(b.x.view(), p.view(), options);
    log_softmax<T>(b.x.view(), log_p.view(), options);
    std::vector<std::uint64_t> got[3] = {{}, p.bits(), log_p.bits()};
    for (double v : lse) got[0].push_back(bits_of(v));
    for (int i = 0; i < 3; ++i) {
      if (threads == 1) first[i] = got[i];
      ASSERT_TRUE(got[i] == first[i]) << i << " threads " << threads;
    }
  }
}

TYPED_TEST(Threading, BinaryCrossEntropyHasTheSameBitsForEveryNumberOfThreads) {
  using T = TypeParam;
  Batch<T> b = logits_batch<T>(5000, 9, 10);
  use_soft_targets(b, 11);
  const auto weight = some_weights(5000 * 9, 12);
  Bits first;
  for (int threads : kThreads) {
    std::vector<double> loss(5000 * 9);
    Matrix<T> gradient(5000, 9), hessian(5000, 9);
    BinaryOptions options;
    options.threads = threads;
    options.weight = weight;
    BinaryOutputs<T> outputs{loss, gradient.view(), hessian.view(), {}};
    MatrixView<const T> target = b.target.view();
    Bits got = result_bits(binary_cross_entropy<T>(b.x.view(), target, options, outputs));
    for (double v : loss) got.push_back(bits_of(v));
    for (auto v : gradient.bits()) got.push_back(v);
    for (auto v : hessian.bits()) got.push_back(v);
    if (threads == 1) first = got;
    ASSERT_TRUE(got == first) << threads;
  }
}

}  // namespace
}  // namespace crossent::precise
