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

#include "hwy/tests/hwy_gtest.h"
#include "io/number.h"

namespace crossent {
namespace {

using io::NumberFault;
using io::parse_real;

class Decimal : public hwy::TestWithParamTarget {};
HWY_TARGET_INSTANTIATE_TEST_SUITE_P(Decimal);

// The text between bytes that a parser which looks too far would take for more of the number; as
// one of several fields, so that each position in a batch is seen.
bool parse_among(const std::string& text, char around, double* value) {
  static std::size_t turn = 0;
  const std::size_t before = turn++ % 20;  // fields
  std::string all(kernels::kDecimalWindow, around);
  const std::size_t begin = all.size();
  std::vector<std::uint32_t> ends;
  for (std::size_t i = 0; i < before; ++i) {
    all += "0.25";
    ends.push_back(static_cast<std::uint32_t>(all.size()));
    all += around;
  }
  all += text;
  const std::size_t end = all.size();
  ends.push_back(static_cast<std::uint32_t>(before % 2 ? 0 : end));
  std::vector<double> values(before + 1, -1);
  // The last field's end is given apart; one more field makes it another than the last.
  const std::size_t more = before % 2 ? 0 : 1;
  if (more) {
    all += around;
    all += "x";
    ends.push_back(0);
    values.push_back(-1);
  }
  const std::size_t parsed = kernels::parse_decimals(
      {all.data(), begin, ends.data(), more ? all.size() : end, before + 1 + more}, values.data());
  for (std::size_t i = 0; i < before; ++i) EXPECT_EQ(values[i], 0.25);
  EXPECT_TRUE(parsed == before || parsed == before + 1);
  *value = values[before];
  return parsed == before + 1;
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

TEST_P(Decimal, KnowsTheTextThatProgramsWriteForProbabilitiesAndLogits) {
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

TEST_P(Decimal, KnowsNumbersThatDoublesHoldExactly) {
  for (const char* text :
       {"0", "-0", "1", "0.5", "-0.25", "1.0", "0.0", "2.50", "1e5", "1.000000000000000000e+00",
        "7.", "1E2", "1234567", "-1234567.875", "1.5e-3", "0e0", "0.50000000000000000",
        "1.00000000000000000", "0.9007199254740993e16"})
    EXPECT_TRUE(check(text)) << text;
}

TEST_P(Decimal, RoundsDigitsOfEveryLengthCorrectly) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 60000; ++i) {
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
TEST_P(Decimal, RoundsHalfwayCasesCorrectly) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t odd = (std::uint64_t{1} << 53 | random() >> 11) * 2 + 1;  // 54 bits + half
    const int shift = static_cast<int>(random() % 8);
    const std::uint64_t w = odd << shift;
    for (const std::uint64_t near : {w - 1, w, w + 1}) {
      check(std::to_string(near));
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

TEST_P(Decimal, ScalesByEveryPowerAsStrtodDoes) {
  std::mt19937_64 random(4);
  int known = 0;
  for (int q = -40; q <= 60; ++q)
    for (int i = 0; i < 500; ++i) {
      std::uint64_t w = (random() >> random() % 64) % 10'000'000'000'000'000'000u;
      if (i % 5 == 0) w = 9'999'999'999'999'999'999u - w;
      known += check(std::to_string(w) + "e" + std::to_string(q));
    }
  EXPECT_GT(known, 90 * 500);
}

TEST_P(Decimal, ReadsWhatFromCharsReadsAndNothingElse) {
  std::mt19937_64 random(5);
  const std::string_view letters = "0123456789012345678901234567890123456789...--eE+ ,n";
  for (int i = 0; i < 200000; ++i) {
    std::string text(random() % 28, ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    double value = 0, want = 0;
    if (!parse_among(text, "9.e-,"[random() % 5], &value)) continue;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), want);
    EXPECT_TRUE(result.ec == std::errc() && result.ptr == text.data() + text.size()) << text;
    EXPECT_TRUE(same(value, want)) << text;
  }
}

TEST_P(Decimal, LeavesSubnormalsOverflowAndLongDigitsToTheSlowerParser) {
  for (const char* text :
       {"4.9406564584124654e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "1e-400",
        "2.4703282292062327208e-324", "0.123456789012345678901234567890123", "12345678901234567890",
        "1e999", "0.99999999999999999999", "1e-55"})
    EXPECT_FALSE(check(text)) << text;
}

TEST_P(Decimal, PrintedDoublesComeBack) {
  EXPECT_TRUE(rc::check([] {
    const auto x = std::bit_cast<double>(*rc::gen::arbitrary<std::uint64_t>());
    RC_PRE(std::isfinite(x));
    for (const char* format : {"%.17g", "%.18e", "%.20g"}) {
      double value = 0;
      RC_ASSERT(parse_real(printed(format, x), &value) == NumberFault::none);
      RC_ASSERT(same(value, x));
      if (parse_among(printed(format, x), '5', &value)) RC_ASSERT(same(value, x));
    }
  }));
}

}  // namespace
}  // namespace crossent
