#include "crossent/labels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "crossent/error.h"

namespace crossent {
namespace {

std::vector<std::int64_t> convert(std::vector<double> values) { return labels_from_reals(values); }

TEST(LabelsFromReals, KeepsEveryExactInteger) {
  EXPECT_EQ(convert({0, -100, 0x1p53 - 1}), (std::vector<std::int64_t>{0, -100, 9007199254740991}));
  EXPECT_TRUE(convert({}).empty());
}

TEST(LabelsFromReals, RefusesWhatIsNoInteger) {
  for (const double bad :
       {1.5, -.25, 0x1p53, -0x1p60, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(convert({bad}), ValueError) << bad;
  try {
    convert({1, 1.5});
    FAIL() << "accepted";
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(), "[labels] label[1] = 1.5 is not an integer");
    EXPECT_EQ(e.row, 1);
  }
}

}  // namespace
}  // namespace crossent
