// Products of training run on one thread each, whoever calls.
#include <gtest/gtest.h>
#include <omp.h>

#include <mutex>
#include <vector>

#include "train/pass.h"
#include "train/product.h"

namespace crossent::training {
namespace {

class OneThreadTest : public ::testing::Test {
 protected:
  OneThreadTest() : before_(omp_get_max_threads()) { omp_set_num_threads(3); }
  ~OneThreadTest() override { omp_set_num_threads(before_); }

 private:
  int before_;
};

TEST_F(OneThreadTest, HoldsWithinItsScopeOnly) {
  {
    const OneThread one;
    EXPECT_EQ(omp_get_max_threads(), 1);
    {
      const OneThread again;
      EXPECT_EQ(omp_get_max_threads(), 1);
    }
    EXPECT_EQ(omp_get_max_threads(), 1);
  }
  EXPECT_EQ(omp_get_max_threads(), 3);
}

// With one lane there is no team of threads, with more there is.
TEST_F(OneThreadTest, HoldsForEveryTileOfAPass) {
  for (const std::size_t count : {10U, 2000U}) {
    Network<float> network{.architecture = {30, {40}, 3}};
    network.parameters.resize(network.architecture.parameters());
    CostSpec spec;
    spec.outputs = 3;
    const std::vector<float> x(count * 30);
    const RowSet<float> rows{.x = x.data(), .stride = 30, .rows = count};
    Pass<float> pass(network.architecture, spec, 3);
    std::mutex mutex;
    std::vector<int> threads;
    pass.for_each_tile(network, rows, {}, [&](std::size_t, std::size_t, Tile<float>&) {
      const std::lock_guard lock(mutex);
      threads.push_back(omp_get_max_threads());
    });
    EXPECT_EQ(threads, std::vector<int>(threads.size(), 1)) << count << " rows";
    EXPECT_GE(threads.size() * kTileRows, count);
    EXPECT_EQ(omp_get_max_threads(), 3);
  }
}

}  // namespace
}  // namespace crossent::training
