#include "reference/python_random.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

// The values are those that CPython 3.11's random.Random prints.
namespace crossent::reference {
namespace {

struct Draws {
  std::uint64_t seed;
  double first, second, third;
  std::uint32_t bits_1, bits_7, bits_31, bits_32;
};

TEST(PythonRandom, DrawsWhatPythonDraws) {
  const Draws all[] = {
      {3, 0.23796462709189137, 0.5442292252959519, 0.36995516654807925, 1, 60, 1343724115,
       2494740733},
      {0, 0.8444218515250481, 0.7579544029403025, 0.420571580830845, 0, 123, 1097954097,
       2087043557},
      {0x8000000000003039, 0.30477471939133105, 0.21243216957860434, 0.6640283412362986, 0, 125,
       1212352298, 28858648},
  };
  for (const Draws& want : all) {
    PythonRandom random(want.seed);
    EXPECT_EQ(random.random(), want.first) << want.seed;
    EXPECT_EQ(random.random(), want.second) << want.seed;
    EXPECT_EQ(random.random(), want.third) << want.seed;
    EXPECT_EQ(random.getrandbits(1), want.bits_1) << want.seed;
    EXPECT_EQ(random.getrandbits(7), want.bits_7) << want.seed;
    EXPECT_EQ(random.getrandbits(31), want.bits_31) << want.seed;
    EXPECT_EQ(random.getrandbits(32), want.bits_32) << want.seed;
  }
}

TEST(PythonRandom, TakesTheSeedInWordsOf32Bits) {
  EXPECT_EQ(PythonRandom(0x100000000).random(), 0.11299430095636409);
}

TEST(PythonRandom, ShufflesAsPythonDoes) {
  PythonRandom random(3);
  std::vector<std::size_t> values(120);
  std::iota(values.begin(), values.end(), std::size_t{0});
  random.shuffle(values);
  values.resize(12);
  EXPECT_EQ(values, (std::vector<std::size_t>{39, 83, 71, 93, 90, 51, 52, 116, 23, 35, 79, 28}));

  std::vector<std::size_t> ten(10), one{0};
  std::iota(ten.begin(), ten.end(), std::size_t{0});
  random.shuffle(ten);
  EXPECT_EQ(ten, (std::vector<std::size_t>{0, 6, 2, 4, 7, 3, 1, 8, 9, 5}));
  random.shuffle(one);  // draws nothing
  EXPECT_EQ(random.random(), 0.6438887183877269);
}

}  // namespace
}  // namespace crossent::reference
