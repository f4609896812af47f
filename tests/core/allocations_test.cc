// Row operations take no memory from the heap once a thread has made its buffers. One thread where
// no allocation is allowed: of several, one may get its first rows in any call.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "crossent/binary_cross_entropy.h"
#include "crossent/cross_entropy.h"
#include "crossent/entropy.h"
#include "crossent/relatives.h"
#include "crossent/scores.h"
#include "crossent/softmax.h"
#include "crossent/squared_error.h"
#include "precise/fixtures.h"

namespace {
std::atomic<long> allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* p = alignment <= alignof(std::max_align_t)
                ? std::malloc(size)
                : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t a) {
  return counted(size, static_cast<std::size_t>(a));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

namespace crossent {
namespace {

// How often a call takes memory after the first.
template <class Call>
long later_allocations(const Call& call) {
  call();
  const long before = allocations;
  call();
  call();
  return allocations - before;
}

template <class T>
class Allocations : public precise::EveryType<T> {};
TYPED_TEST_SUITE(Allocations, precise::Types);

// Rows of one shape, their labels, soft targets and outputs.
template <class T>
struct Problem {
  std::size_t rows, cols;
  std::vector<T> x, target, gradient;
  std::vector<std::int32_t> label;
  std::vector<double> loss, lse;
  std::vector<float> weight;

  Problem(std::size_t n, std::size_t c)
      : rows(n),
        cols(c),
        x(n * c),
        target(n * c),
        gradient(n * c),
        label(n),
        loss(n),
        lse(n),
        weight(c, 0.5F) {
    for (std::size_t i = 0; i < n; ++i) label[i] = static_cast<std::int32_t>(i % c);
  }
  MatrixView<const T> in() const { return matrix<const T>(x.data(), rows, cols); }
  MatrixView<const T> soft() const { return matrix<const T>(target.data(), rows, cols); }
  MatrixView<T> out() { return matrix(gradient.data(), rows, cols); }
};

template <class T, class Body>
void for_each_problem(const Body& body) {
  for (const std::size_t cols : {2, 10, 100, 1000})
    for (const std::size_t rows : {1, 3, 500}) {
      SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(cols));
      Problem<T> p(rows, cols);
      body(p);
    }
}

TYPED_TEST(Allocations, CrossEntropyTakesNoMemoryAfterTheFirstCall) {
  for_each_problem<TypeParam>([](auto& p) {
    Outputs<TypeParam> out;
    out.loss = p.loss;
    out.lse = p.lse;
    out.gradient = p.out();
    Options plain, all;
    plain.threads = all.threads = 1;
    all.class_weight = p.weight;
    all.label_smoothing = 0.1;
    all.z_loss = 1e-4;
    all.smoothing = Smoothing::per_row;
    Options soft;
    soft.threads = 1;
    soft.checks = Checks::off;
    for (const Options& o : {plain, all})
      EXPECT_EQ(later_allocations([&] { cross_entropy<TypeParam>(p.in(), p.label, o, out); }), 0);
    for (const double smoothing : {0.0, 0.1}) {
      soft.label_smoothing = smoothing;
      soft.smoothing = Smoothing::per_row;
      if (smoothing != 0) soft.class_weight = p.weight;
      EXPECT_EQ(later_allocations([&] { cross_entropy<TypeParam>(p.in(), p.soft(), soft, out); }),
                0);
    }
  });
}

TYPED_TEST(Allocations, LossesAloneTakeNoMemoryAfterTheFirstCall) {
  for_each_problem<TypeParam>([](auto& p) {
    Options o;
    o.threads = 1;
    o.checks = Checks::off;
    EXPECT_EQ(later_allocations([&] { cross_entropy<TypeParam>(p.in(), p.label, o); }), 0);
    EXPECT_EQ(later_allocations([&] { cross_entropy<TypeParam>(p.in(), p.soft(), o); }), 0);
  });
}

TYPED_TEST(Allocations, ThreadsMakeTheirBuffersOnce) {
  Problem<TypeParam> p(2000, 100);
  Outputs<TypeParam> out;
  out.gradient = p.out();
  Options o;
  o.threads = 2;
  o.checks = Checks::off;
  const auto hundred = [](const auto& call) {
    for (int i = 0; i < 100; ++i) call();
  };
  const auto labels = [&] { cross_entropy<TypeParam>(p.in(), p.label, o, out); };
  const auto targets = [&] { cross_entropy<TypeParam>(p.in(), p.soft(), o, out); };
  labels();
  targets();
  const long before = allocations;
  hundred(labels);
  hundred(targets);
  EXPECT_LT(allocations - before, 50);  // the buffers of a thread that had no rows before
}

TYPED_TEST(Allocations, ProbabilitiesTakeNoMemoryAfterTheFirstCall) {
  for_each_problem<TypeParam>([](auto& p) {
    Outputs<TypeParam> out;
    out.loss = p.loss;
    out.gradient = p.out();
    Options o;
    o.threads = 1;
    o.checks = Checks::off;
    for (const Kind kind : {Kind::probabilities, Kind::log_probabilities}) {
      o.kind = kind;
      EXPECT_EQ(later_allocations([&] { cross_entropy<TypeParam>(p.in(), p.label, o, out); }), 0);
    }
  });
}

TYPED_TEST(Allocations, SoftmaxTakesNoMemoryAfterTheFirstCall) {
  SoftmaxOptions o;
  o.threads = 1;
  for_each_problem<TypeParam>([&](auto& p) {
    EXPECT_EQ(later_allocations([&] { softmax<TypeParam>(p.in(), p.out(), o); }), 0);
    EXPECT_EQ(later_allocations([&] { log_softmax<TypeParam>(p.in(), p.out(), o); }), 0);
    EXPECT_EQ(later_allocations([&] { log_sum_exp<TypeParam>(p.in(), p.lse, o); }), 0);
  });
}

TYPED_TEST(Allocations, BinaryCrossEntropyTakesNoMemoryAfterTheFirstCall) {
  for_each_problem<TypeParam>([](auto& p) {
    BinaryOutputs<TypeParam> out;
    BinaryOptions o;
    o.threads = 1;
    out.gradient = p.out();
    EXPECT_EQ(later_allocations([&] { binary_cross_entropy<TypeParam>(p.in(), p.soft(), o, out); }),
              0);
  });
}

TYPED_TEST(Allocations, SquaredErrorTakesNoMemoryAfterTheFirstCall) {
  for_each_problem<TypeParam>([](auto& p) {
    SquaredOutputs<TypeParam> out;
    SquaredOptions o;
    o.threads = 1;
    out.loss = p.loss;
    out.gradient = p.out();
    EXPECT_EQ(later_allocations([&] { squared_error<TypeParam>(p.in(), p.label, o, out); }), 0);
  });
}

TEST(DistributionAllocations, RowsOfProbabilitiesTakeNoMemoryAfterTheFirstCall) {
  for (const std::size_t cols : {2, 10, 1000}) {
    SCOPED_TRACE(cols);
    Problem<double> p(50, cols);
    std::fill(p.x.begin(), p.x.end(), 1 / static_cast<double>(cols));
    RelativeOutputs losses;
    losses.loss = p.loss;
    ScoreOptions one;
    one.threads = 1;
    const auto none = [](const auto& call) { EXPECT_EQ(later_allocations(call), 0); };
    none([&] { kl_divergence(p.in(), p.in(), Reduction::mean, {}, p.loss); });
    none([&] { generalized_cross_entropy(p.in(), p.label, 0.5, Reduction::none, losses); });
    none([&] { focal_softmax(p.in(), p.label, {}, Reduction::none, losses); });
    none([&] { poly1(p.in(), p.label, 1, Reduction::none, losses); });
    none([&] { log_loss(p.in(), p.label, one); });
    none([&] { brier_multiclass(p.in(), p.label, one); });
  }
}

}  // namespace
}  // namespace crossent
