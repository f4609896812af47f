#include "crossent/version.h"

#include <gtest/gtest.h>

namespace {

TEST(Version, LibraryAndHeaderAgree) { EXPECT_STREQ(crossent::version(), CROSSENT_VERSION); }

}  // namespace
