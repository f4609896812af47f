// Numbers against strtod, which rounds correctly whatever the digits.
#include "kernels/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "io/number.h"

namespace crossent::io {
namespace {

// The text between bytes that a parser which looks too far would take for more of the number.
bool parse_among(const std::string& text, char around, double* value) {
  const std::string padded =
      std::string(kDecimalBefore, around) + text + std::string(kDecimalAfter, around);
  return parse_decimal(padded.data() + kDecimalBefore, text.size(), value);
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// Whether the fast parser knew the number; what it says must be right, as must parse_real.
bool check(const std::string& text) {
  const double want = std::strtod(text.c_str(), nullptr);
  double got = 0;
  const NumberFault fault = parse_real(text, &got);
  EXPECT_EQ(fault, std::isinf(want) ? NumberFault::too_large : NumberFault::none) << text;
  if (fault == NumberFault::none) {
    EXPECT_TRUE(same(got, want)) << text << " is " << got;
  }
  bool known = false;
  for (const char around : {'7', '.', 'e', '-', ',', '\0', '\xff'}) {
    double fast = 0;
    known = parse_among(text, around, &fast);
    if (known) {
      EXPECT_TRUE(same(fast, want)) << text << " among " << around << " is " << fast;
    }
  }
  return known;
}

std::string digits(std::mt19937_64& random, std::size_t n) {
  std::string text(n, '0');
  for (char& c : text) c = static_cast<char>('0' + random() % 10);
  return text;
}

std::string printed(const char* format, double x) {
  char text[400];
  std::snprintf(text, sizeof text, format, x);
  return text;
}

TEST(Decimal, KnowsTheTextThatProgramsWriteForProbabilitiesAndLogits) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::normal_distribution<double> normal(0, 8);
  int known = 0, all = 0;
  for (int i = 0; i < 20000; ++i) {
    const double x = i % 2 ? std::pow(uniform(random), 3) : normal(random);
    for (const char* format :
         {"%.17g", "%.16g", "%.6f", "%.18e", "%.17f", "%.9g", "%.1f", "%.0f"}) {
      known += check(printed(format, x));
      ++all;
    }
  }
  EXPECT_GT(known, all * 98 / 100);  // some %.17f of -23.4 have 20 digits
}

TEST(Decimal, KnowsNumbersThatDoublesHoldExactly) {
  for (const char* text :
       {"0", "-0", "1", "0.5", "-0.25", "1.0", "0.0", "2.50", "1e5", "1.000000000000000000e+00",
        "7.", "1E2", "1234567", "-1234567.875", "1.5e-3", "0e0", "0.50000000000000000",
        "1.00000000000000000", "0.9007199254740993e16"})
    EXPECT_TRUE(check(text)) << text;
}

TEST(Decimal, RoundsDigitsOfEveryLengthCorrectly) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200000; ++i) {
    std::string text = random() % 2 ? "-" : "";
    const std::size_t whole = random() % 9, fraction = random() % 27;
    text += random() % 4 ? digits(random, whole) : std::string(whole, '0');
    if (fraction != 0 || random() % 4 == 0) text += '.';
    if (random() % 4 == 0) text += std::string(random() % 8, '0');
    text += digits(random, fraction);
    if (whole + fraction == 0) text += "3";
    if (random() % 3 == 0)
      text += (random() % 2 ? "e" : "E") + std::to_string(static_cast<int>(random() % 140) - 70);
    check(text);
  }
}

// Midpoints between neighbouring doubles are the hardest; 1 in the last place decides them.
TEST(Decimal, RoundsHalfwayCasesCorrectly) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 50000; ++i) {
    const std::uint64_t odd = (std::uint64_t{1} << 53 | random() >> 11) * 2 + 1;  // 54 bits + half
    const int shift = static_cast<int>(random() % 8);
    const std::uint64_t w = odd << shift;
    for (const std::uint64_t near : {w - 1, w, w + 1}) {
      double value;
      if (scale_decimal(near, 0, &value)) {
        EXPECT_EQ(value, static_cast<double>(near));
      }
      check(std::to_string(near).insert(1 + random() % 7, "."));
    }
    const double x =
        std::ldexp(static_cast<double>(random() >> 11), -static_cast<int>(random() % 60));
    const double up = std::nextafter(x, std::numeric_limits<double>::infinity());
    const std::string middle = printed("%.70f", x / 2 + up / 2);
    check(middle.substr(0, middle.find_last_not_of('0') + 1));
    check(printed("%.18e", x / 2 + up / 2));
  }
}

TEST(Decimal, ScalesByEveryPowerAsStrtodDoes) {
  std::mt19937_64 random(4);
  for (int q = -60; q <= 60; ++q)
    for (int i = 0; i < 2000; ++i) {
      std::uint64_t w = random() >> random() % 64;
      if (i % 5 == 0) w = ~std::uint64_t{0} - w;
      double value;
      const bool known = scale_decimal(w, q, &value);
      EXPECT_TRUE(known || q < -50 || q > 50 || i < 2000);
      if (!known) continue;
      const std::string text = std::to_string(w) + "e" + std::to_string(q);
      EXPECT_TRUE(same(value, std::strtod(text.c_str(), nullptr))) << text;
    }
}

TEST(Decimal, ReadsWhatFromCharsReadsAndNothingElse) {
  std::mt19937_64 random(5);
  const std::string_view letters = "0123456789012345678901234567890123456789...--eE+ ,n";
  for (int i = 0; i < 500000; ++i) {
    std::string text(random() % 28, ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    double value = 0, want = 0;
    if (!parse_among(text, "9.e-,"[random() % 5], &value)) continue;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), want);
    EXPECT_TRUE(result.ec == std::errc() && result.ptr == text.data() + text.size()) << text;
    EXPECT_TRUE(same(value, want)) << text;
  }
}

TEST(Decimal, LeavesSubnormalsOverflowAndLongDigitsToTheSlowerParser) {
  for (const char* text :
       {"4.9406564584124654e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "1e-400",
        "2.4703282292062327208e-324", "123456789.5", "0.1234567890123456789012345",
        "12345678901234567", "1e999"})
    EXPECT_FALSE(check(text)) << text;
}

RC_GTEST_PROP(Decimal, PrintedDoublesComeBack, (std::uint64_t bits)) {
  const double x = std::bit_cast<double>(bits);
  RC_PRE(std::isfinite(x));
  for (const char* format : {"%.17g", "%.18e", "%.20g"}) {
    double value = 0;
    RC_ASSERT(parse_real(printed(format, x), &value) == NumberFault::none);
    RC_ASSERT(same(value, x));
    if (parse_among(printed(format, x), '5', &value)) RC_ASSERT(same(value, x));
  }
}

}  // namespace
}  // namespace crossent::io
