#include "kernels/csv_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "hwy/tests/hwy_gtest.h"

namespace crossent {
namespace {

class CsvScanTest : public hwy::TestWithParamTarget {};
HWY_TARGET_INSTANTIATE_TEST_SUITE_P(CsvScanTest);

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  const std::string_view letters = "aa1,,;\n\n\"\r.";
  for (char& c : text) c = letters[random() % letters.size()];
  return text;
}

// Every length around the block, from any start, in and out of quotes, against a loop over bytes.
TEST_P(CsvScanTest, CountsLinesAsALoopOverBytesDoes) {
  std::mt19937 random(1);
  for (std::size_t size = 0; size <= 200; ++size)
    for (const bool begin_quoted : {false, true}) {
      const std::string text = random_text(random, size + 1).substr(1);
      kernels::LineCount want;
      bool quoted = begin_quoted;
      for (std::size_t i = 0; i < size; ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] != '\n') continue;
        ++want.lines;
        if (quoted) continue;
        ++want.records;
        want.boundary = i + 1;
      }
      bool in_quote = begin_quoted;
      const kernels::LineCount got = kernels::count_lines(text.data(), size, &in_quote);
      EXPECT_EQ(in_quote, quoted) << text;
      EXPECT_EQ(got.lines, want.lines) << text;
      EXPECT_EQ(got.records, want.records) << text;
      EXPECT_EQ(got.boundary, want.boundary) << text;
    }
}

TEST_P(CsvScanTest, FindsSeparatorsAsALoopOverBytesDoes) {
  std::mt19937 random(2);
  for (std::size_t size = 0; size <= 200; ++size)
    for (const char delimiter : {',', ';', 'x', '\t'}) {
      const std::string text = random_text(random, size);
      std::vector<std::uint32_t> positions, record_ends;
      bool quoted = false, lone = false;
      for (std::size_t i = 0; i < size; ++i) {
        if (text[i] == '"') quoted = !quoted;
        lone |= text[i] == '\r' && (i + 1 == size || text[i + 1] != '\n');
        if (quoted || (text[i] != '\n' && text[i] != delimiter)) continue;
        if (text[i] == '\n') record_ends.push_back(static_cast<std::uint32_t>(positions.size()));
        positions.push_back(static_cast<std::uint32_t>(i));
      }
      std::vector<std::uint32_t> got_positions(size), got_ends(size);
      const kernels::Separators found = kernels::find_separators(
          text.data(), size, delimiter, got_positions.data(), got_ends.data());
      got_positions.resize(found.separators);
      got_ends.resize(found.records);
      EXPECT_EQ(got_positions, positions) << text;
      EXPECT_EQ(got_ends, record_ends) << text;
      EXPECT_EQ(found.quotes, text.find('"') != std::string::npos) << text;
      EXPECT_EQ(found.suspicious, lone) << text;
    }
}

TEST_P(CsvScanTest, SeesANulAnywhere) {
  for (std::size_t at = 0; at < 130; ++at) {
    std::string text(130, 'a');
    std::vector<std::uint32_t> positions(130), ends(130);
    text[at] = '\0';
    EXPECT_TRUE(
        kernels::find_separators(text.data(), 130, ',', positions.data(), ends.data()).suspicious)
        << at;
  }
}

}  // namespace
}  // namespace crossent
